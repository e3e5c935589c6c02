"""Figures of runs as asked for on the command line: panels, fields, several runs, movies."""

from __future__ import annotations

import argparse
from pathlib import Path

import xarray as xr

from cartflow.commands.drawing import Draw, telling, what_it_lacks
from cartflow.core.dataset import read_tree, require_result
from cartflow.core.outcome import InputError
from cartflow.core.progress.shown import Telling, frames
from cartflow.results.drawable import require_drawable
from cartflow.results.figures.asked.figure import Asked, plot_asked
from cartflow.results.figures.asked.movie import frame_times, plot_movie
from cartflow.results.figures.asked.panel import require_tumour
from cartflow.results.figures.asked.runs import plot_runs
from cartflow.results.figures.asked.solid import plot_solid
from cartflow.results.figures.run import plot_result
from cartflow.results.one_tumour import one_tumour


def drawing_asked(path: Path, options: argparse.Namespace) -> Draw:
    """Return what draws the panels, fields, days and cut of `options`. Raises `InputError`."""
    tree = run_of(path, options.tumour)
    if options.solid:
        return _solid(tree, path, options)
    asked = Asked(panels=options.panel, fields=options.field, days=options.day, cut=options.cut)
    if asked == Asked():
        return telling(path, lambda out: plot_result(tree, out))
    return telling(path, lambda out: plot_asked(tree, asked, out))


def _solid(tree: xr.DataTree, path: Path, options: argparse.Namespace) -> Draw:
    """Return what draws one field on one day from outside. Raises `InputError` for more."""
    if options.panel or options.cut or len(options.field) > 1 or len(options.day) > 1:
        raise InputError("--solid shows one field on one day, without panels or cuts")
    field, day = next(iter(options.field), None), next(iter(options.day), None)
    return telling(path, lambda out: plot_solid(tree, out, field=field, day=day))


def several_runs(paths: list[Path], tumour: str | None) -> Draw:
    """Return what draws several runs in one figure, by the stems of their files, or their paths.

    Raises `InputError` for what is no run of a study, or given twice.
    """
    if len(set(paths)) < len(paths):
        raise InputError("the same file is named twice")
    stems = [path.stem for path in paths]
    names = stems if len(set(stems)) == len(stems) else [str(path) for path in paths]
    trees = {name: run_of(path, tumour) for name, path in zip(names, paths, strict=True)}
    return lambda out: plot_runs(trees, out)


def draw_movie(path: Path, options: argparse.Namespace) -> None:
    """Write the movie of the run at `path` to ``options.movie``. Raises `InputError`."""
    tree = run_of(path, options.tumour)
    require_tumour(tree, "a movie")
    out, fields, cut = options.movie, options.field, options.cut
    count = frame_times(tree.sizes["time"]).size
    with what_it_lacks(path), frames(f"{out}", count, Telling()) as told:
        plot_movie(tree, out, fields=fields, cut=cut, told=told)


def run_of(path: Path, tumour: str | None) -> xr.DataTree:
    """Return the run of a study at `path`, or one of its tumours. Raises `InputError`."""
    tree = read_tree(path)
    with what_it_lacks(path):
        require_result(tree, path)
        require_drawable(tree)
        if "body" not in tree.children:
            raise InputError("is no run of a study; only such have panels, fields and movies")
        return tree if tumour is None else one_tumour(tree, tumour)
