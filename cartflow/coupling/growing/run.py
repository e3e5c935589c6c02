"""A run of a body and a tumour that grows."""

from __future__ import annotations

from typing import cast

from cartflow.coupling.growing.coupled import GrowingCoupled
from cartflow.coupling.growing.stepper import GrowingStepper
from cartflow.coupling.line.stepper import LineStepper
from cartflow.coupling.together import Together


class Growing(Together):
    """One run in progress, of a body and a tumour that grows, as one system."""

    def _current(self) -> LineStepper:
        """Return the stepper of the system as it is now."""
        if self._stepper is None or self._stepper.coupled is not self.coupled:
            made = GrowingStepper(cast("GrowingCoupled", self.coupled), self.control)
            # Of all that a line's stepper has, a run asks to advance and for what it passed.
            self._stepper = cast("LineStepper", made)
        return self._stepper

    def _take_over(self) -> bool:
        if not super()._take_over():
            return False
        # What an event took or added at once changes the volume at once.
        self.state = self.base.arrived(self.state)
        return True
