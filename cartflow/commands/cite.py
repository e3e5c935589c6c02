"""``cartflow cite``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.core.terminal import tell


def add_cite(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("cite", help="print what a study rests on")
    command.add_argument("study", type=Path, metavar="STUDY", help="a TOML study file")
    command.set_defaults(command=_cite)


def _cite(options: argparse.Namespace) -> int:
    from cartflow.core.bibliography import bibtex, reference
    from cartflow.study.study import Study

    keys = Study.from_file(options.study).references()
    tell([*(f"[{key}] {reference(key)}" for key in keys), ""])
    tell(f"{bibtex(key)}\n" for key in keys)
    return FINISHED
