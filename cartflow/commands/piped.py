"""Commands in a pipe: ``-`` stands for what comes in, or for what goes out."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cartflow.commands.imported import uncollected
from cartflow.core.outcome import InputError

if TYPE_CHECKING:
    from cartflow.study.study import Study

PIPE = Path("-")


@contextmanager
def from_pipe(path: Path, name: str) -> Iterator[Path]:
    """Give `path`, or for ``-`` a file called `name` with what comes in, gone afterwards.

    Raises `InputError` where nothing is piped in.
    """
    if path != PIPE:
        yield path
        return
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("-: nothing is piped in; name a file")
    with TemporaryDirectory(prefix="cartflow_") as folder:
        copy = Path(folder) / name
        with copy.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield copy


@contextmanager
def to_pipe(path: Path, name: str) -> Iterator[Path]:
    """Give `path`, or for ``-`` a file called `name` that goes out once it is written.

    It goes out too where the run was stopped and left what it had. What is printed meanwhile goes
    to stderr. Raises `InputError` where nobody takes it.
    """
    if path != PIPE:
        yield path
        return
    if sys.stdout is None or sys.stdout.isatty():
        raise InputError("--out: '-' is for a pipe; name a file")
    with TemporaryDirectory(prefix="cartflow_") as folder:
        made = Path(folder) / name
        try:
            with redirect_stdout(sys.stderr):
                yield made
        finally:
            if made.is_file():
                with made.open("rb") as file:
                    shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()


def study_given(path: Path, settings: dict[str, Any]) -> Study:
    """Return the study at `path`, or for ``-`` the one that comes in; its paths start here."""
    with uncollected():
        from cartflow.core.tables import read_text
        from cartflow.study.study import Study

    if path != PIPE:
        return Study.from_file(path, settings)
    with from_pipe(path, "study.toml") as copy:
        return Study.from_text(read_text(copy), name="study", settings=settings)
