"""The error in space as a line of the summary."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.results.mesh_error.estimate import ROUND_OFF
from cartflow.results.mesh_error.unresolved import percent, unresolved, unresolved_words

_TARGET = 0.01


def mesh_lines(tree: xr.DataTree) -> list[str]:
    """Return the line ``mesh``, or nothing where the result does not speak of it.

    It tells the largest error of a number of cells, that hardly any entered where that is so, and
    the error of a solute's amount where it is larger and above 1 %, or why the mesh does not
    resolve it.
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
            f"wide ones {percent(errors['mesh_shift'].values[place])} on {words[place]}"
        )
    found = errors["mesh_error"].values
    worst = max(_telling(errors, cells), key=lambda i: float(found[i]))
    told = [_one(errors, worst, words[worst]), *_hardly(errors, float(found[worst]))]
    most = max(solutes, key=lambda i: (unresolved(errors, i), float(found[i])), default=None)
    if most is not None and unresolved(errors, most):
        told.append(unresolved_words(errors, most, words))
    elif most is not None and found[most] > max(_TARGET, float(found[worst])):
        told.append(_one(errors, most, words[most]))
    return "; ".join(told)


def _negligible(errors: xr.Dataset) -> dict[str, str]:
    """Return the numbers, by name, whose own error says nothing (none in earlier results)."""
    each = str(errors.attrs.get("negligible", "")).split("; ")
    return dict(one.split(" ") for one in each if one)


def _telling(errors: xr.Dataset, places: list[int]) -> list[int]:
    names = [str(name) for name in errors["number"].values]
    return [i for i in places if names[i] not in _negligible(errors)] or places


def _hardly(errors: xr.Dataset, worst: float) -> list[str]:
    """Return that hardly any cells entered, where their number is further off than the `worst`."""
    count = _negligible(errors).get("reached_tumour")
    if count is None:
        return []
    place = [str(name) for name in errors["number"].values].index("reached_tumour")
    error = float(errors["mesh_error"].values[place])
    if error <= max(_TARGET, worst):
        return []
    return [f"hardly any cells entered ({count}, {percent(error)} off)"]


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
    text = f"{'at most ' if bound else ''}{percent(error)} on {word}"
    if error > _TARGET:
        text += f", use {float(worst['mesh_width_for_one_percent']):.2g} mm for 1 %"
    return f"{text} ({how})"
