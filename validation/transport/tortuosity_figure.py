"""Figure and numbers of the case on tortuosity and porosity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import label, variable
from cartflow.core.ticks import colours
from cartflow.validation.book.sheets import sheet
from cartflow.validation.transport import hindrance_laws as laws
from cartflow.validation.transport.opening_matrix import TIMES, Opening
from cartflow.validation.transport.solute_slab import Lag, Layers
from cartflow.validation.transport.tortuous_fronts import TortuousFront


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """All runs of the case."""

    fronts: Sequence[TortuousFront]
    lags: Sequence[Lag]
    layers: Sequence[Layers]
    opened: Sequence[Opening]
    intact: Opening
    reference: Opening


def figure(found: Found) -> Figure:
    """Return speeds, breakthrough, the laws and the opening matrix."""
    result, (speeds, through, curves, opened) = sheet(2, 2)
    _speeds(speeds, found.fronts)
    _breakthrough(through, [lag for lag in found.lags if lag.engine == "fast"])
    _laws(curves)
    _opening(opened, found)
    return result


def _speeds(axes: Any, runs: Sequence[TortuousFront]) -> None:
    inverse = np.linspace(0.4, 1.05, 10)
    reference = runs[0].corrected
    axes.plot(inverse, reference * inverse, color="0.6", label="proportional to 1/lambda")
    for engine, marker in (("fast", "o"), ("fipy", "x")):
        own = [run for run in runs if run.engine == engine]
        if own:
            x = [1 / run.tortuosity for run in own]
            axes.plot(x, [run.corrected for run in own], marker, label=f"{engine} engine")
    axes.set_xlabel("1 / tortuosity")
    axes.set_ylabel("corrected speed (mm/day)")
    axes.set_title("Fronts in hindering tissue", fontsize=9)
    axes.legend(frameon=False, fontsize=8)


def _breakthrough(axes: Any, runs: Sequence[Lag]) -> None:
    for run, colour in zip(runs, colours(len(runs)), strict=True):
        name = f"porosity {run.porosity:g}, tortuosity {run.tortuosity:g}"
        early = run.times < 6 * run.exact_lag
        axes.plot(run.times[early], run.out[early], color=colour, label=name)
        line = np.array([run.exact_lag, 6 * run.exact_lag])
        axes.plot(line, run.exact_flux * (line - run.exact_lag), "--", color=colour, lw=1)
        axes.plot(run.exact_lag, 0.0, "o", color=colour, ms=4)
    axes.set_xlabel("time (day)")
    axes.set_ylabel("solute that came out (ng/mm²)")
    axes.set_title("Breakthrough; dots: exact time lag", fontsize=9)
    axes.legend(frameon=False, fontsize=8)


def _laws(axes: Any) -> None:
    for (law, factor), colour in zip(
        laws.FORMULAS.items(), colours(len(laws.FORMULAS)), strict=True
    ):
        axes.plot(
            laws.POROSITIES, factor(laws.POROSITIES), color=colour, label=law.replace("_", "-")
        )
        some = laws.POROSITIES[::7]
        axes.plot(some, laws.hindrance(law).factor(some), "o", color=colour, ms=3)
    axes.set_xlabel("porosity")
    axes.set_ylabel("D*/D0 in the pores")
    axes.set_title("Laws: formulas (lines), package (dots)", fontsize=9)
    axes.legend(frameon=False, fontsize=7, ncols=2)


def _opening(axes: Any, found: Found) -> None:
    axes.plot(TIMES, found.reference.positions, color="0.5", lw=3, label=found.reference.name)
    styles = zip([*found.opened, found.intact], ("-", ":", "--"), strict=False)
    for (run, style), colour in zip(styles, colours(3), strict=False):
        axes.plot(TIMES, run.positions, style, color=colour, label=run.name)
    axes.set_xlabel("time (day)")
    axes.set_ylabel("front of the cells (mm)")
    axes.set_title("Cells that degrade the matrix before them", fontsize=9)
    axes.legend(frameon=False, fontsize=8)


def dataset(found: Found) -> xr.Dataset:
    """Return corrected speeds, fluxes and lags, the laws, and the fronts in the matrix."""
    opened = [found.reference, *found.opened, found.intact]
    runs = [f"tortuosity {r.tortuosity:g}, {r.engine}" for r in found.fronts]
    slabs = [
        f"porosity {r.porosity:g}, tortuosity {r.tortuosity:g}, {r.engine}" for r in found.lags
    ]
    factors = [laws.hindrance(law).factor(laws.POROSITIES) for law in laws.FORMULAS]
    speeds = [r.corrected for r in found.fronts]
    lags, fluxes = [r.lag for r in found.lags], [r.flux for r in found.lags]
    positions = [r.positions for r in opened]
    return xr.Dataset(
        {
            "corrected_speed": variable(("front",), speeds, "mm/day", "corrected front speed"),
            "steady_flux": variable(("slab",), fluxes, "ng/mm^2/day", "steady flux"),
            "time_lag": variable(("slab",), lags, "day", "time lag"),
            "factor": variable(("law", "porosity"), factors, "1", "D*/D0 in the pores"),
            "front_position": variable(
                ("solver", "time"), positions, "mm", "front in a matrix that opens"
            ),
        },
        coords={
            "front": label(("front",), runs, "tissue and engine"),
            "slab": label(("slab",), slabs, "tissue and engine"),
            "law": label(("law",), list(laws.FORMULAS), "law of hindrance"),
            "porosity": variable(("porosity",), laws.POROSITIES, "1", "porosity"),
            "solver": label(("solver",), [r.name for r in opened], "solver"),
            "time": variable(("time",), TIMES, "day", "time"),
        },
    )
