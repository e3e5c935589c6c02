"""Files that appear whole or not at all, and the left-overs of processes that were killed."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import socket
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cartflow.core.outcome import InputError
from cartflow.core.saving.signals import held

_LONGEST_STEM = 60
_DAY = 86_400.0
_LITTLE = 10_000_000
_LEFT_OVER = re.compile(r"\..*_([0-9a-f]{8})_(\d{1,10})_[0-9a-f]{8}\.part", flags=re.DOTALL)


def write_whole(path: Path, make: Callable[[Path], None], *, replace: bool = True) -> None:
    """Let `make` write a draft beside `path` and give it that name; else leave nothing.

    Without `replace` a file that came to stand at `path` meanwhile stays. Signals wait until the
    file is written: a library that is interrupted half-way may hold its locks for ever. Raises
    `InputError` naming `path` and the reason.
    """
    with held():
        try:
            draft = _draft(path)
            try:
                make(draft)
                draft.chmod(0o666 & ~_umask())
                _flush(draft)
                _name(draft, path, replace)
            finally:
                _drop(draft)
        # netCDF raises RuntimeError where the system says that the disk is full.
        except (OSError, RuntimeError, ValueError, MemoryError) as error:
            msg = f"{path}: cannot be written ({_reason(path, error)})"
            raise InputError(msg) from None


def require_room(path: Path, size: int) -> None:
    """Raise `OSError` unless there is room for `size` bytes beside `path`.

    A library that finds out for itself may be left with a file that it cannot close.
    """
    free = shutil.disk_usage(path.parent).free
    if free < size:
        msg = f"it takes {size / 1e6:.1f} MB"
        raise OSError(errno.ENOSPC, msg)


def remove_left_overs(folder: Path) -> None:
    """Remove drafts in `folder` whose process was killed, another machine's after a day.

    What cannot be removed stays, without a word.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _LEFT_OVER.fullmatch(entry.name)
            if found and _is_left(found[1], int(found[2]), entry):
                with suppress(OSError):
                    os.unlink(entry.path)


def _draft(path: Path) -> Path:
    """Return a new file beside `path` whose name says which process of which machine writes it."""
    # A name has at most 255 bytes, and the draft's is longer than the file's.
    stem = path.stem.encode()[:_LONGEST_STEM].decode(errors="ignore")
    draft = path.parent / f".{stem}_{_machine()}_{os.getpid()}_{secrets.token_hex(4)}.part"
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    return draft


def _machine() -> str:
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _is_left(machine: str, process: int, entry: os.DirEntry[str]) -> bool:
    if machine != _machine():
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _DAY
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _flush(draft: Path) -> None:
    """Have the file on the disk: some systems tell only now that there is no room for it."""
    handle = os.open(draft, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _drop(draft: Path) -> None:
    """Remove what has not become the file."""
    # It may be the file by a second name, which is not to be emptied.
    with suppress(OSError):
        if os.stat(draft).st_nlink == 1:
            # A library that failed keeps its file open, and with it the room on the disk.
            os.truncate(draft, 0)
        os.unlink(draft)


def _name(draft: Path, path: Path, replace: bool) -> None:
    if replace:
        draft.replace(path)
        return
    try:
        # A second name, unlike a change of name, is refused where a file stands.
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems know no second names.
        if os.path.lexists(path):
            raise
        draft.rename(path)


def _umask() -> int:
    """Return the permissions that this user withholds from new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    # Of a full disk netCDF says "HDF error" or "Permission denied".
    with suppress(OSError):
        free = shutil.disk_usage(path.parent).free
        return f"{text}; {free / 1e6:.1f} MB are free there" if free < _LITTLE else str(text)
    return f"{text}; its folder is gone"
