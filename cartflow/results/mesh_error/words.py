"""The error in space as a line of the summary."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.results.mesh_error.estimate import ROUND_OFF

_TARGET = 0.01


def mesh_lines(tree: xr.DataTree) -> list[str]:
    """Return the line ``mesh``, or nothing where the result does not speak of it."""
    if "errors" not in tree.children or "mesh_check" not in tree["errors"].attrs:
        return []
    errors = tree["errors"].to_dataset()
    return [f"mesh          {_in_words(errors)}"]


def _in_words(errors: xr.Dataset) -> str:
    checked = str(errors.attrs["mesh_check"])
    if "mesh_shift" not in errors or not errors.sizes["number"]:
        return checked
    words = str(errors.attrs["numbers_in_words"]).split("; ")
    if not np.isfinite(errors["mesh_error"].values).any():
        place = int(np.argmax(np.abs(errors["mesh_shift"].values)))
        return (
            f"{checked}: {float(errors['mesh_cells_a_radius']):.2g} cells a radius; on twice as "
            f"wide ones {_percent(errors['mesh_shift'].values[place])} on {words[place]}"
        )
    place = int(np.argmax(errors["mesh_error"].values))
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
    text = f"{'at most ' if bound else ''}{_percent(error)} on {words[place]}"
    if error > _TARGET:
        text += f", use {float(worst['mesh_width_for_one_percent']):.2g} mm for 1 %"
    return f"{text} ({how})"


def _percent(share: float) -> str:
    return f"{100 * abs(float(share)):.2g} %"
