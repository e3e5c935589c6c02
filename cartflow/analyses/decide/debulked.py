"""Debulking before infusion: who would be well if a part of the tumour were taken out before."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.bedside.runs import Seen, Watch, run_all
from cartflow.analyses.decide.cohort import Cohort
from cartflow.analyses.decide.worth import Worth
from cartflow.core.outcome import InputError

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Debulked:
    """Whether each member is well (members, fractions) with a fraction of its tumour removed.

    `least` (members,) is the least fraction with which it is well: 0 if it needs none, inf if
    none of those looked at is enough. More may be worse again.
    """

    removed: Array
    well: Array
    least: Array


def debulked(
    cohort: Cohort,
    species: str,
    removed: Array,
    success: Worth,
    times: Array,
    threads: int,
    watch: Watch | None = None,
) -> Debulked:
    """Return what comes of removing fractions of the start of `species`. Raises `InputError`."""
    key = f"initial.{species}"
    numbers, values, place = _with_start(cohort, key)
    runner = cohort.source.runner({}, numbers, times)
    seen = [Seen(quantity=success.event.quantity, factor=success.event.factor)]
    found = np.empty((len(values), len(removed)))
    for k, fraction in enumerate(removed):
        moved = values.copy()
        moved[:, place] *= 1.0 - fraction
        courses = run_all(runner, moved, seen, len(times), threads, watch)
        found[:, k] = success.happened(times, courses[:, 0])
    kept = found[np.isfinite(found).all(axis=1)]
    return Debulked(removed=removed, well=kept > 0.5, least=_least(removed, kept > 0.5))


def _least(removed: Array, well: Array) -> Array:
    """Return at which fraction each member is well first."""
    return np.where(well.any(axis=1), removed[np.argmax(well, axis=1)], np.inf)


def _with_start(cohort: Cohort, key: str) -> tuple[list[Number], Array, int]:
    keys = cohort.prior.keys
    if key in keys:
        place = keys.index(key)
        number = cohort.numbers[place]
        low = min(number.low, 1e-6 * number.high)
        numbers = [*cohort.numbers]
        numbers[place] = replace(number, low=low)
        return numbers, cohort.values, place
    stated = cohort.source.stated(key, "")
    if stated is None or not stated.value > 0:
        msg = f"--debulk {key.partition('.')[2]}: '{cohort.source.name}' has no such start above 0"
        raise InputError(msg)
    number = Number(key=key, unit=stated.unit, low=1e-6 * stated.value, high=stated.value)
    column = np.full((len(cohort.values), 1), stated.value)
    return [*cohort.numbers, number], np.hstack([cohort.values, column]), len(keys)
