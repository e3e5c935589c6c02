"""Where a result goes: what may be overwritten, and where else it may go."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from cartflow.core.outcome import InputError, RunStopped
from cartflow.core.paths import kind_of
from cartflow.core.saving.kinds import ENDINGS, NAMES, NETCDF
from cartflow.core.saving.signals import interruptible
from cartflow.core.saving.whole import remove_left_overs, write_whole
from cartflow.core.terminal import say

Make = Callable[[Path], None]


def require_writable(path: Path, kind: bytes, *, force: bool) -> None:
    """Raise `InputError` if `path` exists (without `force`) or its folder takes no file.

    Even with `force` only a file that begins like `kind` is overwritten, never a study or image.
    """
    _require_free(path, kind, force=force)
    endings = ENDINGS.get(kind, ())
    if endings and path.suffix.lower() not in endings:
        proposed = path.with_name(f"{path.stem}{endings[0]}")
        msg = f"{path}: what is written is {NAMES[kind]}; did you mean '{proposed}'?"
        raise InputError(msg)
    try:
        # Only trying tells: permissions say little on network and read-only file systems.
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        msg = f"{path}: its folder cannot be written ({error.strerror})"
        raise InputError(msg) from None


def _require_free(path: Path, kind: bytes, *, force: bool) -> None:
    """Raise `InputError` unless nothing is at `path`, or with `force` a file of `kind`."""
    there = kind_of(path)
    if there == "nothing":
        if os.path.islink(path):
            msg = f"{path}: is a link to nothing; give another --out"
            raise InputError(msg)
        if not path.parent.is_dir():
            msg = f"{path}: its folder does not exist"
            raise InputError(msg)
        return
    if there != "file":
        what = "folder" if there == "folder" else "device, pipe or socket"
        msg = f"{path}: is a {what}, not a file to write"
        raise InputError(msg)
    if not force:
        msg = f"{path}: exists already; give --force to overwrite it, or another --out"
        raise InputError(msg)
    if not _begins(path, kind):
        msg = (
            f"{path}: is another kind of file, which --force does not overwrite; give another --out"
        )
        raise InputError(msg)


def _begins(path: Path, kind: bytes) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(len(kind))
    except OSError:
        return False
    return start in (kind, b"")


@dataclass(kw_only=True)
class Destination:
    """A file that a result is written to, once or again and again.

    What came to stand at `path` meanwhile and is not of this run is overwritten with `force`
    alone. Making one raises `InputError` as `require_writable`, and removes left-overs of runs
    that were killed.
    """

    path: Path
    kind: bytes = NETCDF
    force: bool
    own: tuple[int, int, int] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        require_writable(self.path, self.kind, force=self.force)
        remove_left_overs(self.path.parent)

    def save(self, make: Make) -> None:
        """Let `make` write the file, whole or not at all. Raises `InputError`."""
        ours = self.own is not None and self.own == _identity(self.path)
        if not ours:
            self._require_still_free()
        write_whole(self.path, make, replace=ours or self.force)
        self.own = _identity(self.path)

    def _require_still_free(self) -> None:
        try:
            _require_free(self.path, self.kind, force=self.force)
        except InputError:
            if not os.path.lexists(self.path):
                raise
            unless = "" if self.force else " without --force"
            msg = f"{self.path}: came to be there while this ran, and is not overwritten{unless}"
            raise InputError(msg) from None

    def settle(self, make: Make) -> Path:
        """Save, or where that fails write to another place; return the file that was written.

        That is beside `path` under another name, or in the working, home or temporary folder;
        if none takes it and there is a user, the user is asked. Raises `RunStopped`.
        """
        try:
            self.save(make)
            return self.path
        except InputError as error:
            say(f"cartflow: {error}")
            return _elsewhere(self.path, make) or _asked(self, make)

    def require_here(self, written: Path) -> None:
        """Raise `RunStopped` if the result was `written` somewhere else."""
        if written != self.path:
            msg = f"{self.path}: could not be written; the result is in {written}"
            raise RunStopped(msg)


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _elsewhere(path: Path, make: Make) -> Path | None:
    """Return the file that the first folder which takes the result holds it in, if one does."""
    for folder in _folders(path):
        with suppress(InputError, OSError):
            place = _free_name(folder, path)
            write_whole(place, make, replace=False)
            return place
    return None


def _asked(self: Destination, make: Make) -> Path:
    """Return the file that the user names and that takes the result."""
    with suppress(KeyboardInterrupt), interruptible():
        while sys.stdin is not None and sys.stdin.isatty():
            say("cartflow: no folder takes the result; another file (nothing: give it up)? ")
            answer = sys.stdin.readline().strip()
            if not answer:
                break
            try:
                other = Destination(path=Path(answer).expanduser(), kind=self.kind, force=False)
                other.save(make)
                return other.path
            except (InputError, RuntimeError) as error:
                say(f"cartflow: {error}")
    msg = f"{self.path}: could not be written, and no other folder takes the result"
    raise RunStopped(msg)


def _folders(path: Path) -> Iterator[Path]:
    found: tuple[Callable[[], Path], ...] = (
        lambda: path.parent,
        Path.cwd,
        Path.home,
        lambda: Path(tempfile.gettempdir()),
    )
    for folder in found:
        try:
            yield folder()
        except (OSError, RuntimeError):
            continue


def _free_name(folder: Path, path: Path) -> Path:
    names = (folder / f"{path.stem[:100]}_{number}{path.suffix}" for number in count(2))
    return next(name for name in names if not os.path.lexists(name))
