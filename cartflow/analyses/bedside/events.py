"""What may happen to a patient: a quantity falls below a threshold, rises above, or comes back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cartflow.analyses.fit.observables import Observable, read_observables, require_names
from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit
from cartflow.core.units.quantities import split
from cartflow.kinetics.expressions.dimensions import dimension_of, unit_text

Array = np.ndarray
Kind = Literal["below", "above", "relapse"]
FORM = "QUANTITY=VALUE UNIT"
_VERBS = {"below": "falls below", "above": "is above", "relapse": "comes back to"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Event:
    """A quantity, an expression of what is simulated, that crosses a `threshold` in its `unit`.

    ``below``: it falls below, having been at or above; ``above``: it is at or above for the first
    time; ``relapse``: it comes to be at or above, having been below.
    """

    kind: Kind
    quantity: Observable
    threshold: float
    unit: str
    factor: float

    @property
    def name(self) -> str:
        """The event in words."""
        return f"{self.quantity.name} {_VERBS[self.kind]} {self.limit}"

    @property
    def limit(self) -> str:
        """The threshold with its unit."""
        return f"{self.threshold:g}" + ("" if self.unit == "1" else f" {self.unit}")

    def times(self, days: Array, courses: Array) -> Array:
        """Return when it happens on each course (n, times), inf where it does not.

        Between two days the crossing is on the line between them. nan courses give nan.
        """
        high = courses >= self.threshold
        came = high if self.kind != "below" else ~high
        if self.kind != "above":
            before = np.logical_or.accumulate(~came, axis=1)
            came = came & np.concatenate([np.zeros((len(high), 1), bool), before[:, :-1]], axis=1)
        place = np.argmax(came, axis=1)
        found = np.where(came.any(axis=1), self._crossing(days, courses, place), np.inf)
        return np.where(np.isfinite(courses).all(axis=1), found, np.nan)

    def _crossing(self, days: Array, courses: Array, place: Array) -> Array:
        rows, before = np.arange(len(courses)), np.maximum(place - 1, 0)
        one, two = courses[rows, before], courses[rows, place]
        with np.errstate(all="ignore"):
            share = np.where(two != one, (self.threshold - one) / (two - one), 1.0)
        share = np.clip(np.nan_to_num(share, nan=1.0), 0.0, 1.0)
        return days[before] + share * (days[place] - days[before])

    def now(self, courses: Array) -> Array:
        """Return whether it is so at each time: below for ``below``, at or above for others."""
        high = courses >= self.threshold
        return ~high if self.kind == "below" else high


def read_events(
    kind: Kind,
    texts: Sequence[str],
    units: Mapping[str, str],
    observables: Mapping[str, str],
) -> list[Event]:
    """Return the events that texts ``QUANTITY=VALUE UNIT`` state. Raises `InputError`."""
    return [_event(kind, text, units, observables) for text in texts]


def _event(
    kind: Kind, text: str, units: Mapping[str, str], observables: Mapping[str, str]
) -> Event:
    where = f"--{kind} {text[:80]}"
    name, equals, value = (part.strip() for part in text.rpartition("="))
    if not equals or not name:
        msg = f"{where}: written is {FORM}, such as --{kind} 'cart=1 cell/uL'"
        raise InputError(msg)
    try:
        threshold, unit = split(value)
        own = {name: observables[name]} if name in observables else {}
        quantity = read_observables(own, [name])[name]
        dimension = require_names(quantity, units, {})
        if dimension_of(unit) != dimension:
            msg = f"is in '{unit}', and the quantity has the unit {unit_text(dimension)}"
            raise InputError(msg)
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None
    if not (math.isfinite(threshold) and threshold > 0):
        msg = f"{where}: the threshold must be above 0"
        raise InputError(msg)
    return Event(
        kind=kind,
        quantity=quantity,
        threshold=threshold,
        unit=unit,
        factor=to_internal(f"1 {unit}", internal_unit(unit)),
    )
