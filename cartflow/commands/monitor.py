"""``cartflow monitor``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.bedside_options import add_drawn, add_population, watched
from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.fit_forms import pairs
from cartflow.commands.set_option import given_settings
from cartflow.commands.telling_option import telling

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
    command.add_argument(
        "--dose-into", metavar="SPECIES", help="where the table's doses go (-: nowhere)"
    )
    command.add_argument("--draws", type=int, default=4000, metavar="N", help="runs a patient")
    add_drawn(command, _EXAMPLES, "its stem _monitor.nc")
    command.set_defaults(command=_monitor)


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
