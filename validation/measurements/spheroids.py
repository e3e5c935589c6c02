"""Melanoma spheroids: small ones predict where growth is inhibited in large ones."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.dataset import variable
from cartflow.core.ticks import colours
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.sheets import sheet
from cartflow.validation.measurements.spheroid_runs import Fit, fitted, read_spheroids
from cartflow.validation.measurements.text import Words

_ERROR = 0.15
_WORDS = Words(
    name="measurements:spheroids",
    title="Spheroids: how deep a nutrient reaches",
    question=(
        "Does a steady profile of diffusion and uptake, fitted on small spheroids, predict the "
        "radius within which growth is inhibited in large ones, and how well?"
    ),
    equation=(
        r"D \left(c'' + \frac{2}{r} c'\right) = \frac{q c}{c + K}, \quad c(R) = c_0, \quad"
        r" R_d = \sqrt{6 D c_0 / q}, \quad c(R_i) = f c_0"
    ),
    method=(
        "Steady profiles by the package's solver in balls of 0.2 to 2.6 Rd (200 shells, K = 0.01 "
        "c0). Rd and f are fitted by least squares on the inhibited radii of the smaller half of "
        "the spheroids of melanoma line 983b, and the larger half is predicted. The bound on the "
        "error is what such a prediction should be good for, not a published number."
    ),
    files=("browning2021_spheroids/ConfocalData.csv",),
    references=("browning2021",),
)


def case(scope: Scope) -> CaseResult:
    """Return the prediction and its error; the same in every scope."""
    paths = _WORDS.paths()
    if paths is None:
        return _WORDS.skipped()
    fit = fitted(read_spheroids(paths[0]))
    large = ~fit.spheroids.small
    check = Check(
        name="error of the inhibited radius of large spheroids, r.m.s. over mean",
        measured=fit.error(large),
        expected=_ERROR,
        tolerance=0.0,
        kind="at_most",
        reference="browning2021",
        engine="fast",
    )
    return _WORDS.done((check,), _finding(fit), _dataset(fit), _figure(fit))


def _finding(fit: Fit) -> str:
    large, small = ~fit.spheroids.small, fit.spheroids.small
    same = np.mean(fit.spheroids.inhibited[small] / fit.spheroids.outer[small])
    plain = same * fit.spheroids.outer[large] - fit.spheroids.inhibited[large]
    naive = np.sqrt(np.mean(plain**2)) / np.mean(fit.spheroids.inhibited[large])
    return (
        f"{np.count_nonzero(small)} small spheroids give Rd = {1e3 * fit.reach:.0f} um and f = "
        f"{fit.fraction:.2f}. The inhibited radius of the {np.count_nonzero(large)} large ones is "
        f"predicted with an error of {100 * fit.error(large):.0f} % (r.m.s. over mean), "
        f"{100 * (1 - fit.bias(large)):.0f} % too small on average; with the mean share of the "
        f"small ones the error would be {100 * naive:.0f} %. The model has the right shape, and "
        "uptake that is the same in small and large spheroids is its limit: in the large ones "
        "growth stops nearer to the rim than it says."
    )


def _figure(fit: Fit) -> Figure:
    figure, (axes,) = sheet(1, 1, width=6.0, height=4.2)
    small, outer = fit.spheroids.small, 1e3 * fit.spheroids.outer
    inhibited = 1e3 * fit.spheroids.inhibited
    fitted_colour, predicted_colour = colours(2)
    axes.plot(outer[small], inhibited[small], "o", color=fitted_colour, ms=3, label="fitted")
    axes.plot(
        outer[~small], inhibited[~small], "o", color=predicted_colour, ms=3, label="predicted"
    )
    order = np.argsort(outer)
    axes.plot(outer[order], 1e3 * fit.predicted[order], color="k", label="model")
    axes.plot(outer[order], outer[order], color="0.7", lw=0.8, ls=":", label="whole spheroid")
    axes.set_xlabel("outer radius (um)")
    axes.set_ylabel("inhibited radius (um)")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _dataset(fit: Fit) -> xr.Dataset:
    spheroids, dims = fit.spheroids, ("spheroid",)
    return xr.Dataset(
        {
            "outer_radius": variable(dims, spheroids.outer, "mm", "outer radius"),
            "inhibited_radius": variable(dims, spheroids.inhibited, "mm", "inhibited radius"),
            "predicted_radius": variable(dims, fit.predicted, "mm", "inhibited radius by model"),
            "fitted": variable(
                dims, spheroids.small.astype(np.int8), "1", "1 where fitted, 0 where predicted"
            ),
            "reach": variable((), fit.reach, "mm", "radius at which the nutrient is used up"),
            "fraction": variable((), fit.fraction, "1", "share of c0 that inhibits"),
        }
    )
