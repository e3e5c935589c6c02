"""A new text file of a user's, which never takes the place of another."""

from __future__ import annotations

from pathlib import Path

from cartflow.core.outcome import InputError
from cartflow.core.paths import kind_of
from cartflow.core.saving.whole import write_whole


def require_new(path: Path) -> None:
    """Raise `InputError` where something stands at `path`, or its folder does not exist."""
    if kind_of(path) != "nothing" or path.is_symlink():
        msg = f"{path}: exists already, and is not overwritten; give another name"
        raise InputError(msg)
    if not path.parent.is_dir():
        msg = f"{path}: its folder does not exist"
        raise InputError(msg)


def write_new(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all. Raises `InputError` as `require_new`."""
    require_new(path)
    write_whole(path, lambda draft: _write(draft, text), replace=False)


def _write(draft: Path, text: str) -> None:
    draft.write_text(text, encoding="utf-8")
