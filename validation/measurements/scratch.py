"""Scratch assays of PC-3 cells: the package's solver finds the published motility and growth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.figure import Figure

from cartflow.core.dataset import as_stated, label, variable
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.sheets import sheet
from cartflow.validation.measurements.scratch_assay import CAPACITY, MODELS, Fit, fitted, read_assay
from cartflow.validation.measurements.text import Words

# Motility (um2/h) and growth (1/h) by seeding (1000 cells a well), as published, and as other
# code found them from the same files by the same least squares.
_PUBLISHED = {
    "Fisher-KPP": {10: (310, 0.044), 12: (250, 0.044), 16: (570, 0.049), 18: (760, 0.054)},
    "porous Fisher": {10: (1800, 0.044), 12: (1300, 0.043), 16: (2400, 0.049), 18: (2800, 0.054)},
}
_REFITTED = {
    "Fisher-KPP": {10: (310, 0.0440), 12: (253, 0.0438), 16: (579, 0.0489), 18: (765, 0.0541)},
    "porous Fisher": {
        10: (1806, 0.0440),
        12: (1342, 0.0435),
        16: (2394, 0.0486),
        18: (2839, 0.0537),
    },
}
_SEEDINGS = {"quick": (10, 18), "full": (10, 12, 16, 18)}
_SOURCES = (("published", _PUBLISHED, 0.04), ("refitted elsewhere", _REFITTED, 0.01))


def _words(scope: Scope) -> Words:
    return Words(
        name="measurements:scratch_assay",
        title="Scratch assays: motility and growth of PC-3 cells",
        question=(
            "Do the package's solver and a least-squares fit find the motility and growth rate "
            "that others found from the same scratch assays?"
        ),
        equation=(
            r"\frac{\partial u}{\partial t} = \frac{\partial}{\partial x}"
            r"\left(D \left(\frac{u}{K}\right)^n \frac{\partial u}{\partial x}\right)"
            r" + \lambda u (1 - u/K), \quad n = 0 \ \mathrm{or} \ 1"
        ),
        method=(
            "Cells of 5 um, no flux at the ends, K = 1700 cells/mm2, the mean profile at 0 h as "
            "the start; D and lambda by unweighted least squares on the mean densities at 12, 24, "
            "36 and 48 h, from a start far off. 1 um2/h is 24e-6 mm2/day."
        ),
        files=tuple(f"jin2016_pc3_scratch/CellDensity_{n}.csv" for n in _SEEDINGS[scope]),
        references=("jin2016", "murray2002"),
    )


def case(scope: Scope) -> CaseResult:
    """Return the fits of the seedings by both models."""
    words = _words(scope)
    paths = words.paths()
    if paths is None:
        return words.skipped()
    assays = [
        read_assay(path, seeding) for path, seeding in zip(paths, _SEEDINGS[scope], strict=True)
    ]
    fits = [fitted(assay, name) for name in MODELS for assay in assays]
    return words.done(tuple(_checks(fits)), _finding(fits), _dataset(fits), _figure(fits))


def _checks(fits: Sequence[Fit]) -> Iterator[Check]:
    for fit in fits:
        for source, table, tolerance in _SOURCES:
            expected = table[fit.name][fit.assay.seeding]
            named = (("D", fit.motility, "um^2/h"), ("lambda", fit.growth, "1/h"))
            for (quantity, measured, unit), value in zip(named, expected, strict=True):
                yield Check(
                    name=f"{quantity}, {fit.name}, {fit.assay.seeding},000 cells, {source}",
                    measured=measured,
                    expected=value,
                    tolerance=tolerance,
                    kind="relative",
                    unit=unit,
                    reference="jin2016",
                    engine="fast",
                )


def _finding(fits: Sequence[Fit]) -> str:
    residuals = [100.0 * fit.residual for fit in fits]
    spread = [fit.motility for fit in fits if fit.name == "Fisher-KPP"]
    return (
        f"The fits leave {min(residuals):.1f} to {max(residuals):.1f} % of the capacity. The "
        f"motility of one and the same cell line comes out between {min(spread):.0f} and "
        f"{max(spread):.0f} um2/h over the seedings: the solver finds what others found, and the "
        "model is not the whole truth. Neither model fits clearly better than the other."
    )


def _figure(fits: Sequence[Fit]) -> Figure:
    figure, panels = sheet(1, 2, width=5.0)
    shown = [[fit for fit in fits if fit.name == name][-1] for name in MODELS]
    for axes, fit in zip(panels, shown, strict=True):
        for number, time in enumerate(fit.assay.times):
            colour = colormaps["cividis"](0.85 * number / (fit.assay.times.size - 1))
            axes.plot(fit.assay.x, fit.assay.densities[number], "o", color=colour, ms=3, mfc="none")
            axes.plot(fit.assay.x, fit.model[number], color=colour, label=f"{24 * time:.0f} h")
        axes.axhline(CAPACITY, color="0.7", lw=0.8, ls=":")
        axes.set_ylim(0.0, 1.15 * CAPACITY)
        axes.set_xlabel("position (mm)")
        axes.set_ylabel("cells (1/mm²)")
        axes.set_title(
            f"{fit.assay.seeding},000 cells, {fit.name}: D = {fit.motility:.0f} um²/h, "
            f"lambda = {fit.growth:.4f} /h",
            fontsize=9,
        )
    panels[0].legend(frameon=False, fontsize=8, ncols=3, loc="upper center")
    return figure


def _dataset(fits: Sequence[Fit]) -> xr.Dataset:
    first = fits[0].assay
    dims = ("fit", "time", "x")
    names = [f"{fit.name}, {fit.assay.seeding},000 cells" for fit in fits]
    return xr.Dataset(
        {
            "density": variable(dims, np.array([f.model for f in fits]), "1/mm^2", "fitted cells"),
            "measured_density": variable(
                dims, np.array([f.assay.densities for f in fits]), "1/mm^2", "measured cells"
            ),
            "motility": as_stated(("fit",), [f.motility for f in fits], "um^2/h", "D"),
            "growth": as_stated(("fit",), [f.growth for f in fits], "1/h", "lambda"),
            "residual": variable(
                ("fit",), [f.residual for f in fits], "1", "root mean square, over the capacity"
            ),
        },
        coords={
            "fit": label(("fit",), names, "model and cells seeded in a well"),
            "time": variable(("time",), first.times, "day", "time"),
            "x": variable(("x",), first.x, "mm", "position"),
        },
    )
