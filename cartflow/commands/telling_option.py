"""The options ``--quiet`` and ``--log FILE`` of commands that take long."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartflow.core.progress.shown import Telling


def add_telling(command: argparse.ArgumentParser) -> None:
    """Add both to `command`."""
    command.add_argument("--quiet", action="store_true", help="no progress on stderr")
    text = "add lines of progress, with the time, to a text file"
    command.add_argument("--log", type=Path, metavar="FILE", help=text)


def telling(options: argparse.Namespace) -> Telling:
    """Return how progress is told. Raises `InputError` where the log cannot be written."""
    from cartflow.core.progress.lines import LogFile
    from cartflow.core.progress.shown import Telling

    return Telling(quiet=options.quiet, log=None if options.log is None else LogFile(options.log))
