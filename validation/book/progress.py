"""A progress bar over cases."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from cartflow.core.terminal import Patient


@contextmanager
def case_progress(number: int) -> Iterator[Callable[[str, int], None]]:
    """Show the case at work and how many of `number` are done, while the block runs.

    The block gets a function of (name of the case that begins, cases done).
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.fields[name]}"),
        TimeElapsedColumn(),
    )
    console = Console(file=cast(TextIO, Patient(sys.stderr)))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("cases", total=number, name="")

        def watch(name: str, done: int) -> None:
            bar.update(task, completed=done, name=name)

        yield watch
