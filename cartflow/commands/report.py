"""``cartflow report``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.commands.piped import PIPE, from_pipe
from cartflow.core.terminal import tell


def add_report(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("report", help="write a result as one HTML page")
    command.add_argument("file", type=Path, metavar="FILE", help="what run wrote, or - piped in")
    command.add_argument(
        "--out", type=Path, metavar="HTML", help="the page (default: FILE's stem .html)"
    )
    command.add_argument("--force", action="store_true", help="overwrite the page if it exists")
    command.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> int:
    from cartflow.commands.drawing import what_it_lacks
    from cartflow.core.dataset import read
    from cartflow.core.saving.destination import Destination
    from cartflow.core.saving.kinds import HTML
    from cartflow.results.drawable import require_drawable
    from cartflow.results.report.page import report

    name = "result" if options.file == PIPE else options.file.stem
    path = options.out or options.file.parent / f"{name}.html"
    out = Destination(path=path, kind=HTML, force=options.force)
    with from_pipe(options.file, f"{name}.nc") as file:
        tree = read(file)
        with what_it_lacks(file):
            require_drawable(tree)
            page = report(tree, file.name)
    out.save(lambda draft: _write(draft, page))
    tell([f"written       {path}"])
    return FINISHED


def _write(draft: Path, page: str) -> None:
    draft.write_text(page, encoding="utf-8")
