"""``cartflow monitor``: its options, and what it does."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.fit_forms import pairs
from cartflow.commands.set_option import add_set, given_settings
from cartflow.commands.telling_option import add_telling, telling

if TYPE_CHECKING:
    from cartflow.analyses.bedside.run import Watch
    from cartflow.core.progress.shown import Telling

_EXAMPLES = """\
The table is as in `cartflow fit`: subject, time [day], observable, value, unit (lloq, ...); each
subject is a patient. How patients differ is what `cartflow fit --random` wrote, a TOML file with
[population.varied.KEY], or coefficients of variation about the model's own numbers:
  --population cohort_fit.nc        --spread expansion_reference=1.5 --spread killing=3
Events, whose chance until --until is told:
  --below "cart=1 cell/uL" --above "il6=100 pg/mL" --relapse "tumour=10"
Research only, not for treatment decisions.
"""


def add_monitor(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "monitor", help="what a patient's first values say of its course (research only)"
    )
    command.add_argument("what", metavar="MODEL|STUDY", help="a kinetics model, or a study file")
    command.add_argument("--data", type=Path, required=True, metavar="FILE", help="a CSV file")
    command.add_argument("--until", required=True, metavar="TIME", help="as '180 days'")
    many: dict[str, Any] = {"action": "append", "default": []}
    add_population(command)
    command.add_argument("--below", metavar="WHAT=VALUE", help="falls below", **many)
    command.add_argument("--above", metavar="WHAT=VALUE", help="is above at some time", **many)
    command.add_argument("--relapse", metavar="WHAT=VALUE", help="comes back to", **many)
    command.add_argument("--observable", metavar="NAME=EXPR", help="what is measured", **many)
    command.add_argument("--error", metavar="NAME=KIND", help="how values scatter", **many)
    command.add_argument("--name", metavar="DVID=NAME", help="what NONMEM's DVID is", **many)
    command.add_argument("--dose-into", metavar="SPECIES", help="where the table's doses go")
    command.add_argument("--draws", type=int, default=4000, metavar="N", help="runs a patient")
    add_drawn(command, _EXAMPLES, "its stem _monitor.nc")
    command.set_defaults(command=_monitor)


def add_population(command: argparse.ArgumentParser) -> None:
    """Add the options that say how patients differ."""
    many: dict[str, Any] = {"action": "append", "default": []}
    command.add_argument(
        "--population", type=Path, metavar="FILE", help="how patients differ: a fit, or TOML"
    )
    command.add_argument("--spread", metavar="KEY=CV", help="log-normal between patients", **many)
    command.add_argument("--correlation", metavar="A,B=R", help="of what differs", **many)
    command.add_argument("--scenario", metavar="S", help="a model's scenario (default: the first)")


def add_drawn(command: argparse.ArgumentParser, examples: str, out: str) -> None:
    """Add the options of what draws, writes and tells."""
    command.add_argument("--seed", type=int, default=1, metavar="K", help="of the draws")
    command.add_argument("--workers", type=int, metavar="N", help="default: all processors")
    command.add_argument("-o", "--out", type=Path, metavar="FILE", help=f"dataset (default: {out})")
    add_set(command, examples)
    add_telling(command)
    command.add_argument("--force", action="store_true", help="overwrite dataset and figure")


def _monitor(options: argparse.Namespace) -> int:
    from cartflow.analyses.bedside.run import monitor
    from cartflow.core.saving.signals import Stopping
    from cartflow.results.figures.monitored import plot_monitored

    places = dataset_and_figure(options, f"{Path(options.what).stem}_monitor.nc")
    with Stopping(), watched(options.what, telling(options)) as watch:
        found = monitor(
            options.what,
            options.data,
            options.until,
            population_file=options.population,
            spread=options.spread,
            correlations=options.correlation,
            below=options.below,
            above=options.above,
            relapse=options.relapse,
            observables=pairs(options.observable, "--observable"),
            errors=pairs(options.error, "--error"),
            scenario=options.scenario,
            settings=given_settings(options.settings),
            dose_into=options.dose_into,
            names=pairs(options.name, "--name"),
            draws=options.draws,
            seed=options.seed,
            threads=options.workers,
            watch=watch,
        )
    return written_and_drawn(found.dataset, found.summary_lines(), plot_monitored, places)


@contextmanager
def watched(title: str, told: Telling) -> Iterator[Watch]:
    """Show the draws of each patient as they end."""
    from cartflow.core.progress.shown import members

    shown: dict[str, Any] = {}
    with ExitStack() as stack:

        def watch(name: str, done: int, failed: int, total: int) -> None:
            if name not in shown:
                shown[name] = stack.enter_context(members(f"{title}: {name}", total, 0, told))
            shown[name](done, failed)

        yield watch
