"""One smooth stretch of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cartflow.kinetics.expressions.compile import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """The smooth solution between two events; `dense` gives states by the time since `origin`."""

    start: float
    end: float
    times: Array
    dense: Callable[[Array], Array]
    origin: float = 0.0

    def at(self, times: Array) -> Array:
        """Return the states (size, times) at `times` (days) within."""
        return self.dense(times - self.origin)
