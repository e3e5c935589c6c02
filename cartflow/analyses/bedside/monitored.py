"""What is known of a patient before and after its values: courses with bands, chances of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.bedside.estimates import chance, quantiles
from cartflow.analyses.bedside.events import Event
from cartflow.analyses.bedside.patient import Patient
from cartflow.analyses.bedside.posterior import Posterior

Array = np.ndarray
BAND = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """What draws say: `bands` (3, seen, times), and of each event the chance and its error.

    `by` (events, times) is the chance that it has happened until then, `now` that it is so then;
    `when` (events, 3) are the 5th, 50th and 95th percentile of when, among those to whom it
    happens.
    """

    bands: Array
    by: Array
    by_error: Array
    now: Array
    when: Array


def known(
    patient: Patient, found: Posterior, events: Sequence[Event], days: Array
) -> tuple[Known, Known]:
    """Return what is known on `days` before and after the patient's values."""
    here = np.searchsorted(patient.times, days)
    courses = found.courses
    even = np.full(found.before, 1.0 / found.before)
    return (
        _known(patient, courses[: found.before], even, events, here),
        _known(patient, courses, found.weights, events, here),
    )


def _known(
    patient: Patient, courses: Array, weights: Array, events: Sequence[Event], here: Array
) -> Known:
    well = np.isfinite(courses[:, 0, 0])
    courses, weights = courses[well], weights[well] / weights[well].sum()
    first = courses.shape[1] - len(events)
    size = (len(events), len(here))
    by, errors, now = np.zeros(size), np.zeros(size), np.zeros(size)
    when = np.full((len(events), 3), np.nan)
    days = patient.times
    for k, event in enumerate(events):
        course = courses[:, first + k]
        times = event.times(days, course)
        by[k], errors[k] = chance(times[:, None] <= days[here], weights)
        now[k] = chance(event.now(course[:, here]), weights)[0]
        happens = np.isfinite(times)
        if happens.any():
            when[k] = quantiles(times[happens], weights[happens], BAND)
    bands = quantiles(courses[:, :, here], weights, BAND)
    return Known(bands=bands, by=by, by_error=errors, now=now, when=when)
