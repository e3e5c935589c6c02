"""Figure and numbers of the case of the organ network."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.book.drawing import panels
from cartflow.validation.organs.organ_network_runs import COURSE, Pair, course

Array = np.ndarray


def dataset(pairs: list[Pair], stays: list[tuple[list[str], Array, Array]]) -> xr.Dataset:
    """Return mean stays in tissues and 1/rate, and the shares of the dose over time."""
    dims = ("pair", "tissue")
    names, steps, exact = course(pairs[0])
    text = f"share of the dose, {pairs[0].name}"
    return xr.Dataset(
        {
            "residence_time": variable(dims, [s[1] for s in stays], "day", "mean stay, by cells"),
            "inverse_rate": variable(dims, [s[2] for s in stays], "day", "1 / rate out of tissue"),
            "share": variable(("time", "compartment"), steps, "1", f"{text}, by steps"),
            "share_exact": variable(("time", "compartment"), exact, "1", f"{text}, by exp(M t)"),
        },
        coords={
            "pair": label(("pair",), [p.name for p in pairs], "body and trafficking model"),
            "tissue": label(("tissue",), stays[0][0], "tissue"),
            "time": variable(("time",), COURSE, "day", "time after the bolus"),
            "compartment": label(("compartment",), names, "compartment"),
        },
    )


def figure(pairs: list[Pair], stays: list[tuple[list[str], Array, Array]]) -> Figure:
    """Return the shares of the dose over time, and mean stays over 1/rate."""
    result, (shares, stay) = panels(2)
    names, steps, exact = course(pairs[0])
    for name, line, dots, colour in zip(names, steps.T, exact.T, colours(len(names)), strict=True):
        shares.loglog(COURSE, line, color=colour, label=name.replace("_", " "))
        shares.loglog(COURSE[::3], dots[::3], "o", color=colour, ms=4, mfc="none")
    shares.set_xlabel("time after the bolus (day)")
    shares.set_ylabel("share of the dose")
    shares.set_title(f"{pairs[0].name}: steps (lines), exp(M t) (circles)", fontsize=9)
    shares.set_ylim(1e-6, 2)
    shares.legend(frameon=False, fontsize=8)
    for pair, (_, found, wanted), colour in zip(pairs, stays, colours(len(pairs)), strict=True):
        stay.loglog(wanted, found, "o", color=colour, label=pair.name, ms=5)
    ends = [min(s[2].min() for s in stays), max(s[2].max() for s in stays)]
    stay.loglog(ends, ends, color="0.6", lw=1, zorder=0)
    stay.set_xlabel("1 / rate out of the tissue (day)")
    stay.set_ylabel("mean stay of cells (day)")
    stay.legend(frameon=False, fontsize=8)
    return result
