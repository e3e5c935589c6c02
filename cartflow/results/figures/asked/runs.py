"""Several runs in one figure: blood, tumour, burden and depth, a colour a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.core.outcome import InputError
from cartflow.core.saving.figures import save_figure
from cartflow.core.ticks import colours
from cartflow.results.endpoint import all_phenotypes, resident_courses
from cartflow.results.figures.over_depth import below_what
from cartflow.results.figures.panels import finish_linear, label
from cartflow.results.one_tumour import SEVERAL, tumours_of

Array = np.ndarray


def plot_runs(runs: Mapping[str, xr.DataTree], path: Path) -> None:
    """Write the figure of several runs by name as PNG, SVG or PDF. Raises `InputError`."""
    save_figure(runs_figure(runs), path)


def runs_figure(runs: Mapping[str, xr.DataTree]) -> Figure:
    """Return product cells in blood and tumour, resident cells and depth of runs, over time.

    A panel that no run has a course for is left out. Raises `InputError` if there is none at all.
    """
    panels = [
        (title, unit, {n: c for n, tree in runs.items() if (c := course(tree)) is not None})
        for title, unit, course in (
            ("CAR T cells in venous blood", "cells/µL", _blood),
            ("CAR T cells in the tumour", "cells", _in_tumour),
            ("The tumour's own cells", "cells", _residents),
            ("Depth that holds 95 % of the CAR T cells", _below(runs), _depth),
        )
    ]
    panels = [panel for panel in panels if panel[2]]
    if not panels:
        raise InputError("none of them has blood or a tumour, so there is nothing to compare")
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(6.0 * columns, 4.0 * rows + 0.3), layout="constrained")
    FigureCanvasAgg(figure)
    grid = np.asarray(figure.subplots(rows, columns, squeeze=False)).ravel()
    shades = dict(zip(runs, colours(len(runs)), strict=True))
    for axes, (title, unit, courses) in zip(grid, panels, strict=False):
        for name, course in courses.items():
            axes.plot(runs[name]["balance"]["time"].values, course, color=shades[name], label=name)
        _finish(axes, title, unit)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    return figure


def _finish(axes: Axes, title: str, unit: str) -> None:
    if unit.startswith("mm"):
        # Depth goes down, as in the figure of one run.
        axes.set_ylim(top=0.0, bottom=1.05 * max(axes.get_ylim()))
        label(axes, title, unit)
    else:
        finish_linear(axes, title, unit)


def _blood(tree: xr.DataTree) -> Array | None:
    body = tree["body"]
    if "blood_concentration" not in body.variables:
        return None
    return all_phenotypes(body.variables["blood_concentration"])


def _in_tumour(tree: xr.DataTree) -> Array | None:
    if not {"tumour", "tumours"} & set(tree.children):
        return None
    return all_phenotypes(tree["balance"].variables["in_tumour"])


def _residents(tree: xr.DataTree) -> Array | None:
    # As the product cells, those of several tumours are counted together.
    each = dict(tree.children[SEVERAL].children) if tumours_of(tree) else {}
    each |= {"": tree.children["tumour"]} if "tumour" in tree.children else {}
    courses = [course for one in each.values() for course in resident_courses(one).values()]
    return np.sum(courses, axis=0) if courses else None


def _below(runs: Mapping[str, xr.DataTree]) -> str:
    """Return the unit of depths, with what they are below where that is the same in all runs."""
    trees = [tree for tree in runs.values() if "tumour" in tree.children]
    words = {below_what(tree["tumour"].to_dataset()) for tree in trees}
    return f"mm {words.pop()}" if len(words) == 1 else "mm"


def _depth(tree: xr.DataTree) -> Array | None:
    if "tumour" not in tree.children:
        return None
    return np.asarray(tree["tumour"]["penetration_depth_all"].values, dtype=float)
