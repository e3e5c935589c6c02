"""A progress bar in simulated time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from cartflow.core.terminal import Patient


@contextmanager
def progress(title: str, end: float) -> Iterator[Callable[[float, float], None]]:
    """Show simulated days, step, days per minute and time left while the block runs.

    The block gets a function of (time, step) in days, to be called after every step.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(file=cast(TextIO, Patient(sys.stderr)))
    columns = (
        TextColumn("{task.completed:7.3f} of {task.total:g} day"),
        BarColumn(),
        TextColumn("step {task.fields[step]:.2g} day"),
        TextColumn("{task.fields[rate]:.3g} day/min"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    console.print(title, highlight=False)
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("run", total=end, step=0.0, rate=0.0)

        def watch(time: float, step: float) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = 60.0 * time / elapsed if elapsed > 0 else 0.0
            bar.update(task, completed=time, step=step, rate=rate)

        yield watch
