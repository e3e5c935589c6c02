"""Options and progress that the commands at the bedside share."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cartflow.commands.out_option import add_out
from cartflow.commands.set_option import add_set
from cartflow.commands.telling_option import add_telling

if TYPE_CHECKING:
    from cartflow.analyses.bedside.run import Watch
    from cartflow.core.progress.shown import Telling


def add_population(command: argparse.ArgumentParser) -> None:
    """Add the options that say how patients differ."""
    many: dict[str, Any] = {"action": "append", "default": []}
    command.add_argument(
        "--population", type=Path, metavar="FILE", help="how patients differ: a fit, or TOML"
    )
    command.add_argument("--spread", metavar="KEY=CV", help="log-normal between patients", **many)
    command.add_argument("--correlation", metavar="A,B=R", help="of what differs", **many)
    command.add_argument("--scenario", metavar="S", help="a model's scenario (default: the first)")


def add_drawn(command: argparse.ArgumentParser, examples: str, out: str) -> None:
    """Add the options of what draws, writes and tells."""
    command.add_argument("--seed", type=int, default=1, metavar="K", help="of the draws")
    command.add_argument("--workers", type=int, metavar="N", help="default: all processors")
    add_out(command, f"dataset (default: {out})")
    add_set(command, examples)
    add_telling(command)


@contextmanager
def watched(title: str, told: Telling) -> Iterator[Watch]:
    """Show the draws of each patient as they end."""
    from cartflow.core.progress.shown import members

    shown: dict[str, Any] = {}
    with ExitStack() as stack:

        def watch(name: str, done: int, failed: int, total: int) -> None:
            if name not in shown:
                shown[name] = stack.enter_context(
                    members(f"{title}: {name}", total, 0, told, called="draws")
                )
            shown[name](done, failed)

        yield watch
