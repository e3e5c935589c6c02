"""``cartflow compare``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.set_option import add_set, given_settings
from cartflow.core.terminal import say


def add_compare(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("compare", help="run a study in several bodies, side by side")
    command.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    command.add_argument("--bodies", required=True, metavar="A,B", help="names or .toml files")
    rules = "number (default), per_kg or allometric: what of the study's dose is kept"
    command.add_argument("--dose", default="number", metavar="RULE", help=rules)
    command.add_argument(
        "--out", type=Path, metavar="FILE", help="the dataset (default: STUDY's stem _bodies.nc)"
    )
    add_set(command)
    command.add_argument("--force", action="store_true", help="overwrite dataset and figure")
    command.set_defaults(command=_compare)


def _compare(options: argparse.Namespace) -> int:
    from cartflow.analyses.compare import compare, table_lines
    from cartflow.results.figures.comparison import plot_comparison

    places = dataset_and_figure(options, f"{options.study.stem}_bodies.nc")
    bodies = [name.strip() for name in options.bodies.split(",")]
    dataset = compare(
        options.study,
        bodies,
        dose=options.dose,
        settings=given_settings(options.settings),
        watch=lambda name: say(f"running       {name}"),
    )
    return written_and_drawn(dataset, table_lines(dataset), plot_comparison, places)
