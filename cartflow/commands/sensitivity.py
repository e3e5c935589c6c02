"""``cartflow sensitivity``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.out_option import add_out
from cartflow.commands.set_option import add_set, given_settings
from cartflow.core.terminal import say


def add_sensitivity(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("sensitivity", help="what an outcome depends on")
    command.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    outcomes = "delivery (default: organs alone), or by runs: entered, cells, tumour, depth, blood"
    command.add_argument("--of", default="delivery", metavar="OUTCOME", help=outcomes)
    samples = "a power of 2, or 0 for no Sobol indices (default: 64 for delivery, else 0)"
    command.add_argument("--samples", type=int, metavar="N", help=samples)
    command.add_argument("--only", metavar="A,B", help="numbers whose name begins so")
    command.add_argument(
        "--spread", type=float, metavar="F", help="vary also what has no range, / and x F"
    )
    add_out(command, "dataset (default: STUDY's stem _sensitivity.nc)")
    add_set(command)
    command.set_defaults(command=_sensitivity)


def _sensitivity(options: argparse.Namespace) -> int:
    from cartflow.analyses.sensitivity import sensitivity, sensitivity_lines
    from cartflow.results.figures.sensitivity import plot_sensitivity

    places = dataset_and_figure(options, f"{options.study.stem}_sensitivity.nc")
    dataset = sensitivity(
        options.study,
        of=options.of,
        samples=options.samples,
        spread=options.spread,
        settings=given_settings(options.settings),
        only=[name.strip() for name in options.only.split(",")] if options.only else [],
        watch=None if options.of == "delivery" else _count,
    )
    return written_and_drawn(dataset, sensitivity_lines(dataset), plot_sensitivity, places)


def _count(done: int) -> None:
    if done % 10 == 0:
        say(f"runs          {done}")
