"""The change of a state between two jumps: what jumps is held as it was, so all is smooth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.kinetics.expressions.compile import Array, Function, to_function
from cartflow.kinetics.expressions.grammar import Call, Expression, Name
from cartflow.kinetics.runs.timeline import Segment
from cartflow.kinetics.trees import replaced

Clock = Callable[[float, Array], Array]


class Frozen:
    """The change of a state in a segment, the parts of rates that jump `held` at given values.

    `clock` puts the time into a state. Raises `StepFailed` where a rate is not finite.
    """

    def __init__(self, segment: Segment, parts: Sequence[Call], clock: Clock) -> None:
        self.network, self.supply, self.clock = segment.network, segment.supply, clock
        self.held = np.zeros(len(parts))
        self.functions = self._functions(parts)
        # Densities and amounts cannot be negative; signals may be.
        self.clipped = np.array([s.role != "signal" for s in self.network.species])

    def __call__(self, time: float, state: Array) -> Array:
        """Return the change of a state per day."""
        here = np.where(self.clipped, np.maximum(state, 0.0), state)
        here = self.clock(time, here)
        rates = self._rates(np.concatenate([here, self.held]))
        if not np.isfinite(rates).all():
            # Beyond a jump that is not yet found, where what was chosen before it has no value.
            rates = self.network.rates(here)
        result: Array = self.network.stoichiometry @ rates + self.supply
        if not np.isfinite(result).all():
            species = self.network.species_names[int(np.argmin(np.isfinite(result)))]
            raise StepFailed(species, "its rate is not a finite number", time)
        return result

    def _rates(self, state: Array) -> Array:
        try:
            numbers = state.tolist()
            # A root of what is negative would be complex, which is no float.
            return np.array([f(numbers) for f in self.functions], dtype=float)
        except (ArithmeticError, TypeError, ValueError):
            return np.array([f(state) for f in self.functions], dtype=float)

    def _functions(self, parts: Sequence[Call]) -> list[Function]:
        names = [f"@held {number}" for number in range(len(parts))]
        held: dict[Expression, Expression] = {
            part: Name(name) for part, name in zip(parts, names, strict=True)
        }
        rows = {name: row for row, name in enumerate((*self.network.species_names, *names))}
        values = {name: p.value for name, p in self.network.parameters.items()}
        trees = [replaced(tree, held) for tree in self.network.expressions]
        return [to_function(tree, rows, values) for tree in trees]
