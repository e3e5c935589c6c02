"""``cartflow plot``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.commands.piped import PIPE, from_pipe
from cartflow.core.terminal import tell


def add_plot(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser("plot", help="draw a result")
    command.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="what run, simulate, compare, ... wrote, or - piped in",
    )
    command.add_argument(
        "--out", type=Path, metavar="PNG", help="the figure (default: FILE's stem .png)"
    )
    command.add_argument(
        "--measured",
        metavar="NAME",
        help="a run beside cells measured in organs: a name of `show measured`, or a file",
    )
    command.add_argument("--force", action="store_true", help="overwrite the figure if it exists")
    command.set_defaults(command=_plot)


def _plot(options: argparse.Namespace) -> int:
    from cartflow.commands.drawing import beside_measured, drawing
    from cartflow.core.saving.destination import PNG, Destination

    name = "result" if options.file == PIPE else options.file.stem
    ending = ""
    said: list[str] = []
    with from_pipe(options.file, f"{name}.nc") as file:
        if options.measured is None:
            draw = drawing(file)
        else:
            draw, ending, said = beside_measured(file, options.measured)
        path = options.out or options.file.parent / f"{name}{ending}.png"
        Destination(path=path, kind=PNG, force=options.force)
        draw(path)
    tell([*said, f"written       {path}"])
    return FINISHED
