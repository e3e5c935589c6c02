"""``cartflow report``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.commands.out_option import add_out
from cartflow.commands.piped import PIPE, from_pipe
from cartflow.core.terminal import tell


def add_report(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "report", help="write a result, or what an analysis wrote, as one HTML page"
    )
    command.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="what run, simulate, sweep, fit, compare, sensitivity or refine wrote, or - piped in",
    )
    add_out(
        command, "the page (default: FILE's stem .html)", "the page if it exists", metavar="HTML"
    )
    command.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> int:
    from cartflow.core.saving.destination import Destination
    from cartflow.core.saving.kinds import HTML

    name = "result" if options.file == PIPE else options.file.stem
    path = options.out or options.file.parent / f"{name}.html"
    out = Destination(path=path, kind=HTML, force=options.force)
    with from_pipe(options.file, f"{name}.nc") as file:
        page = _page(file)
    out.save(lambda draft: _write(draft, page))
    tell([f"written       {path}"])
    return FINISHED


def _page(file: Path) -> str:
    """Return the page of a run, of a model run alone, or of an analysis. Raises `InputError`."""
    from cartflow.commands.drawing import drawing, what_it_lacks
    from cartflow.core.dataset import read_tree
    from cartflow.results.figures.inside import png_by
    from cartflow.results.report.analysis import analysis_report
    from cartflow.results.report.page import report

    draw, tree = drawing(file), read_tree(file)
    with what_it_lacks(file):
        if "body" in tree.children:
            return report(tree, file.name)
        alone = "species" in tree.children
        dataset = tree["species"].to_dataset() if alone else tree.to_dataset()
        return analysis_report(dataset.assign_attrs(tree.attrs), file.name, png_by(draw))


def _write(draft: Path, page: str) -> None:
    draft.write_text(page, encoding="utf-8")
