"""What an outcome is worth: weights of what happens, as ``1 if tumour below 10``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.bedside.events import Event, Kind, read_events
from cartflow.core import arguments
from cartflow.core.outcome import InputError

Array = np.ndarray
FORM = "WEIGHT if QUANTITY below|above|relapse VALUE UNIT, and if wanted 'at the end'"
_LATE = re.compile(r"(.*)\s+at the end\s*")
_WORTH = re.compile(r"\s*([-+0-9.eE]+)\s+if\s+(.+?)\s+(below|above|relapse)\s+(.+?)\s*")


@dataclass(frozen=True, kw_only=True, eq=False)
class Worth:
    """A `weight` that counts where `event` happens, or, if `late`, where it is so at the end."""

    weight: float
    event: Event
    late: bool

    @property
    def name(self) -> str:
        """What counts, in words."""
        if not self.late:
            return self.event.name
        verb = "is below" if self.event.kind == "below" else "is at or above"
        return f"{self.event.quantity.name} {verb} {self.event.limit} at the end"

    def happened(self, days: Array, courses: Array) -> Array:
        """Return whether it counts on each course (n, times): 0 or 1, nan for a failed run."""
        if self.late:
            came = self.event.now(courses[:, -1:])[:, 0].astype(float)
            return np.where(np.isfinite(courses).all(axis=1), came, np.nan)
        times = self.event.times(days, courses)
        return np.where(np.isnan(times), np.nan, np.isfinite(times).astype(float))


def read_worths(
    texts: Sequence[str], units: Mapping[str, str], observables: Mapping[str, str], what: str
) -> list[Worth]:
    """Return what texts say that outcomes are worth. Raises `InputError` naming the text."""
    return [_read(text, units, observables, what) for text in arguments.names(texts, what)]


def _read(text: str, units: Mapping[str, str], observables: Mapping[str, str], what: str) -> Worth:
    late = _LATE.fullmatch(text[:300])
    match = _WORTH.fullmatch(late[1] if late else text[:300])
    weight = math.nan
    if match:
        try:
            weight = float(match[1])
        except ValueError:
            weight = math.nan
    if match is None or not (math.isfinite(weight) and weight != 0):
        msg = f"--{what} {text[:80]}: written is {FORM}"
        raise InputError(msg)
    kind: Kind = {"below": "below", "above": "above", "relapse": "relapse"}[match[3]]  # type: ignore[assignment]
    try:
        event = read_events(kind, [f"{match[2]}={match[4]}"], units, observables)[0]
    except InputError as error:
        msg = f"--{what} {text[:80]}: {error}"
        raise InputError(msg) from None
    return Worth(weight=weight, event=event, late=late is not None)


def utility(worths: Sequence[Worth], days: Array, courses: Array) -> Array:
    """Return the utility (n,) of courses (n, worths, times); nan for a failed run."""
    parts = [w.weight * w.happened(days, courses[:, k]) for k, w in enumerate(worths)]
    return np.sum(parts, axis=0)
