"""The figure of a posterior: data with predictive bands, marginals with priors, and pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator

from cartflow.core.saving.figures import save_figure
from cartflow.results.figures.fit_depths import over_depth, shown
from cartflow.results.figures.fitted import courses, require_variables

Array = np.ndarray
MOST_PARAMETERS = 8
_MOST_CURVES, _MOST_POINTS, _BINS = 4, 1000, 40
_WIDE = 20.0
_Z_95 = 1.959963984540054
_NEEDED = ("curve_middle", "value", "sample", "prior_95", "lowest", "highest", "logarithmic")


def plot_posterior(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a posterior as PNG."""
    save_figure(posterior_figure(dataset), path)


def require_posterior(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what the figure of a posterior misses."""
    require_variables(dataset, _NEEDED)


def posterior_figure(dataset: xr.Dataset) -> Figure:
    """Return a figure of observables over time, of each parameter's marginal, and of pairs.

    The prior is a dashed line; pairs are of 1000 draws. What spans more than a factor of 20 is
    drawn as its decimal logarithm.
    """
    require_posterior(dataset)
    names = shown(dataset)[:_MOST_CURVES]
    count = min(dataset.sizes["parameter"], MOST_PARAMETERS)
    width = max(3.4 * len(names), 1.5 * count, 6.0)
    figure = Figure(figsize=(width, 3.0 + 1.5 * count), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[3.0, 1.5 * count])[:, 0]
    panels = above.subplots(1, len(names), squeeze=False)[0]
    for axes, (name, subject) in zip(panels, names, strict=True):
        if subject is None:
            courses(axes, dataset, name)
        else:
            over_depth(axes, dataset, name, subject)
    pairs(below, dataset, count)
    figure.suptitle(str(dataset.attrs.get("title", "")), fontsize=10)
    return figure


def pairs(below: SubFigure, dataset: xr.Dataset, count: int) -> None:
    """Draw marginals on the diagonal and pairs below it."""
    panels = below.subplots(count, count, squeeze=False)
    wide = [_wide(dataset.isel(parameter=k)) for k in range(count)]
    samples = [dataset["sample"].values[..., k].ravel() for k in range(count)]
    samples = [np.log10(v) if w else v for v, w in zip(samples, wide, strict=True)]
    every = max(1, len(samples[0]) // _MOST_POINTS)
    ends = [_ends(each) for each in samples]
    for (row, column), axes in np.ndenumerate(panels):
        if column > row:
            axes.set_axis_off()
            continue
        if row == column:
            _marginal(axes, dataset.isel(parameter=row), samples[row], wide[row])
        else:
            pair = samples[column][::every], samples[row][::every]
            axes.plot(*pair, ".", markersize=1.5, alpha=0.5, rasterized=True)
            axes.set_ylim(*ends[row])
        axes.set_xlim(*ends[column])
        _ticks(axes, row == count - 1, column == 0 and row > 0)
        if row > column:
            axes.yaxis.set_major_locator(MaxNLocator(3))
        if row == count - 1:
            axes.set_xlabel(_name(dataset, column, wide[column]), fontsize=6)
        if column == 0 and row > 0:
            axes.set_ylabel(_name(dataset, row, wide[row]), fontsize=6)
    below.text(0.98, 0.98, "dashed: prior; upright: median", ha="right", va="top", fontsize=7)


def _ends(values: Array) -> tuple[float, float]:
    low, high = np.percentile(values, [0.1, 99.9])
    wide = 0.15 * (high - low) or 1e-12
    return low - wide, high + wide


def _wide(one: xr.Dataset) -> bool:
    low, high = np.percentile(one["sample"].values, [2.5, 97.5])
    return bool(int(one["logarithmic"])) and high > _WIDE * low


def _marginal(axes: Axes, one: xr.Dataset, values: Array, wide: bool) -> None:
    """Draw how samples lie, with the density of the prior beside."""
    axes.hist(values, bins=_BINS, density=True, histtype="stepfilled", alpha=0.4)
    at = np.linspace(*_ends(values), 200)
    with np.errstate(all="ignore"):
        own = 10.0**at if wide else at
        density = prior_density(one, own) * (own * np.log(10.0) if wide else 1.0)
    axes.plot(at, density, color="black", linewidth=0.9, linestyle="--")
    axes.axvline(float(np.median(values)), color="black", linewidth=0.6)
    axes.set_yticks([])
    axes.set_title(str(one["parameter"].values), fontsize=7)


def prior_density(one: xr.Dataset, values: Array) -> Array:
    """Return the density of one parameter's prior; 0 outside of its limits, nan without any."""
    from scipy.special import ndtr

    logged = bool(int(one["logarithmic"]))
    inside = (values >= float(one["lowest"])) & (values <= float(one["highest"]))
    ends = np.array([float(one["lowest"]), float(one["highest"])])
    known = one["prior_95"].values
    if logged:
        at, ends, known = np.log(np.where(inside, values, 1.0)), np.log(ends), np.log(known)
    else:
        at = values
    if np.isfinite(known).all():
        middle, sd = 0.5 * known.sum(), (known[1] - known[0]) / (2.0 * _Z_95)
        kept = ndtr((ends[1] - middle) / sd) - ndtr((ends[0] - middle) / sd)
        density = np.exp(-0.5 * ((at - middle) / sd) ** 2) / (sd * np.sqrt(2.0 * np.pi) * kept)
    else:
        density = np.full(len(values), 1.0 / (ends[1] - ends[0]))
    outside = 0.0 if np.isfinite(ends).all() else np.nan
    return np.where(inside, density / values if logged else density, outside)


def _ticks(axes: Axes, below: bool, beside: bool) -> None:
    axes.tick_params(labelsize=5, labelbottom=below, labelleft=beside)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.grid(alpha=0.3)


def _name(dataset: xr.Dataset, k: int, wide: bool) -> str:
    unit = str(dataset["parameter_unit"].values[k])
    name = str(dataset["parameter"].values[k]) + ("" if unit == "1" else f" ({unit})")
    return f"log10 of {name}" if wide else name
