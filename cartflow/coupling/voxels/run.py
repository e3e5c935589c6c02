"""A run of a body and a tumour of few voxels as one system of equations."""

from __future__ import annotations

from cartflow.coupling.together import Stepper, Together
from cartflow.coupling.voxels.stepper import VoxelStepper

SCHEME = "ROS34PW2 3(2), body and tumour as one system of equations, transport in tissue explicit"


class OnVoxels(Together):
    """One run in progress, of a body and a tumour of few voxels, as one system."""

    def _made(self) -> Stepper:
        return VoxelStepper(self.coupled, self.control)
