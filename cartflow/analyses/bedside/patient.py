"""One patient: what was measured, the run that is held against it, and the run that goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.bedside.events import Event
from cartflow.analyses.bedside.fitted import in_unit
from cartflow.analyses.bedside.prior import Prior
from cartflow.analyses.bedside.runs import Seen
from cartflow.analyses.fit.build import problem_of
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.mixed.individual import individuals
from cartflow.analyses.fit.parameters import values_of
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.sources.source import Runner, Source
from cartflow.analyses.fit.subjects import Choices
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.outcome import InputError, suggest
from cartflow.core.units.conversion import to_internal

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Patient:
    """A patient of a table: `problem` ends with the last value, `runner` goes on over `times`.

    `seen` are what is measured of any patient, then the quantities of events; `typical` are the
    typical inner values of one with these covariates, `errors` how values scatter.
    """

    name: str
    problem: Problem
    runner: Runner
    times: Array
    seen: Sequence[Seen]
    typical: Array
    errors: Mapping[str, str]

    def values(self, inner: Array) -> Array:
        """Return the values of all numbers, themselves, from inner ones (runs, numbers)."""
        return np.array([values_of(self.problem.parameters, row) for row in inner])

    def inner(self, effects: Array, places: Array) -> Array:
        """Return the inner values with effects (runs, differ) on the numbers at `places`."""
        found = np.tile(self.typical, (len(effects), 1))
        found[:, places] += effects
        return found

    def losses(self, courses: Array) -> Array:
        """Return -ln L of courses (runs, seen, times); infinite where a run failed."""
        found = np.zeros(len(courses))
        data = self.problem.measurements.time
        places = [each.quantity.name for each in self.seen]
        for each in self.problem.measured:
            k = places.index(each.observable.name)
            here = np.searchsorted(self.times, data[each.entries])
            numbers = each.numbers(np.empty(0))
            for place, course in enumerate(courses[:, k][:, here]):
                found[place] += _loss(each, course, numbers)
        return found


def _loss(each: Measured, predicted: Array, numbers: Array) -> float:
    if not np.isfinite(predicted).all():
        return np.inf
    with np.errstate(all="ignore"):
        loss = float(each.error.scatter(each.data, predicted, numbers).loss.sum())
    return np.inf if np.isnan(loss) else loss


def patients_of(
    data: Measurements,
    source: Source,
    prior: Prior,
    choices: Choices,
    events: Sequence[Event],
    days: Array,
) -> list[Patient]:
    """Return the patients of a table, run over `days` and the times of their values.

    Raises `InputError` naming what does not fit together.
    """
    complete = _with_errors(data, prior, choices)
    problem = problem_of(data, source, [s.wanted for s in prior.spreads], complete)
    loose = [p.key for p in problem.parameters if p.kind == "error"]
    if loose:
        msg = f"observable '{loose[0]}': how its values scatter is not known of one patient; give "
        raise InputError(msg + f"--error '{loose[0]}=lognormal 0.3', with its numbers")
    free = [p.key for p in problem.parameters if p.kind == "observed"]
    if free:
        msg = f"{free[0]}: stands in an observable alone; numbers of the model are known here"
        raise InputError(msg)
    typical = prior.typical(data)
    found = []
    for place, one in enumerate(individuals(problem)):
        name = one.subjects[0].name
        times = np.union1d(days, one.subjects[0].times)
        own = source.dosed(data, name, complete.dose_into)
        numbers = [
            Number(key=p.key, unit=p.unit, low=p.low, high=p.high) for p in problem.parameters
        ]
        seen = [Seen(quantity=m.observable, factor=m.factor) for m in problem.measured]
        seen += [Seen(quantity=e.quantity, factor=e.factor) for e in events]
        patient = Patient(
            name=name,
            problem=one,
            runner=own.runner(dict(one.subjects[0].settings), numbers, times),
            times=times,
            seen=seen,
            typical=typical[place],
            errors=complete.errors,
        )
        found.append(patient)
    return found


def _with_errors(data: Measurements, prior: Prior, choices: Choices) -> Choices:
    """Return the choices with error models: what is asked for, before what a fit has found."""
    errors = dict(choices.errors)
    for name in data.observables:
        if name in errors or name not in prior.errors:
            continue
        text, unit = prior.errors[name]
        errors[name] = _converted(text, unit, data.units_of(name)[0]) if unit else text
    for name in errors:
        if name not in data.observables:
            msg = f"{data.source}: has no observable '{name}'; {suggest(name, data.observables)}"
            raise InputError(msg)
    given: Mapping[str, str] = {**prior.observables, **choices.observables}
    return Choices(
        observables={n: text for n, text in given.items() if n in data.observables},
        errors=errors,
        dose_into=choices.dose_into or prior.dose_into,
    )


def _converted(text: str, unit: str, other: str) -> str:
    factor = to_internal(f"1 {unit}", unit) / to_internal(f"1 {other}", unit)
    return in_unit(text, unit, factor)
