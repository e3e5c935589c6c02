"""How things end: the errors cartflow raises, and the outcome a run records."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, cast, get_args


class CartflowError(Exception):
    """Base of every error that cartflow raises on purpose."""


class InputError(CartflowError):
    """Bad input: one line that names the file, the key, the value got and what is allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))


@contextmanager
def named(where: object) -> Iterator[None]:
    """Put `where` before the message of any `InputError` raised within."""
    try:
        yield
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None


class StepFailed(CartflowError):
    """A step could not be taken: names the field and, once known, the time in days."""

    def __init__(self, field: str, reason: str, time: float | None = None) -> None:
        self.field = field
        self.reason = reason
        self.time = time
        at = "" if time is None else f" at t = {time:.6g} day"
        super().__init__(f"{field}: {reason}{at}")


class RunStopped(CartflowError):
    """A run ended before its end time; what was saved until then is kept."""


Status = Literal["finished", "stopped", "interrupted", "running"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended: ``finished``, ``stopped`` (bad numbers) or ``interrupted`` (by the user
    or the system).

    ``running`` stands in the file of a run that was killed after its last writing.
    """

    status: Status
    message: str = ""

    @classmethod
    def from_text(cls, text: str) -> Outcome:
        """Return the outcome that `str` wrote. Raises `InputError` if there is none such."""
        status, _, message = text.partition(": ")
        if status not in get_args(Status):
            msg = f"outcome: '{status}'; {suggest(status, get_args(Status))}"
            raise InputError(msg)
        return cls(status=cast("Status", status), message=message)

    def __str__(self) -> str:
        return self.status if not self.message else f"{self.status}: {self.message}"


def interrupted(interrupt: KeyboardInterrupt, time: float) -> Outcome:
    """Return the outcome of a run that the user ended at `time`, or who `interrupt` says did."""
    message = f"{str(interrupt) or 'by the user'} at t = {time:.6g} day"
    return Outcome(status="interrupted", message=message)


def _one_line(message: str, longest: int = 1000) -> str:
    """Return `message` in one line without control characters, cut in its middle if too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    if len(line) <= longest:
        return line
    return f"{line[: longest // 2]} ... {line[-longest // 4 :]}"


_LONG = 400  # letters, some five lines of a terminal


def suggest(name: object, allowed: Iterable[str]) -> str:
    """Return the sentence that lists the allowed names and, if one is near, says which.

    The near one comes first where the list is long.
    """
    names = sorted(allowed)
    listed, near = ", ".join(names) or "(none)", nearest(str(name), names)
    if near and len(listed) > _LONG:
        return f"{near.removeprefix('; ')} allowed: {listed}"
    return f"allowed: {listed}{near}"


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return the question whether the allowed name nearest to `name` was meant, or nothing."""
    near = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def require_known(name: object, allowed: Iterable[str], what: str) -> None:
    """Raise `InputError` if `name` is not one of `allowed`."""
    names = list(allowed)
    if name not in names:
        msg = f"{what}: unknown name '{name}'; {suggest(name, names)}"
        raise InputError(msg)
