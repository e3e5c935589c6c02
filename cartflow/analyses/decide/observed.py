"""First counts of virtual patients, on which an adaptive dose rests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.errors import ErrorModel, read_error
from cartflow.analyses.fit.observables import Observable, read_observables, require_names
from cartflow.analyses.fit.scatter import Data
from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal

Array = np.ndarray
FORM = "NAME at DAY, DAY, ..., such as 'cart at 3, 7, 10 days'"
_OBSERVE = re.compile(r"\s*(.+?)\s+at\s+([-+0-9.eE,\s]+?)\s*([A-Za-z]+)\s*")
_KINDS = ("lognormal", "proportional")
_MOST = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """An observable that is counted at `times` (days) and scatters by an `error` without unit."""

    observable: Observable
    times: Array
    error: ErrorModel

    @property
    def numbers(self) -> Array:
        """The numbers of the error model."""
        return np.array(list(self.error.numbers.values()), dtype=float)

    def drawn(self, truth: Array, random: np.random.Generator) -> Array:
        """Return counts about the truth (n, times)."""
        away = self.numbers[0] * random.standard_normal(truth.shape)
        return truth * np.exp(away) if self.error.kind == "lognormal" else truth * (1.0 + away)

    def logs(self, counts: Array, courses: Array) -> Array:
        """Return ln L of counts (times,) for each of many courses (m, times)."""
        flat = np.tile(counts, len(courses))
        none = np.full(len(flat), np.nan)
        data = Data(flat, none, none, np.zeros(len(flat), dtype=bool))
        with np.errstate(all="ignore"):
            loss = self.error.scatter(data, courses.ravel(), self.numbers).loss
        found = -loss.reshape(courses.shape).sum(axis=1)
        return np.where(np.isnan(found), -np.inf, found)


def read_observed(
    text: str, error: str, units: Mapping[str, str], observables: Mapping[str, str]
) -> Observed:
    """Return what is counted and when. Raises `InputError`."""
    where = f"--observe {text[:80]}"
    match = _OBSERVE.fullmatch(text[:400])
    if match is None:
        msg = f"{where}: written is {FORM}"
        raise InputError(msg)
    name = match[1]
    try:
        days = [to_internal(f"{t.strip()} {match[3]}", "day") for t in match[2].split(",")]
        own = {name: observables[name]} if name in observables else {}
        observable = read_observables(own, [name])[name]
        require_names(observable, units, {})
    except InputError as problem:
        msg = f"{where}: {problem}"
        raise InputError(msg) from None
    times = np.array(days)
    if len(times) > _MOST or times[0] <= 0 or np.any(np.diff(times) <= 0):
        msg = f"{where}: times must rise from above 0, and be at most {_MOST}"
        raise InputError(msg)
    model = read_error(error, "--error")
    if model.kind not in _KINDS or model.estimated:
        msg = f"--error {error[:60]}: known here are 'lognormal SD' and 'proportional CV'"
        raise InputError(msg)
    return Observed(observable=observable, times=times, error=model)
