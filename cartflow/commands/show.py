"""``cartflow show``: its options, and what it does."""

from __future__ import annotations

import argparse
from typing import Any

from cartflow.commands.ending import FINISHED


def add_show(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "show",
        help="print a body, trafficking model, kinetics, intervention, measured table, geometry, "
        "image or study",
    )
    kinds = "body, trafficking, kinetics, intervention, measured, geometry, image or study"
    command.add_argument("kind", metavar="KIND", help=kinds)
    command.add_argument(
        "name", nargs="?", metavar="NAME", help="without it: the list; of a study its file"
    )
    command.set_defaults(command=_show)


def _show(options: argparse.Namespace) -> int:
    from cartflow.commands.printed import show

    show(options.kind, options.name)
    return FINISHED
