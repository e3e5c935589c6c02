"""Members drawn from ranges: scatter, rank correlations, and boxes by axis."""

from __future__ import annotations

import textwrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from scipy.stats import rankdata

from cartflow.core.ticks import colours
from cartflow.results.figures.sweep.curves import dress, legend
from cartflow.results.figures.sweep.shown import (
    MEMBER,
    axis_label,
    constant,
    evenly_in_log,
    outcome_label,
    value_words,
    wide,
)

MOST_NUMBERS = 10


def rank_correlations(dataset: xr.Dataset, outcome: str, varied: tuple[str, ...]) -> np.ndarray:
    """Return Spearman's correlation of an outcome with each number, 0 where one is constant."""
    values = dataset[outcome].values
    known = np.isfinite(values)
    found = np.zeros(len(varied))
    for place, name in enumerate(varied):
        pair = [each[known] for each in (values, dataset[name].values)]
        if known.sum() > 2 and not any(constant(each) for each in pair):
            found[place] = np.corrcoef(*map(rankdata, pair))[0, 1]
    return found


def ranks(axes: Axes, dataset: xr.Dataset, outcome: str, varied: tuple[str, ...]) -> None:
    """Draw the rank correlations with the numbers that matter most, the first on top."""
    found = rank_correlations(dataset, outcome, varied)
    chosen = np.argsort(-np.abs(found), kind="stable")[:MOST_NUMBERS]
    places = np.arange(chosen.size)
    axes.barh(places, found[chosen], color=colours(1)[0], alpha=0.8)
    words = [textwrap.fill(axis_label(dataset[varied[i]]), 26) for i in chosen]
    axes.set_yticks(places, words, fontsize="x-small")
    axes.set_ylim(chosen.size - 0.4, -0.6)
    axes.set_xlim(-1.05, 1.05)
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_xlabel("rank correlation (Spearman)")
    axes.set_title(textwrap.fill(outcome_label(dataset[outcome]), 44), fontsize="small")


def scatter(axes: Axes, dataset: xr.Dataset, outcome: str, number: str) -> None:
    """Draw each member's outcome against one of its numbers."""
    numbers = dataset[number]
    axes.scatter(numbers.values, dataset[outcome].values, s=9, alpha=0.6, color=colours(1)[0])
    ordered = np.sort(numbers.values.astype(float))
    if wide(ordered) or (ordered.size > 2 and evenly_in_log(ordered)):
        axes.set_xscale("log")
    axes.set_xlabel(axis_label(numbers), fontsize="small")
    dress(axes, dataset[outcome])


def boxes(axes: Axes, values: xr.DataArray, along: str | None, by: str | None) -> None:
    """Draw boxes of the members (quartiles, whiskers at 5 and 95 %) along one axis by another."""
    groups = 1 if by is None else values[by].size
    count = 1 if along is None else values[along].size
    width = 0.8 / groups
    for number, colour in enumerate(colours(groups)):
        one = values if by is None else values.isel({by: number})
        columns = [one if along is None else one.isel({along: i}) for i in range(count)]
        known = [column.values[np.isfinite(column.values)] for column in columns]
        places = np.arange(count) + (number - 0.5 * (groups - 1)) * width
        drawn = axes.boxplot(
            known, positions=places, widths=0.85 * width, whis=(5, 95), showfliers=False,
            patch_artist=True, manage_ticks=False, medianprops={"color": "black"},
        )  # fmt: skip
        for box in drawn["boxes"]:
            box.set(facecolor=colour, alpha=0.7)
        name = "" if by is None else value_words(values[by].values[number])
        axes.plot([], [], "s", color=colour, label=name)
    if along is not None:
        axes.set_xticks(range(count), [value_words(value) for value in values[along].values])
        axes.set_xlabel(axis_label(values[along]))
    legend(axes, values, by)
    axes.set_title(f"{values.sizes[MEMBER]} members: quartiles, 5 and 95 %", fontsize="x-small")
    dress(axes, values)
