"""When cells are given to the body and when its state is kept, as segments of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.core.outcome import InputError, require_known
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.organs.kinetics import OrganKinetics

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """Segments of time: `ends` (days), whether the state there is `kept`, `given`, `supplied`.

    At the beginning of each segment come the cells `given` (segments, size), all through it
    those `supplied` (segments, size) per day, which grows by `rising` (segments, size) every
    day. Of the times asked for, the first is the start.
    """

    times: Array
    ends: Array
    kept: NDArray[np.int64]
    given: Array
    supplied: Array
    rising: Array

    def infused(self) -> Array:
        """Return all that has been given by each of `times`, shape (times, size)."""
        lengths = np.diff(self.ends, prepend=0.0)
        means = self.supplied + 0.5 * self.rising * lengths[:, None]
        total = np.cumsum(self.given + means * lengths[:, None], axis=0)
        result: Array = np.concatenate([self.given[:1], total[self.kept == 1]])
        return result


def plan(kinetics: OrganKinetics, doses: Sequence[Dose], times: ArrayLike) -> Plan:
    """Return the segments between `times` and the doses' beginnings and ends.

    A bolus at one of `times` but the first comes after it; see `given_at`. Raises `InputError`
    on times that do not rise, and on doses before them or of what does not travel.
    """
    when = np.asarray(times, dtype=float)
    rising = when.ndim == 1 and when.size >= 2 and bool((np.diff(when) > 0).all())
    if not (rising and np.isfinite(when).all()):
        raise InputError("times: at least two finite numbers of days, rising, are needed")
    for dose in doses:
        require_known(dose.phenotype, kinetics.phenotypes, "dose: phenotype")
        if dose.time < when[0]:
            msg = f"dose: time {dose.time:g} day is before the first time, {when[0]:g} day"
            raise InputError(msg)
    events = [t for dose in doses for t in (dose.time, dose.end) if when[0] < t < when[-1]]
    edges = np.unique(np.concatenate([when, events]))
    given = np.zeros((len(edges) - 1, kinetics.size))
    supplied = np.zeros_like(given)
    for dose in doses:
        cells = kinetics.travelling(given if dose.bolus else supplied)
        entry = kinetics.organs.entry(dose.route) * (dose.cells if dose.bolus else dose.rate)
        phenotype = kinetics.phenotypes.index(dose.phenotype)
        for segment, (first, last) in enumerate(pairwise(edges)):
            now = dose.time == first if dose.bolus else dose.time <= first and last <= dose.end
            if now:
                cells[segment, phenotype] += entry
    return Plan(
        times=when,
        ends=edges[1:] - when[0],
        kept=np.isin(edges[1:], when).astype(np.int64),
        given=given,
        supplied=supplied,
        rising=np.zeros_like(supplied),
    )


def given_at(kinetics: OrganKinetics, doses: Sequence[Dose], times: Array) -> Array:
    """Return what boluses give at each of `times` after the first, shape (times, size).

    A dose at a time asked for stands in the state of that time.
    """
    given = np.zeros((times.size, kinetics.size))
    for dose in doses:
        if dose.bolus and dose.time > times[0]:
            entry = kinetics.organs.entry(dose.route) * dose.cells
            phenotype = kinetics.phenotypes.index(dose.phenotype)
            kinetics.travelling(given)[times == dose.time, phenotype] += entry
    return given
