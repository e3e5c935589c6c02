"""A run of a body and a tumour that grows."""

from __future__ import annotations

from typing import cast

import numpy as np

from cartflow.coupling.growing.coupled import GrowingCoupled
from cartflow.coupling.growing.stepper import GrowingStepper
from cartflow.coupling.state import State
from cartflow.coupling.together import Stepper, Together

Array = np.ndarray
_LITTLE = 1e-6  # of the volume


class Growing(Together):
    """One run in progress, of a body and a tumour that grows, as one system."""

    def _made(self) -> Stepper:
        return GrowingStepper(cast("GrowingCoupled", self.coupled), self.control)

    def _floor(self, state: State) -> Array:
        """Return the amounts below which errors do not count.

        Of cells that take room too 1e-6 of all that do: the dead are none at the start.
        """
        floor = super()._floor(state)
        coupled = cast("GrowingCoupled", self.coupled)
        room = coupled.growth.room
        share = _LITTLE * float(room @ coupled.amounts(state.tumour))
        takes = (room > 0.0) & ~coupled.are_products
        floor[takes] = np.maximum(floor[takes], share / room[takes])
        if self.wholes.may_fall:
            floor = np.minimum(floor, self.wholes.least_in_tumour(state))
        return floor

    def _take_over(self) -> bool:
        if not super()._take_over():
            return False
        # What an event took or added at once changes the volume at once.
        self.state = self.base.arrived(self.state)
        return True
