"""``cartflow view``: its options, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.core.outcome import InputError
from cartflow.core.terminal import tell


def add_view(commands: Any) -> None:
    """Add the command to the parser's `commands`."""
    command = commands.add_parser(
        "view", help="look through results in a browser, those of runs that go on, too"
    )
    command.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="what run wrote; two stand side by side"
    )
    command.add_argument(
        "--port", type=int, default=0, metavar="N", help="the port (default: any that is free)"
    )
    command.set_defaults(command=_view)


def _view(options: argparse.Namespace) -> int:
    from cartflow.results.view.server import Window
    from cartflow.results.view.shown import each_tumour

    if len(options.files) > 2:
        msg = f"view: shows one or two results, not {len(options.files)}"
        raise InputError(msg)
    if not 0 <= options.port < 2**16:
        msg = f"--port: {options.port} is not among 0 to 65535"
        raise InputError(msg)
    panes = [pane for file in options.files for pane in each_tumour(file)]
    if len(panes) > 2:
        msg = f"view: shows one or two tumours, and there are {len(panes)}"
        raise InputError(msg)
    with Window(panes, options.port) as window:
        tell([f"view          {window.address} (Ctrl-C ends it)"])
        try:
            window.serve_forever()
        except KeyboardInterrupt:
            return FINISHED
    return FINISHED
