"""A command in a child of its own, forked after the imports, with bounds on all that it may do."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 20.0
MEMORY = 1_000_000_000
# A long run that makes progress stops within this time when it is asked to; a hang does not.
GRACE = 10.0
_WRITES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
_WRITES |= {"os.chmod", "os.chown", "os.utime", "shutil.rmtree", "os.mkfifo", "os.mknod"}
_NEVER = {"os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "subprocess.Popen"}
_NEVER |= {"socket.connect", "socket.bind", "urllib.Request", "pty.spawn"}

_PACKAGE = re.escape(str(Path(__file__).parents[2]))
_CODE = re.compile(rf"{_PACKAGE}/.*/__pycache__(/[^/]*\.nb[ci].*)?")


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a child ended: exit status (minus the signal), what it printed, seconds, peak bytes."""

    status: int
    out: str
    err: str
    seconds: float
    memory: int
    interrupted: bool

    def faults(self) -> list[str]:
        """Return what must not happen, in words."""
        found = []
        if "Traceback (most recent call last)" in self.err:
            found.append("traceback")
        if self.status not in (0, 1, 2):
            found.append(f"status {self.status}")
        if self.interrupted and self.status != 1:
            found.append("hang")
        if self.status == 2 and self.out == "" and self.err.count("\n") != 1:
            found.append("an error of more than one line")
        return found


def bounded(
    command: Callable[[Sequence[str]], int], arguments: Sequence[str], folder: Path
) -> Ending:
    """Run `command` in a child in `folder`, which may write to ``folder / "out"`` alone."""
    out, err = folder / "stdout", folder / "stderr"
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(_in_child(command, arguments, folder, out, err))
    status, usage, interrupted = _waited(child, begun)
    return Ending(
        status=os.waitstatus_to_exitcode(status),
        out=out.read_text(errors="replace"),
        err=err.read_text(errors="replace"),
        seconds=time.monotonic() - begun,
        memory=usage.ru_maxrss * 1024,
        interrupted=interrupted,
    )


def _waited(child: int, begun: float) -> tuple[int, Any, bool]:
    """Wait for the child; ask it to stop after `SECONDS`, and end it after `GRACE` more."""
    asked = ended = False
    while True:
        found, status, usage = os.wait4(child, os.WNOHANG)
        if found:
            return status, usage, asked
        passed = time.monotonic() - begun
        if passed > SECONDS and not asked:
            asked = True
            os.kill(child, signal.SIGINT)
        if passed > SECONDS + GRACE and not ended:
            ended = True
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)


def _in_child(
    command: Callable[[Sequence[str]], int],
    arguments: Sequence[str],
    folder: Path,
    out: Path,
    err: Path,
) -> int:
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdin.close()
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115, lasts as long as the child
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.chdir(folder)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_Guard(folder))
    try:
        status = command(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 3
    except BaseException:
        traceback.print_exc()
        status = 3
    sys.stdout.flush()
    sys.stderr.flush()
    return status


class _Guard:
    """Ends the child when it writes outside its own folder, or starts something.

    What numba keeps beside the package's files is the same for every input.
    """

    def __init__(self, folder: Path) -> None:
        own = [folder / "out", os.environ["CARTFLOW_CACHE"], os.environ["TMPDIR"], "/dev/null"]
        self.allowed = tuple(os.path.realpath(place) for place in own)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NEVER:
            self._end(event, arguments)
        if event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
            mode, flags = arguments[1], arguments[2] or 0
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writes or (isinstance(mode, str) and set(mode) & set("wax+")):
                self._require_own(event, arguments[0])
        elif event in _WRITES:
            self._require_own(event, arguments[0])

    def _require_own(self, event: str, path: Any) -> None:
        if isinstance(path, int):
            return
        place = os.path.realpath(os.fsdecode(path))
        if _CODE.fullmatch(place):
            return
        if not place.startswith(self.allowed):
            self._end(event, (path,))

    def _end(self, event: str, arguments: tuple[Any, ...]) -> None:
        os.write(2, f"forbidden: {event} {arguments!r}\n".encode(errors="replace"))
        os._exit(77)
