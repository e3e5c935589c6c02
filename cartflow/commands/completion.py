"""``cartflow completion``: what a shell needs to complete commands, options and names."""

from __future__ import annotations

import argparse
from typing import Any

from cartflow.commands.ending import FINISHED
from cartflow.core.outcome import InputError
from cartflow.core.terminal import tell

_SHELLS = ("bash", "zsh", "tcsh")


def add_completion(commands: Any, parser: argparse.ArgumentParser) -> None:
    """Add the command to the `parser`'s `commands`."""
    command = commands.add_parser(
        "completion",
        help="print what a shell needs to complete commands and options",
        description='For bash, in ~/.bashrc: eval "$(cartflow completion bash)"',
    )
    command.add_argument("shell", choices=_SHELLS, help=f"of {', '.join(_SHELLS)}")
    command.set_defaults(command=lambda options: _completion(parser, options.shell))


def _completion(parser: argparse.ArgumentParser, shell: str) -> int:
    try:
        import shtab
    except ImportError:
        msg = "completion takes shtab: pip install cartflow[completion]"
        raise InputError(msg) from None
    tell([shtab.complete(parser, shell)])
    return FINISHED
