"""The figure of a risk score: ROC curve, calibration, net benefit; all of the half tested on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.saving.figures import save_figure
from cartflow.results.figures.fitted import label, require_variables

_NEEDED = ("outcome", "trained", "chance", "threshold", "benefit_of_score", "benefit_of_all")
_GROUPS = 5
_SCORE, _OTHER = "#0072B2", "#999999"


def plot_risk(dataset: xr.Dataset, path: Path) -> None:
    """Write the figure of a risk score as PNG."""
    save_figure(risk_figure(dataset), path)


def require_risk(dataset: xr.Dataset) -> None:
    """Raise `InputError` naming what the figure of a risk score misses."""
    require_variables(dataset, _NEEDED)


def risk_figure(dataset: xr.Dataset) -> Figure:
    """Return the figure of a risk score."""
    require_risk(dataset)
    tested = dataset["trained"].values == 0
    chance, outcome = dataset["chance"].values[tested], dataset["outcome"].values[tested]
    figure = Figure(figsize=(11.4, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 3)
    _roc(axes[0], chance, outcome, dataset.attrs)
    _calibration(axes[1], chance, outcome)
    _benefit(axes[2], dataset)
    figure.suptitle(str(dataset.attrs.get("title", "")), fontsize=10)
    figure.supxlabel(str(dataset.attrs.get("comment", "")), fontsize=8, style="italic")
    return figure


def _roc(axes: Axes, chance: np.ndarray, outcome: np.ndarray, attrs: dict[str, float]) -> None:
    levels = np.concatenate([[np.inf], np.unique(chance)[::-1]])
    true = [np.mean(chance[outcome == 1] >= level) for level in levels]
    false = [np.mean(chance[outcome == 0] >= level) for level in levels]
    axes.plot([0, 1], [0, 1], color=_OTHER, linewidth=0.8)
    axes.plot(false, true, color=_SCORE, linewidth=1.4, label=f"area {attrs['test_area']:.3f}")
    axes.legend(fontsize=7, loc="lower right")
    label(axes, "told apart", "share acted on without the outcome", "share acted on with it")


def _calibration(axes: Axes, chance: np.ndarray, outcome: np.ndarray) -> None:
    axes.plot([0, 1], [0, 1], color=_OTHER, linewidth=0.8)
    for group in np.array_split(np.argsort(chance, kind="stable"), _GROUPS):
        share, count = outcome[group].mean(), len(group)
        # The standard error of a share, with one case and one other more, so that none has 0.
        smooth = (share * count + 1.0) / (count + 2.0)
        wide = np.sqrt(smooth * (1.0 - smooth) / count)
        axes.errorbar(chance[group].mean(), share, wide, fmt="o", color=_SCORE, markersize=4)
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    label(axes, "fifths of the patients", "chance foretold", "share that had it")


def _benefit(axes: Axes, dataset: xr.Dataset) -> None:
    at = dataset["threshold"].values
    axes.axhline(0.0, color="black", linewidth=0.8, label="none")
    axes.plot(at, dataset["benefit_of_all"].values, color=_OTHER, label="all")
    axes.plot(at, dataset["benefit_of_score"].values, color=_SCORE, label="by the score")
    if "act_above" in dataset.attrs:
        axes.axvline(float(dataset.attrs["act_above"]), color="black", linewidth=0.8, ls=":")
    top = float(np.nanmax(dataset["benefit_of_score"].values))
    axes.set_ylim(-0.3 * max(top, 0.1), 1.2 * max(top, 0.1))
    axes.legend(fontsize=7)
    label(axes, "net benefit", "act where the chance is above", "true positives a patient")
