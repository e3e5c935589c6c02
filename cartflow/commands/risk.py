"""``cartflow risk``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import dataset_and_figure, written_and_drawn
from cartflow.commands.out_option import add_out


def add_risk(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "risk", help="a linear risk score, trained and tested (research only)"
    )
    command.add_argument("table", type=Path, metavar="TABLE", help="a CSV file, a row a patient")
    command.add_argument(
        "--predictor",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column, or 'log(COLUMN)'",
    )
    command.add_argument("--outcome", required=True, metavar="COLUMN", help="0 or 1")
    command.add_argument(
        "--by", default="logistic", metavar="METHOD", help="logistic (default) or fisher"
    )
    command.add_argument("--harm", type=float, metavar="H", help="of acting where it never came")
    command.add_argument("--benefit", type=float, metavar="B", help="of acting where it would come")
    command.add_argument("--seed", type=int, default=1, metavar="K", help="of the halves")
    add_out(command, "dataset (default: TABLE's stem _risk.nc)")
    command.set_defaults(command=_risk)


def _risk(options: argparse.Namespace) -> int:
    from cartflow.analyses.risk.run import risk_score
    from cartflow.results.figures.risk import plot_risk

    places = dataset_and_figure(options, f"{options.table.stem}_risk.nc")
    found = risk_score(
        options.table,
        options.predictor,
        options.outcome,
        by=options.by,
        harm=options.harm,
        benefit=options.benefit,
        seed=options.seed,
    )
    return written_and_drawn(found.dataset, found.summary_lines(), plot_risk, places)
