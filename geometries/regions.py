"""Named regions: which cells belong to the core, the rim, a layer, a block, a label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cartflow.core.arguments import table
from cartflow.core.outcome import InputError
from cartflow.geometries.checks import as_number

Cells = NDArray[np.bool_]
Interval = Sequence[float]


def named_regions(
    depth: NDArray[np.float64], own: Mapping[str, Cells], what: str
) -> dict[str, Cells]:
    """Return the regions ``all``, ``core``, ``rim`` and the `own` ones, as masks of cells.

    The core is at least half the maximal depth below the surface, the rim is the rest; where no
    cell is less deep than that, as in a single one, the rim is the whole as well. A shape's own
    ``core`` or ``rim`` comes before that, and the other is then what remains. Raises `InputError`
    if ``all`` is redefined or a region of its own is empty.
    """
    if "all" in own:
        msg = f"{what}: the region name 'all' is taken; it is every cell"
        raise InputError(msg)
    for name, cells in own.items():
        if not cells.any():
            msg = f"{what}: region '{name}' holds no cell; widen it or use smaller cells"
            raise InputError(msg)
    everywhere = np.ones(depth.size, dtype=bool)
    core = own["core"] if "core" in own else ~own["rim"] if "rim" in own else _deep(depth)
    rim = everywhere if core.all() and "core" not in own else ~core
    return {"all": everywhere, "core": core, "rim": rim, **own}


def _deep(depth: NDArray[np.float64]) -> Cells:
    # A hair below half, so that round-off does not decide for a cell that lies upon it.
    return depth >= 0.5 * depth.max() * (1 - 1e-12)


def layers_along(
    positions: NDArray[np.float64],
    layers: Mapping[str, Interval] | None,
    end: float,
    what: str,
    start: float = 0.0,
) -> dict[str, Cells]:
    """Return the cells whose centre lies in ``from <= position < to``, for each named layer.

    Raises `InputError` unless ``start <= from < to <= end`` (mm).
    """
    return {
        name: inside(positions, interval, end, f"{what}: layer '{name}'", start)
        for name, interval in table(layers, f"{what}: layers").items()
    }


def inside(
    positions: NDArray[np.float64], interval: Interval, end: float, what: str, start: float = 0.0
) -> Cells:
    """Return which positions lie in the half-open `interval` (mm) of an axis to `end`."""
    low, high = interval_within(interval, end, what, start)
    return (positions >= low) & (positions < high)


def interval_within(
    interval: Interval, end: float, what: str, start: float = 0.0
) -> tuple[float, float]:
    """Return (from, to); raise `InputError` unless ``start <= from < to <= end`` (mm)."""
    pair = isinstance(interval, (Sequence, np.ndarray)) and not isinstance(interval, str)
    if not pair or len(interval) != 2:
        msg = f"{what}: got {interval!r}; give (from, to) in mm"
        raise InputError(msg)
    low, high = as_number(interval[0], what), as_number(interval[1], what)
    if not start * (1 - 1e-12) <= low < high <= end * (1 + 1e-12):
        msg = f"{what}: got ({low:g}, {high:g}); needed is {start:g} <= from < to <= {end:g} mm"
        raise InputError(msg)
    return low, high
