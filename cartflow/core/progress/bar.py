"""A progress bar on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from cartflow.core.terminal import Patient


@contextmanager
def bar(title: str, total: float, counted: str) -> Iterator[Callable[[float, str, str], None]]:
    """Show a bar of `total`, such as ``{task.completed} of {task.total} members``, in the block.

    The block gets a function of what is done, a text beside it, and the time left in words.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(file=cast(TextIO, Patient(sys.stderr)))
    columns = (
        TextColumn(counted),
        BarColumn(),
        TextColumn("{task.fields[beside]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    console.print(title, highlight=False)
    with Progress(*columns, console=console) as shown:
        task = shown.add_task("run", total=total, beside="", left="")

        def update(done: float, beside: str, left: str) -> None:
            shown.update(task, completed=done, beside=beside, left=left)

        yield update
