"""``cartflow show``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.core.outcome import InputError


def add_show(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "show",
        help="print a body, trafficking model, kinetics, intervention, measured table, geometry, "
        "image, network of vessels or study",
    )
    kinds = "body, trafficking, kinetics, intervention, measured, geometry, image, vessels or study"
    command.add_argument("kind", metavar="KIND", help=kinds)
    command.add_argument(
        "name", nargs="?", metavar="NAME", help="without it: the list; of a study its file"
    )
    command.add_argument("--unit", metavar="UNIT", help="vessels: the unit of the file's lengths")
    command.add_argument(
        "--voxel", metavar="LENGTH", help="vessels: how wide the voxels are, as '5 um'"
    )
    command.add_argument("--radius-name", metavar="NAME", help="vessels: the values that are radii")
    command.set_defaults(command=_show)


def _show(options: argparse.Namespace) -> int:
    from cartflow.commands.printed import show

    if options.kind == "vessels":
        return _show_vessels(options)
    for name in ("unit", "voxel", "radius_name"):
        if getattr(options, name) is not None:
            msg = f"--{name.replace('_', '-')}: has no effect on {options.kind}; it is for vessels"
            raise InputError(msg)
    show(options.kind, options.name)
    return FINISHED


def _show_vessels(options: argparse.Namespace) -> int:
    from cartflow.commands.columns import print_table
    from cartflow.commands.vessels import vessel_rows

    if options.name is None:
        raise InputError("show vessels: name a file of vessels")
    rows = vessel_rows(Path(options.name), options.unit, options.voxel, options.radius_name)
    print_table(["what", "value"], rows)
    return FINISHED
