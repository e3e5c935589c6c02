"""Where generated and compiled code lives between processes: a folder that is the user's own."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cartflow.core.outcome import InputError
from cartflow.core.terminal import say

VARIABLE = "CARTFLOW_CACHE"
# numba compares times of change, so that every copy of one text must have the same.
_TIME = 1_000_000_000
_ROOM = b"\0" * 1_000_000


def cache_folder(name: str) -> Path:
    """Return the folder `name` in the user's cache, made if need be.

    Code is run from it, so it must belong to the user, and nobody else may write to it. The
    environment variable CARTFLOW_CACHE names another place than the system's; raises
    `InputError` if that is another's or takes no file. If the system's is or does, the folder is
    a temporary one that ends with the process, which is said; `InputError` if none is to be had.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen:
        try:
            return _usable(Path(chosen).expanduser() / name)
        except (OSError, RuntimeError, ValueError) as error:
            msg = f"{VARIABLE}: '{chosen}' cannot be used ({_reason(error)})"
            raise InputError(msg) from None
    import platformdirs

    place = Path(platformdirs.user_cache_dir("cartflow", appauthor=False))
    try:
        return _usable(place / name)
    except (OSError, RuntimeError, ValueError) as error:
        return _anywhere(f"{place} ({_reason(error)})", name)


def _anywhere(instead: str, name: str) -> Path:
    """Return a folder `name` that ends with the process; raise `InputError` if there is no room."""
    try:
        return _usable(_temporary(instead) / name)
    except OSError as error:
        msg = (
            f"compiled code cannot be kept in {instead}, nor in a temporary folder "
            f"({_reason(error)}); {VARIABLE} may name another folder"
        )
        raise InputError(msg) from None


def write_once(path: Path, make: Callable[[], str]) -> None:
    """Have the text of `make` at `path`, written whole or not at all, unless it is there already.

    It is there if it is the user's own and matches the hash that it begins with. Where something
    else stood, what was compiled from it goes, too.
    """
    if _is_whole(path):
        return
    for old in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        old.unlink(missing_ok=True)
    text = make().encode()
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_first_line(text) + text)
        os.utime(draft, (_TIME, _TIME))
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _is_whole(path: Path) -> bool:
    try:
        _require_own(path)
        first, end, text = path.read_bytes().partition(b"\n")
    except OSError:
        return False
    return first + end == _first_line(text)


def _first_line(text: bytes) -> bytes:
    return f"# {hashlib.sha256(text).hexdigest()}\n".encode()


def require_room(folder: Path) -> None:
    """Raise `OSError` unless there is room in `folder` for compiled code."""
    # os.access cannot tell for every file system, and not how full it is; a written file can.
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(_ROOM)
        file.flush()


def _usable(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_own(folder)
    require_room(folder)
    return folder


def _require_own(place: Path) -> None:
    """Raise `OSError` if others could change the code in a file or folder."""
    if not hasattr(os, "geteuid"):
        return
    found = os.stat(place)
    if found.st_uid != os.geteuid():
        raise PermissionError(0, f"{place} belongs to another user")
    if found.st_mode & 0o022:
        raise PermissionError(0, f"others may write to {place}")
    for parent in place.resolve().parents:
        mode = os.stat(parent).st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise PermissionError(0, f"others may write to {parent}")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


@cache
def _temporary(instead: str) -> Path:
    say(
        f"note          compiled code cannot be kept in {instead}, so every run compiles it anew; "
        f"{VARIABLE} may name another folder"
    )
    folder = Path(tempfile.mkdtemp(prefix="cartflow"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
