"""How many cases of the SBML test suite are right, wrong, crashed or refused, level by level."""

from __future__ import annotations

import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Literal

from cartflow.core.outcome import CartflowError, InputError
from cartflow.kinetics.sbml.reading import read_foreign
from cartflow.validation.sbml.suite_case import agrees, computed, is_time_course, read_case

Kind = Literal["right", "wrong", "crashed", "refused"]
KINDS: tuple[Kind, ...] = ("right", "wrong", "crashed", "refused")
# Files that contradict the results beside them, and why.
LEFT_OUT = {"01399-sbml-l2v5": "it is not fast, as the results and its other levels are"}
LEVELS = ("l1v2", "l2v1", "l2v2", "l2v3", "l2v4", "l2v5", "l3v1", "l3v2")


@dataclass(kw_only=True)
class Count:
    """The cases of one level by kind, and why those that are not right are not."""

    cases: dict[Kind, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    reasons: dict[str, list[str]] = field(default_factory=dict)

    def add(self, case: str, kind: Kind, reason: str) -> None:
        """Count one case."""
        self.cases[kind].append(case)
        if kind != "right":
            self.reasons.setdefault(f"{kind}: {reason}", []).append(case)

    def numbers(self) -> dict[Kind, int]:
        """Return how many cases there are of each kind."""
        return {kind: len(found) for kind, found in self.cases.items()}


def count(folder: Path, level: str, seconds: float = 600.0) -> Count:
    """Return the count of the time courses in `folder` that have a file of `level`."""
    result = Count()
    for path in sorted(folder.glob(f"*/*-sbml-{level}.xml")):
        if is_time_course(path.parent) and path.stem not in LEFT_OUT:
            kind, reason = judged(path, seconds)
            result.add(path.parent.name, kind, reason)
    return result


def judged(path: Path, seconds: float = 600.0) -> tuple[Kind, str]:
    """Return what became of one file of a case, and why."""
    case = read_case(path.parent)
    try:
        with _at_most(seconds):
            found = computed(case, read_foreign(path))
    except InputError as error:
        return "refused", grouped(str(error), path)
    except CartflowError as error:
        return "refused", f"stopped: {grouped(str(error), path)}"
    except Exception as error:  # what is no error of ours is what is looked for
        return "crashed", f"{type(error).__name__}: {error}"[:100]
    return ("right", "") if agrees(case, found) else ("wrong", "numbers")


def grouped(message: str, path: Path) -> str:
    """Return a message without the names and numbers that differ from case to case."""
    text = message.replace(f"{path}: ", "")
    text = re.sub(
        r"^(species|reaction|event|rule for|initial assignment of) [^:]*: ", r"\1: ", text
    )
    text = re.sub(r"'[^']*'", lambda m: m[0] if m[0] in _TELLING else "'...'", text)
    return re.sub(r"\d+(\.\d+)?(e[-+]?\d+)?", "N", text)[:110]


_TELLING = {f"'{word}'" for word in ("delay", "fast", "factorial", "piecewise", "otherwise")}


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        msg = f"longer than {seconds:g} s"
        raise TimeoutError(msg)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def lines(counts: dict[str, Count]) -> list[str]:
    """Return the table of numbers by level, and the reasons of each level, most frequent first."""
    rows = ["level     right    wrong  crashed  refused    of"]
    for level, found in counts.items():
        numbers = found.numbers()
        row = "".join(f"{numbers[kind]:9d}" for kind in KINDS)
        rows.append(f"{level:6}{row}{sum(numbers.values()):6d}")
    for level, found in counts.items():
        sizes = Counter({reason: len(cases) for reason, cases in found.reasons.items()})
        rows += ["", level]
        for reason, number in sizes.most_common():
            rows.append(f"{number:6d}  {reason} ({', '.join(found.reasons[reason][:3])})")
        rows += [f"left out: {n}: {why}" for n, why in LEFT_OUT.items() if n.endswith(level)]
    return rows
