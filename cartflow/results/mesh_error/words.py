"""The error in space as a line of the summary."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.results.mesh_error.estimate import ROUND_OFF

_TARGET = 0.01
# A shift so large that falls no faster than the cells' width says nothing of a limit.
_UNRESOLVED = 0.2


def mesh_lines(tree: xr.DataTree) -> list[str]:
    """Return the line ``mesh``, or nothing where the result does not speak of it.

    It tells the largest error of a number of cells, and that of a solute's amount where it is
    larger and above 1 %, or that the mesh does not resolve it.
    """
    if "errors" not in tree.children or "mesh_check" not in tree["errors"].attrs:
        return []
    errors = tree["errors"].to_dataset()
    return [f"mesh          {_in_words(errors)}"]


def _in_words(errors: xr.Dataset) -> str:
    checked = str(errors.attrs["mesh_check"])
    if "mesh_shift" not in errors or not errors.sizes["number"]:
        return checked
    words = str(errors.attrs["numbers_in_words"]).split("; ")
    cells, solutes = _places(errors)
    if not np.isfinite(errors["mesh_error"].values).any():
        place = max(cells, key=lambda i: abs(float(errors["mesh_shift"].values[i])))
        return (
            f"{checked}: {float(errors['mesh_cells_a_radius']):.2g} cells a radius; on twice as "
            f"wide ones {_percent(errors['mesh_shift'].values[place])} on {words[place]}"
        )
    found = errors["mesh_error"].values
    worst = max(cells, key=lambda i: float(found[i]))
    text = _one(errors, worst, words[worst])
    most = max(solutes, key=lambda i: float(found[i]), default=None)
    if most is None:
        return text
    if _unresolved(errors, most):
        shift = float(errors["mesh_shift"].values[most])
        way = "less" if shift < 0 else "more"
        return (
            f"{text}; {words[most]} not resolved, {_percent(shift)} {way} on cells twice as wide: "
            "it may lie in a layer thinner than a cell, use thinner ones there"
        )
    if found[most] > max(_TARGET, float(found[worst])):
        return f"{text}; {_one(errors, most, words[most])}"
    return text


def _unresolved(errors: xr.Dataset, place: int) -> bool:
    """Return whether a number moves much, and no less from mesh to mesh: it has no limit yet."""
    shift = abs(float(errors["mesh_shift"].values[place]))
    return shift >= _UNRESOLVED and not bool(errors["mesh_order_measured"].values[place])


def _places(errors: xr.Dataset) -> tuple[list[int], list[int]]:
    """Return which numbers are of cells, and which of solutes (none in earlier results)."""
    solutes = str(errors.attrs.get("solutes", "")).split()
    names = [str(name) for name in errors["number"].values]
    cells = [i for i, name in enumerate(names) if name not in solutes]
    return cells or list(range(len(names))), [i for i, n in enumerate(names) if n in solutes]


def _one(errors: xr.Dataset, place: int, word: str) -> str:
    # Values, not parts: to cut a part xarray would import dask where that is installed.
    worst = {str(n): v.values[place] for n, v in errors.data_vars.items() if v.dims == ("number",)}
    error, order = float(worst["mesh_error"]), float(worst["mesh_order"])
    if error <= ROUND_OFF:
        return "nothing differs on coarser meshes beyond round-off"
    how = f"order {order:.2g} measured" if worst["mesh_order_measured"] else "if first order"
    # Results of earlier versions do not tell bounds.
    bound = "mesh_error_is_bound" in worst and bool(worst["mesh_error_is_bound"])
    if bound:
        how = "a bound: three meshes follow no power"
    text = f"{'at most ' if bound else ''}{_percent(error)} on {word}"
    if error > _TARGET:
        text += f", use {float(worst['mesh_width_for_one_percent']):.2g} mm for 1 %"
    return f"{text} ({how})"


def _percent(share: float) -> str:
    return f"{100 * abs(float(share)):.2g} %"
