"""Fisher-KPP from a ball, 100 x 100 x 100."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.kpp import Kpp, compare


def run(
    *,
    cells: int = 100,
    end: float = 10.0,
    tolerances: Sequence[float] = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6),
    peers: Sequence[str] = ("fipy", "py-pde"),
) -> dict[str, Any]:
    """Compare cartflow, FiPy and py-pde at equal error."""
    return compare(
        Kpp(dimensions=3, cells=cells, end=end),
        title=f"Fisher-KPP from a ball, {cells} x {cells} x {cells}",
        goals={"FiPy": 1000.0, "py-pde": 30.0},
        tolerances=tolerances,
        peers=peers,
    )
