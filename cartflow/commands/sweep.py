"""``cartflow sweep``: its options, and what it does."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.out_option import add_out
from cartflow.commands.set_option import add_set, given_settings
from cartflow.commands.telling_option import add_telling, telling
from cartflow.core.terminal import say

if TYPE_CHECKING:
    import xarray as xr

    from cartflow.analyses.sweep.asked import Asked
    from cartflow.analyses.sweep.journal import Journal
    from cartflow.analyses.sweep.task import Task
    from cartflow.core.progress.shown import Telling

_EXAMPLES = """\
--over makes an axis of a key, as often as wanted; all products of their values are run:
  --over tissue.hindrance.tortuosity=1,1.25,1.6,2
  --over 'fields.cart.diffusivity=log:1:16:5 um^2/min'      (or linear:LOW:HIGH:COUNT)
  --over 'tissue: tight, loose; tissue.porosity=0.1,0.3; tissue.hindrance.tortuosity=2,1.3'
With --sample N ranges are drawn from (without any: those that the study's numbers carry):
  --over 'kinetics.killing_rate=0.5..2 1/day' --over 'doses.0.cells=log:1e6..1e8 cells'
--table FILE has a member in each row of a CSV file, whose head is KEY or KEY [UNIT].
"""


def add_sweep(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("sweep", help="run a study many times, as one dataset")
    command.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    over = "values of a key along an axis, or a range to draw from; examples below"
    command.add_argument("--over", action="append", default=[], metavar="KEY=VALUES", help=over)
    command.add_argument("--bodies", metavar="A,B", help="an axis of bodies, by name or file")
    command.add_argument("--trafficking", metavar="A,B", help="an axis of trafficking models")
    command.add_argument("--table", type=Path, metavar="FILE", help="a member in each row of a CSV")
    command.add_argument("--sample", type=int, metavar="N", help="N members drawn from ranges")
    drawing = "sobol (default) or latin, a Latin hypercube"
    command.add_argument("--sampling", default="sobol", metavar="HOW", help=drawing)
    command.add_argument("--seed", type=int, default=1, metavar="K", help="of the draws")
    outcomes = "numbers at the end to keep (default: all)"
    command.add_argument("--outcome", metavar="A,B", help=outcomes)
    command.add_argument("--course", metavar="A,B", help="courses over time to keep, too")
    whole = "keep each member's whole result, too, as a file in this folder"
    command.add_argument("--results", type=Path, metavar="FOLDER", help=whole)
    command.add_argument("--workers", type=int, metavar="N", help="default: all processors")
    where = "threads, local (a Dask cluster here), or a Dask cluster's address or scheduler file"
    command.add_argument("--scheduler", metavar="WHERE", help=where)
    command.add_argument("--limit", metavar="TIME", help="of a member, such as '10 min'")
    add_out(command, "dataset (default: STUDY's stem _sweep.nc)")
    add_set(command, _EXAMPLES)
    add_telling(command)
    command.set_defaults(command=_sweep)


def _sweep(options: argparse.Namespace) -> int:
    from cartflow.analyses.sweep.asked import prepared
    from cartflow.analyses.sweep.cluster.place import by_default
    from cartflow.analyses.sweep.words import sweep_lines
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.figures.sweep.figure import plot_sweep
    from cartflow.study.study import Study

    told = telling(options)
    with Stopping() as stop:
        study = Study.from_file(options.study, given_settings(options.settings))
        places = dataset_and_figure(options, f"{options.study.stem}_sweep.nc")
        task = prepared(
            study,
            _asked(options),
            workers=options.workers,
            limit=options.limit,
            scheduler=options.scheduler,
        )
        if options.scheduler is None:
            task = replace(task, place=by_default(task.plan.count, task.workers))
        with task.journal(places[0].path, anew=options.force) as journal:
            _announce(task, journal, told)
            dataset = _run(task, journal, told, stop)
            status = written_and_drawn(dataset, sweep_lines(dataset), plot_sweep, places)
            journal.remove()
    return status


def _asked(options: argparse.Namespace) -> Asked:
    from cartflow.analyses.sweep.asked import Asked

    return Asked(
        over=options.over,
        bodies=_names(options.bodies) or [],
        trafficking=_names(options.trafficking) or [],
        table=options.table,
        sample=options.sample,
        sampling=options.sampling,
        seed=options.seed,
        outcomes=_names(options.outcome),
        courses=_names(options.course) or [],
        results=options.results,
    )


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]


def _announce(task: Task, journal: Journal, told: Telling) -> None:
    """Say how many members there are, what they take in memory, and how many have ended."""
    if told.quiet:
        return
    size = task.layout.bytes(task.plan.count) / 1e6
    kept = f"{task.layout.numbers} numbers of each, {size:.2g} MB"
    say(f"members       {task.plan.in_words()}; {kept}; {task.in_words()}")
    if journal.ended.ended:
        say(f"going on      {journal.ended.ended} members have ended before ({journal.path})")


def _run(task: Task, journal: Journal, told: Telling, stop: Any) -> xr.Dataset:
    from cartflow.core.outcome import RunStopped
    from cartflow.core.progress.shown import members

    count, title = task.plan.count, task.plan.study.table.title
    try:
        with members(title, count, journal.ended.ended, told) as watch:
            return task.run(stop.watched(watch), journal)
    except (KeyboardInterrupt, RunStopped):
        if journal.path.exists():
            say(f"kept          {journal.written} of {count} members, in {journal.path}")
            say("going on      the same command goes on from there")
        raise
