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
    length: float,
    what: str,
) -> dict[str, Cells]:
    """Return the cells whose centre lies in ``from <= position < to``, for each named layer.

    Raises `InputError` unless ``0 <= from < to <= length`` (mm).
    """
    return {
        name: inside(positions, interval, length, f"{what}: layer '{name}'")
        for name, interval in table(layers, f"{what}: layers").items()
    }


def inside(positions: NDArray[np.float64], interval: Interval, length: float, what: str) -> Cells:
    """Return which positions lie in the half-open `interval` (mm) of an axis of `length`."""
    start, end = interval_within(interval, length, what)
    return (positions >= start) & (positions < end)


def interval_within(interval: Interval, length: float, what: str) -> tuple[float, float]:
    """Return (from, to); raise `InputError` unless ``0 <= from < to <= length`` (mm)."""
    pair = isinstance(interval, (Sequence, np.ndarray)) and not isinstance(interval, str)
    if not pair or len(interval) != 2:
        msg = f"{what}: got {interval!r}; give (from, to) in mm"
        raise InputError(msg)
    start, end = as_number(interval[0], what), as_number(interval[1], what)
    if not 0 <= start < end <= length * (1 + 1e-12):
        msg = f"{what}: got ({start:g}, {end:g}); needed is 0 <= from < to <= {length:g} mm"
        raise InputError(msg)
    return start, end
