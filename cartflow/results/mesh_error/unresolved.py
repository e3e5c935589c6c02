"""Which solutes no mesh of a run resolves, and why, in words."""

from __future__ import annotations

import numpy as np
import xarray as xr

# A shift so large that falls no faster than the cells' width says nothing of a limit.
_UNRESOLVED = 0.2
# A layer of that many cells is a fifth off on cells twice as wide; thicker ones are resolved.
_THIN = 1.2


def unresolved(errors: xr.Dataset, place: int) -> bool:
    """Return whether a number moves much, and no less from mesh to mesh: it has no limit yet."""
    shift = abs(float(errors["mesh_shift"].values[place]))
    return shift >= _UNRESOLVED and not bool(errors["mesh_order_measured"].values[place])


def unresolved_words(errors: xr.Dataset, place: int, words: list[str]) -> str:
    """Return how far a solute moves, why as far as the run knows, and which cells would do."""
    moves = f"{words[place]} not resolved, {_moves(errors, place)} on cells twice as wide"
    if "solute_reach" not in errors:  # results of earlier versions
        return f"{moves}: use finer cells"
    reach = float(errors["solute_reach"].values[place])
    width = float(errors["solute_cell_width"].values[place])
    thin = reach < _THIN * width
    if thin and errors["enters_by_boundary"].values[place]:
        return (
            f"{moves}: it reaches {reach:.2g} mm from where it enters, and cells there are "
            f"{width:.2g} mm wide, use thinner ones"
        )
    reasons = [f"it reaches {reach:.2g} mm, so no layer is too thin"] if reach >= width else []
    on = _depends_on(errors, place)
    if on is not None:
        reasons.append(f"it depends on {words[on]}, {_moves(errors, on)} there")
    return f"{moves}: {', and '.join(reasons)}{', ' if reasons else ''}use finer cells"


def _depends_on(errors: xr.Dataset, place: int) -> int | None:
    """Return which of the numbers that a solute's reactions see moves most."""
    names = [str(name) for name in errors["number"].values]
    seen = str(errors["depends_on"].values[place]).split()
    shifts = np.abs(errors["mesh_shift"].values)
    places = [names.index(name) for name in seen if name in names]
    return max(places, key=lambda i: float(shifts[i]), default=None)


def _moves(errors: xr.Dataset, place: int) -> str:
    shift = float(errors["mesh_shift"].values[place])
    return f"{percent(shift)} {'less' if shift < 0 else 'more'}"


def percent(share: float) -> str:
    """Return the size of a share as percent to two digits."""
    return f"{float(f'{100 * abs(float(share)):.2g}'):g} %"
