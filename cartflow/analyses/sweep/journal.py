"""The journal of a sweep: what each member came to, one line each, beside the output."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from cartflow.analyses.sweep.gathered import Gathered
from cartflow.analyses.sweep.layout import Layout
from cartflow.analyses.sweep.lines import line_of, longest_line, member_of
from cartflow.analyses.sweep.members import Member
from cartflow.core.outcome import InputError
from cartflow.core.paths import kind_of
from cartflow.core.saving.signals import held

_EVERY = 1.0  # seconds between writings, which a kill may lose
_KIND = "cartflow sweep 1"
_HEAD = 20_000  # letters


def beside(out: Path) -> Path:
    """Return where the journal of a sweep is whose output is `out`."""
    return out.with_name(f"{out.name}.members")


class Journal:
    """The members of one sweep that have ended, in a file that is only added to.

    Each writing ends at the end of a line and is on the disk before the next; what a kill cuts
    off is left out at the next opening. One process at a time holds it.
    """

    def __init__(
        self, path: Path, identity: Mapping[str, str], layout: Layout, members: int, *, anew: bool
    ) -> None:
        """Open the journal at `path`, or begin one; `anew` gives up that of another sweep.

        Raises `InputError` naming what differs where it is another sweep's.
        """
        self.path, self._layout, self._members = path, layout, members
        self._waiting: list[str] = []
        self.written = 0  # members that it has, once it is flushed
        self._last = time.monotonic()
        self.ended = Gathered(layout, members)
        if kind_of(path) not in ("nothing", "file") or path.is_symlink():
            msg = f"{path}: is in the way of the sweep's journal; give another --out"
            raise InputError(msg)
        try:
            # Without a buffer, which would write what failed once more at the end.
            self._file = path.open("r+b" if path.exists() else "x+b", buffering=0)
        except OSError as error:
            msg = f"{path}: the sweep's journal cannot be written ({error.strerror})"
            raise InputError(msg) from None
        try:
            _lock(self._file, path)
            self._begin(identity, anew)
        except BaseException:
            self._file.close()
            raise

    def add(self, members: Iterable[Member]) -> None:
        """Note what members came to; it is written once a second. Raises `InputError`."""
        lines = [line_of(member) for member in members]
        self._waiting += lines
        self.written += len(lines)
        if self._waiting and time.monotonic() - self._last > _EVERY:
            self.flush()

    def flush(self) -> None:
        """Write what was noted, and have it on the disk. Raises `InputError`."""
        text = memoryview("".join(self._waiting).encode())
        start = self._file.tell()
        try:
            with held():
                while text:
                    text = text[self._file.write(text) :]
                os.fsync(self._file.fileno())
                self._waiting, self._last = [], time.monotonic()
        except OSError as error:
            with suppress(OSError):
                self._file.seek(start)
                self._file.truncate()
            msg = f"{self.path}: cannot be written ({error.strerror}); what stood there stays"
            raise InputError(msg) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close it, and keep the file."""
        with suppress(OSError):
            self._file.close()

    def remove(self) -> None:
        """Close it and remove the file, once the dataset is written."""
        with suppress(OSError):
            self.path.unlink()
        self.close()

    def _begin(self, identity: Mapping[str, str], anew: bool) -> None:
        with self.path.open("rb") as file:
            head = file.readline(_HEAD)
            if self._is_ours(head, identity, anew):
                self._read(file)
                return
        self._write_head(identity)

    def _is_ours(self, head: bytes, identity: Mapping[str, str], anew: bool) -> bool:
        """Return whether members of this sweep follow; raise `InputError` where others do."""
        if not head.endswith(b"\n"):
            self._require_cut(head)
            return False
        found = self._read_head(head)
        differing = [name for name in identity if found.get(name) != identity[name]]
        if differing and not anew:
            told = " and ".join(_told(name, found.get(name), identity[name]) for name in differing)
            msg = (
                f"{self.path}: holds members of another sweep ({told}); give another --out, or "
                "--force to give them up"
            )
            raise InputError(msg)
        return not differing

    def _require_cut(self, start: bytes) -> None:
        """Raise `InputError` unless the file is empty or the first writing of a journal, cut."""
        expected = f'{{"kind": "{_KIND}"'.encode()
        if not expected.startswith(start[: len(expected)]):
            raise self._refused("is no journal of a sweep")

    def _read_head(self, head: bytes) -> dict[str, Any]:
        with suppress(ValueError, RecursionError):
            found = json.loads(head)
            if isinstance(found, dict) and found.get("kind") == _KIND:
                return found
        raise self._refused("is no journal of a sweep")

    def _write_head(self, identity: Mapping[str, str]) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._waiting = [json.dumps({"kind": _KIND, **identity}) + "\n"]
        self.flush()

    def _read(self, file: IO[bytes]) -> None:
        """Read the members that stand whole, and cut off what does not."""
        longest = longest_line(self._layout)
        end = file.tell()
        while True:
            line = file.readline(longest + 1)
            if not line.endswith(b"\n"):
                if len(line) > longest:
                    raise self._damaged()
                break
            member = member_of(line, self._layout, self._members)
            if member is None:
                raise self._damaged()
            self.ended.add([member])
            end = file.tell()
        self.written = self.ended.ended
        self._file.seek(end)
        self._file.truncate()

    def _damaged(self) -> InputError:
        return self._refused(f"is damaged after {self.ended.ended} members")

    def _refused(self, reason: str) -> InputError:
        msg = f"{self.path}: {reason}; remove it to begin the sweep anew, or give another --out"
        return InputError(msg)


def _told(name: str, found: Any, wanted: str) -> str:
    if name in ("study", "axes", "outcomes", "results"):
        return f"other {name}"
    return f"{name} {str(found)[:40]}, here {wanted}"


def _lock(file: IO[bytes], path: Path) -> None:
    """Hold the file for this process alone, where the system has such locks."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        msg = f"{path}: another process is at this sweep"
        raise InputError(msg) from None
