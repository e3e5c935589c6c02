"""The options ``-o``, ``--out`` and ``--force`` of commands that write something."""

from __future__ import annotations

import argparse
from pathlib import Path

DATASET = "dataset and figure"


def add_out(
    command: argparse.ArgumentParser, what: str, overwrites: str = DATASET, *, metavar: str = "FILE"
) -> None:
    """Add the place of what is written, which `what` says, and leave to overwrite what is there."""
    command.add_argument("-o", "--out", type=Path, metavar=metavar, help=what)
    command.add_argument("--force", action="store_true", help=f"overwrite {overwrites}")
