"""A run of a body and a tumour of few voxels as one system of equations."""

from __future__ import annotations

from typing import cast

from cartflow.coupling.line.stepper import LineStepper
from cartflow.coupling.together import Together
from cartflow.coupling.voxels.stepper import VoxelStepper

SCHEME = "ROS34PW2 3(2), body and tumour as one system of equations, transport in tissue explicit"


class OnVoxels(Together):
    """One run in progress, of a body and a tumour of few voxels, as one system."""

    def _current(self) -> LineStepper:
        """Return the stepper of the system as it is now."""
        if self._stepper is None or self._stepper.coupled is not self.coupled:
            made = VoxelStepper(self.coupled, self.control)
            # Of all that a line's stepper has, a run asks to advance and for what it passed.
            self._stepper = cast("LineStepper", made)
        return self._stepper
