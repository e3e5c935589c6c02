"""``cartflow validate``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED, STOPPED


def add_validate(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("validate", help="run the cases of the validation book")
    command.add_argument("names", nargs="*", metavar="NAME", help="cases (default: all)")
    command.add_argument("--list", action="store_true", help="print the cases and exit")
    command.add_argument("--quick", action="store_true", help="smaller runs, a few minutes")
    command.add_argument("--json", type=Path, metavar="FILE", help="write every check as JSON")
    command.add_argument(
        "--against", type=Path, metavar="FILE", help="compare with an earlier --json, to the digit"
    )
    command.add_argument(
        "--report", type=Path, default=Path("validation_report"), metavar="DIR", help="the report"
    )
    command.add_argument("--force", action="store_true", help="overwrite an older report")
    command.set_defaults(command=_validate)


def _validate(options: argparse.Namespace) -> int:
    from cartflow.validation.book.command import validate
    from cartflow.validation.book.table import list_cases

    if options.list:
        list_cases()
        return FINISHED
    holds = validate(
        options.names,
        scope="quick" if options.quick else "full",
        report=options.report,
        json=options.json,
        force=options.force,
        against=options.against,
    )
    return FINISHED if holds else STOPPED
