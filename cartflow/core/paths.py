"""Paths that a user gives: what stands there, without a surprise."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from cartflow.core.arguments import shown
from cartflow.core.outcome import InputError

Kind = Literal["file", "folder", "nothing", "device"]


def as_path(value: Any, what: str = "path") -> Path:
    """Return `value` as a path; raise `InputError` naming `what` if it is none."""
    if isinstance(value, (str, os.PathLike)):
        return Path(value)
    msg = f"{what}: {shown(value)} is not a path; give text or a pathlib.Path"
    raise InputError(msg)


def kind_of(path: Path) -> Kind:
    """Return what stands at `path`, a link's target; device stands for pipes and sockets, too.

    Raises `InputError` where nothing can be, such as at a name of more than 255 bytes.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return "nothing"
    except (OSError, ValueError) as error:
        msg = f"{path}: no name for a file ({getattr(error, 'strerror', None) or error})"
        raise InputError(msg) from None
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "device"


def lies_within(path: Path, folder: Path) -> bool:
    """Return whether `path` is in `folder` or below, also where links lead.

    So is what can be no name for a file, as reading it says.
    """
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # before Python 3.13 of links that go round
        return True


def require_file(path: Path) -> Path:
    """Return `path`; raise `InputError` unless a file is there."""
    kind = kind_of(path)
    if kind == "nothing":
        msg = f"{path}: there is no such file"
        raise InputError(msg)
    if kind != "file":
        msg = f"{path}: is a {kind}, not a file"
        raise InputError(msg)
    return path


@contextmanager
def read_as(path: Path, what: str) -> Iterator[None]:
    """Name `path` in the `InputError` of a reader; any other error says it is no `what`.

    Readers of other libraries raise whatever a damaged file makes them stumble over.
    """
    try:
        yield
    except InputError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from None
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        msg = f"{path}: cannot be read as {what} ({reason})"
        raise InputError(msg) from None
