"""One number of a study: how all that a run is made of changes with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cartflow.core.differences import NotSmooth, slopes_of
from cartflow.core.outcome import InputError
from cartflow.coupling.coupled import Coupled

Array = np.ndarray


class System(NamedTuple):
    """What a run is made of: the coupled system, and the tumour it starts with."""

    coupled: Coupled
    initial: Array


Parts = Callable[[System], Sequence[Array]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Direction:
    """The number `name`, with its `value` in internal units and the system of other values.

    Slopes are those to the number's logarithm, or where it is nought to the number itself:
    `scale` times the derivative.
    """

    name: str
    value: float
    system_at: Callable[[float], System]
    _known: dict[float, System] = field(default_factory=dict, init=False, repr=False)

    @property
    def scale(self) -> float:
        """What a derivative to the number is multiplied with."""
        return abs(self.value) or 1.0

    def slopes(self, parts: Parts) -> list[Array]:
        """Return the slopes of arrays that are made of a system. Raises `InputError`."""
        try:
            return slopes_of(lambda offset: parts(self._system(offset)))
        except NotSmooth:
            msg = (
                f"derivatives: {self.name}: the study does not change smoothly with it at "
                f"{self.value:g}; vary it and compare instead"
            )
            raise InputError(msg) from None
        except InputError as error:
            msg = f"derivatives: {self.name}: {error}"
            raise InputError(msg) from None

    def _system(self, offset: float) -> System:
        if offset not in self._known:
            found = self.system_at(self.value + offset * self.scale)
            if offset and _times(found) != _times(self._system(0.0)):
                raise InputError("times of doses or events depend on it, and are held")
            self._known[offset] = found
        return self._known[offset]


def _times(system: System) -> tuple[float, ...]:
    """Return the times at which anything happens."""
    doses = [time for dose in system.coupled.doses for time in (dose.time, dose.end)]
    return (*doses, *system.coupled.happenings.times())
