"""Where generated code lives between processes."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from cartflow.outcome import InputError

VARIABLE = "CARTFLOW_CACHE"
# numba compares times of change, so that every copy of one text must have the same.
_TIME = 1_000_000_000


def cache_folder(name: str) -> Path:
    """Return the folder `name` in the user's cache, made if need be.

    The environment variable CARTFLOW_CACHE names another place than the system's; raises
    `InputError` if nothing can be written there. If nothing can be written in the system's,
    the folder is a temporary one that ends with the process.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen:
        try:
            return _usable(Path(chosen).expanduser() / name)
        except OSError as error:
            msg = f"{VARIABLE}: '{chosen}' cannot be written to ({error.strerror})"
            raise InputError(msg) from None
    import platformdirs

    try:
        return _usable(Path(platformdirs.user_cache_dir("cartflow", appauthor=False)) / name)
    except OSError:
        return _usable(_temporary() / name)


def write_once(path: Path, text: str) -> None:
    """Write `text` to `path` whole or not at all, unless it is there already."""
    if path.exists():
        return
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.utime(draft, (_TIME, _TIME))
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _usable(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # os.access cannot tell for every file system, a written file can.
    with tempfile.TemporaryFile(dir=folder):
        return folder


@cache
def _temporary() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cartflow"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
