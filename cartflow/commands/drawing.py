"""Any file that cartflow writes, drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xarray as xr

from cartflow.core.dataset import read_tree, require_result
from cartflow.core.outcome import InputError
from cartflow.results.drawable import (
    require_comparison,
    require_drawable,
    require_refinement,
    require_sensitivity,
)
from cartflow.results.figures.comparison import plot_comparison
from cartflow.results.figures.decided import plot_decided, require_decided
from cartflow.results.figures.fit import plot_fit, require_fit
from cartflow.results.figures.mixed_fit import plot_mixed_fit, require_mixed_fit
from cartflow.results.figures.monitored import plot_monitored, require_monitored
from cartflow.results.figures.population_posterior import (
    plot_population_posterior,
    require_population_posterior,
)
from cartflow.results.figures.posterior import plot_posterior, require_posterior
from cartflow.results.figures.refinement import plot_refinement
from cartflow.results.figures.risk import plot_risk, require_risk
from cartflow.results.figures.run import plot_result
from cartflow.results.figures.sensitivity import plot_sensitivity
from cartflow.results.figures.sweep.figure import plot_sweep
from cartflow.results.figures.sweep.shown import shown
from cartflow.study.overrides import errors_named

Draw = Callable[[Path], None]


def drawing(path: Path) -> Draw:
    """Return what draws the file at `path`: a run, a model alone, or what an analysis wrote.

    What it is given is the PNG to write. Both raise `InputError` naming the file and what it lacks.
    """
    tree = read_tree(path)
    with what_it_lacks(path):
        draw = _drawing(tree, path)
    return telling(path, draw)


def telling(path: Path, draw: Draw) -> Draw:
    """Return what draws as `draw` does, and tells what the file at `path` lacks for it."""

    def drawn(out: Path) -> None:
        with what_it_lacks(path), np.errstate(all="ignore"):
            draw(out)

    return drawn


def beside_measured(path: Path, name: str) -> tuple[Draw, str, list[str]]:
    """Return what draws the run at `path` beside a measured table, a file's ending, and lines.

    `name` is that of a table that ships, or of a TOML file. Raises `InputError`.
    """
    from cartflow.pbpk.measured.table import load_measured
    from cartflow.results.figures.measured import plot_measured
    from cartflow.results.measured import beside, in_words

    measured = load_measured(name)
    tree = read_tree(path)
    with what_it_lacks(path):
        require_result(tree, path)
        require_drawable(tree)
        found = beside(tree, measured)
        if not found["tissue"].size:
            msg = f"has none of the tissues of {measured.name}"
            raise InputError(msg)
    title = str(tree.attrs.get("title", ""))
    draw = telling(path, lambda out: plot_measured(found, measured, title, out))
    return draw, f"_{Path(measured.name).name}", in_words(found)


@contextmanager
def what_it_lacks(path: Path) -> Iterator[None]:
    """Turn what a damaged file makes the libraries stumble over, anywhere, into `InputError`."""
    with errors_named(str(path)):
        try:
            yield
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            msg = f"cannot be drawn ({str(error) or type(error).__name__})"
            raise InputError(msg) from error


# What an analysis has to hold to be drawn, and how it is.
_OF_ANALYSIS: dict[str, tuple[Callable[[xr.Dataset], object], Callable[[xr.Dataset, Path], None]]]
_OF_ANALYSIS = {
    "sweep": (shown, plot_sweep),
    "fit": (require_fit, plot_fit),
    "mixed fit": (require_mixed_fit, plot_mixed_fit),
    "bayes fit": (require_posterior, plot_posterior),
    "population bayes fit": (require_population_posterior, plot_population_posterior),
    "monitoring": (require_monitored, plot_monitored),
    "risk score": (require_risk, plot_risk),
    "adaptive dosing": (require_decided, plot_decided),
    "debulking": (require_decided, plot_decided),
}


def _drawing(tree: xr.DataTree, path: Path) -> Draw:
    dataset = tree.to_dataset()
    if "body" in dataset.dims and "dose_rule" in dataset.attrs:
        require_comparison(dataset)
        return lambda out: plot_comparison(dataset, out)
    if "parameter" in dataset.dims and "central" in dataset.attrs:
        require_sensitivity(dataset)
        return lambda out: plot_sensitivity(dataset, out)
    analysis = str(dataset.attrs.get("analysis"))
    if analysis in _OF_ANALYSIS:
        require, draw = _OF_ANALYSIS[analysis]
        require(dataset)
        return lambda out: draw(dataset, out)
    if "level" in dataset.dims and "target" in dataset.attrs:
        require_refinement(dataset)
        return lambda out: plot_refinement(dataset, out)
    require_result(tree, path)
    require_drawable(tree)
    return lambda out: plot_result(tree, out)
