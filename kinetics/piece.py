"""One smooth stretch of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cartflow.kinetics.compile import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """The smooth solution between two events: `dense` gives the state at times within."""

    start: float
    end: float
    times: Array
    dense: Callable[[Array], Array]
