"""``cartflow export``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.core.terminal import tell


def add_export(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "export", help="make one file of an unfinished result and the fields beside it"
    )
    command.add_argument("file", type=Path, metavar="FILE", help="what run writes, also meanwhile")
    command.add_argument("--out", type=Path, metavar="NC", required=True, help="the one file")
    command.add_argument("--force", action="store_true", help="overwrite the file if it exists")
    command.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> int:
    from cartflow.core.dataset import netcdf, read
    from cartflow.core.saving.destination import Destination

    out = Destination(path=options.out, force=options.force)
    tree = read(options.file)
    # What a run goes on from stays with the fields of the run.
    out.save(netcdf(tree.drop_nodes("checkpoint", errors="ignore")))
    tell([f"written       {options.out} ({tree.attrs.get('outcome', '')})"])
    return FINISHED
