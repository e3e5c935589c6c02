"""Fisher-KPP from a disc, 512 x 512."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.kpp import Kpp, compare


def run(
    *,
    cells: int = 512,
    end: float = 10.0,
    tolerances: Sequence[float] = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6),
    peers: Sequence[str] = ("fipy", "py-pde"),
) -> dict[str, Any]:
    """Compare cartflow, FiPy and py-pde at equal error."""
    return compare(
        Kpp(dimensions=2, cells=cells, end=end),
        title=f"Fisher-KPP from a disc, {cells} x {cells}",
        goals={"FiPy": 200.0, "py-pde": 20.0},
        tolerances=tolerances,
        peers=peers,
    )
