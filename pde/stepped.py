"""What takes steps, what a step made before it is limited, and how far two solutions lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cartflow.core.compiling import summing
from cartflow.core.outcome import StepFailed
from cartflow.core.stepping import Limit
from cartflow.pde.extents import Extents

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Stepped:
    """Amounts (species, cells) after a step, and what was done.

    Per species: `low` is negative where an amount is, and nan where one is not finite;
    `difference`, of methods that have it, is the volume's 1-norm of the difference to the
    solution of one order less, and `size` that of the amounts.
    """

    amounts: Array
    extents: Extents
    low: Array
    difference: Array | None = None
    size: Array | None = None


class Stepper(Protocol):
    """Steps all fields at once, from densities to amounts; by itself without explicit steps."""

    scheme: str
    solver: str

    def step(self, state: Array, dt: float, like: float) -> Stepped:
        """Return the amounts after `dt` days, which may be negative, and what was done."""

    def step_limit(self, state: Array) -> Limit:
        """Return the longest step that the method can take, and what sets it."""

    def explicit_limit(self, state: Array, dt: float) -> float:
        """Return the longest step, in days, of `explicit_step`; 0 where there is none."""
        return 0.0

    def explicit_step(self, state: Array, dt: float, room: Array | None) -> Stepped:
        """As `step`, of a higher order, with the difference to second order, perhaps in `room`."""
        raise StepFailed("transport", "there are no explicit steps")

    def implicit_step(
        self, state: Array, dt: float, exactness: float, below: float = 1.0
    ) -> Stepped | None:
        """As `explicit_step`, implicit where fields are stiff; None where another is better."""
        return None

    def right_hand_side(self, state: Array, out: Array | None = None) -> Array:
        """Return d(storage u)/dt at densities `state`, in `out` if it is given."""

    def memory(self) -> Array:
        """Return what steps leave behind that later steps go by, as numbers."""
        return np.zeros(0)

    def recall(self, memory: Array) -> None:
        """Go by what `memory` returned, by nothing if it is empty."""
        return None


@dataclass(frozen=True, kw_only=True, eq=False)
class Staged:
    """What the stages of an explicit step made; as `Stepped`, with the totals of every stage.

    `totals` (stages, 2 reactions + species + 2 crossings) are per day: events forwards and in
    reverse, what the egress takes, what crossings let in and what they let out.
    """

    amounts: Array
    totals: Array
    difference: Array
    size: Array
    low: Array


def apart(new: Array, last: Array, first: Array, volumes: Array) -> tuple[Array, Array]:
    """Return the volume's 1-norms of new - 2 last + first and of new, per species."""
    difference, size = np.empty(len(new)), np.empty(len(new))
    _apart(new, last, first, volumes, difference, size)
    return difference, size


@summing
def _apart(
    new: Array, last: Array, first: Array, volumes: Array, differences: Array, sizes: Array
) -> None:
    for s in range(new.shape[0]):
        difference, size = 0.0, 0.0
        for c in range(new.shape[1]):
            difference += abs(new[s, c] - 2.0 * last[s, c] + first[s, c]) * volumes[c]
            size += abs(new[s, c]) * volumes[c]
        differences[s], sizes[s] = difference, size
