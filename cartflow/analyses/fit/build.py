"""From a table, a source and what is to be varied to the problem that is solved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cartflow.analyses.fit.errors import (
    PLAIN,
    SHARED,
    ErrorModel,
    read_error,
    require_values,
)
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.observables import Observable, read_observables, require_names
from cartflow.analyses.fit.parameters import Parameter, Wanted, ranged
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.scaling import require_linear
from cartflow.analyses.fit.scatter import Data
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.subjects import Choices, subjects_of
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.outcome import InputError, named, require_known, suggest
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import fits, internal_unit
from cartflow.kinetics.expressions.dimensions import dimension_of, unit_text

Array = np.ndarray
# How far an estimated size of errors may lie from what the values themselves span.
_SMALLEST, _LARGEST = 1e-6, 1e2


def problem_of(
    data: Measurements, source: Source, wanted: Sequence[Wanted], choices: Choices
) -> Problem:
    """Return the problem. Raises `InputError` naming what does not fit together."""
    for what in (choices.errors, choices.scaled, choices.shifted):
        for name in what:
            require_known(name, data.observables, f"{data.source}: observable")
    observables = {
        name: replace(each, scaled=name in choices.scaled, shifted=name in choices.shifted)
        for name, each in read_observables(choices.observables, data.observables).items()
    }
    numbers = _numbers(data, source, wanted, observables, choices)
    whole = [_measured(data, observables[n], source, numbers, choices) for n in observables]
    measured = [part for each in whole for part in _by_subject(each, data, choices.each)]
    _require_own(choices.each, wanted, whole)
    parameters = [*numbers]
    for place, each in enumerate(measured):
        places = []
        for one in _error_parameters(each, choices.each):
            if one.name not in [p.name for p in parameters]:
                parameters.append(one)
            places.append([p.name for p in parameters].index(one.name))
        measured[place] = replace(each, errors=tuple(places))
    if not parameters:
        raise InputError("fit: nothing is varied; give --vary KEY=[LOW, HIGH] UNIT")
    for each in measured:
        require_linear(each)
    subjects, measured = subjects_of(data, source, parameters, measured, choices)
    priors = [_prior(p) if choices.priors else None for p in parameters]
    problem = Problem(
        measurements=data,
        subjects=subjects,
        measured=measured,
        parameters=parameters,
        priors=priors,
    )
    if data.size - int(data.censored.sum()) < 1:
        msg = f"{data.source}: has no value that is quantified"
        raise InputError(msg)
    return problem


def _numbers(
    data: Measurements,
    source: Source,
    wanted: Sequence[Wanted],
    observables: Mapping[str, Observable],
    choices: Choices,
) -> list[Parameter]:
    observed = {name for each in observables.values() for name in each.names}
    found: list[Parameter] = []
    for each in wanted:
        stated = source.stated(each.key, each.unit)
        if stated is None and (each.key not in observed or each.key in source.units):
            msg = f"--vary {each.key}: '{source.name}' has no such number, nor does an observable "
            known = [*source.keys(), *(observed - source.units.keys())]
            raise InputError(msg + f"name it; {suggest(each.key, known)}")
        if stated is None:
            low, high, logarithmic = ranged(each, each.unit or "1", 0.0, None)
            value, unit = (low * high) ** 0.5 if logarithmic else 0.5 * (low + high), each.unit
        else:
            low, high, logarithmic = ranged(each, stated.unit, stated.value, stated.bounds)
            value, unit = stated.value, stated.unit
        one = Parameter(
            name=each.key,
            key=each.key,
            kind="observed" if stated is None else "number",
            unit=unit or "1",
            low=low,
            high=high,
            logarithmic=logarithmic,
            stated=value,
        )
        if each.key not in choices.each:
            found.append(one)
            continue
        if stated is None or len(data.subjects) < 2:
            why = "there is one subject" if stated is not None else "it stands in observables alone"
            msg = f"--each {each.key}: cannot differ between subjects: {why}"
            raise InputError(msg)
        found += [replace(one, name=f"{each.key} of {s}", subject=s) for s in data.subjects]
    return found


def _by_subject(each: Measured, data: Measurements, own: Sequence[str]) -> list[Measured]:
    """Return it, or a part for each subject where its errors are estimated one by one."""
    if not {f"{name} of {each.name}" for name in each.error.estimated} & set(own):
        return [each]
    if each.observable.scaled or each.observable.shifted:
        msg = f"--each: errors of '{each.name}' cannot differ between subjects: it has a scale or "
        raise InputError(msg + "offset that all share")
    owners = np.array([data.subject[k] for k in each.entries], dtype=object)
    found = []
    for subject in dict.fromkeys(owners.tolist()):
        here = owners == subject
        if np.sum(~each.data.censored[here]) < 2:
            msg = f"--each: errors of '{each.name}': subject '{subject}' has fewer than two values "
            raise InputError(msg + "that are quantified, which tell no size of its own")
        part = replace(
            each,
            entries=each.entries[here],
            subjects=each.subjects[here],
            times=each.times[here],
            data=Data(*(values[here] for values in each.data)),
            subject=subject,
        )
        found.append(part)
    return found


def _require_own(own: Sequence[str], wanted: Sequence[Wanted], whole: Sequence[Measured]) -> None:
    """Raise `InputError` for what is to differ between subjects, and is not estimated."""
    sizes = [f"{n} of {e.name}" for e in whole for n in e.error.estimated if n not in SHARED]
    for key in own:
        require_known(key, [*(each.key for each in wanted), *sizes], "--each: what varies")


def _measured(
    data: Measurements,
    observable: Observable,
    source: Source,
    numbers: Sequence[Parameter],
    choices: Choices,
) -> Measured:
    free = {p.key: internal_unit(p.unit) for p in numbers if p.kind == "observed"}
    with named(data.source):
        dimension = require_names(observable, source.units, free)
    _require_depths(data, observable, source)
    entries = np.flatnonzero([name == observable.name for name in data.observable])
    where = f"{data.source}: observable '{observable.name}'"
    units = data.units_of(observable.name)
    unit = units[0]
    if observable.scaled:
        if len(units) > 1:
            msg = f"{where}: a scale is estimated, so its values need one unit, and have "
            raise InputError(msg + ", ".join(units))
        factors = {unit: 1.0}
    else:
        factors = {each: _factor(each, dimension, where) for each in units}
    rows = np.array([factors[data.unit[k]] for k in entries]) / factors[unit]
    found = Data(
        value=data.value[entries] * rows,
        sd=data.sd[entries] * rows,
        lloq=data.lloq[entries] * rows,
        censored=data.censored[entries],
    )
    error = _error(choices.errors.get(observable.name), found, where)
    require_values(error, found, where)
    return Measured(
        observable=observable,
        error=error,
        unit=unit,
        factor=factors[unit],
        entries=entries,
        subjects=np.zeros(len(entries), dtype=int),
        times=np.zeros(len(entries), dtype=int),
        data=found,
        errors=(),
    )


def _require_depths(data: Measurements, observable: Observable, source: Source) -> None:
    """Raise `InputError` for a profile without a depth, and for a depth of what has none."""
    deep = any(name in source.profiles for name in observable.names)
    for k, name in enumerate(data.observable):
        if name != observable.name or np.isfinite(data.depth[k]) == deep:
            continue
        where = f"{data.source}: row {data.rows[k]}: observable '{name}'"
        if deep:
            msg = f"{where} is of a field, so that its depth is needed; add a column 'depth [mm]'"
            raise InputError(msg)
        known = ", ".join(sorted(source.profiles)) or "nothing that is simulated here"
        msg = f"{where} is as much at every depth; a depth have {known}"
        raise InputError(msg)


def _factor(unit: str, dimension: tuple[float, ...], where: str) -> float:
    """Return the internal units of one of a table's units. Raises `InputError`."""
    try:
        own = dimension_of(unit)
        one = to_internal(f"1 {unit}", internal_unit(unit))
    except InputError as error:
        msg = f"{where}: {error}; where a scale is estimated (--scale), any unit will do"
        plain = "; what is simulated is a plain number: if it counts in the same, write 1"
        raise InputError(msg + plain * (not any(dimension))) from None
    if own != dimension and not fits(unit, unit_text(dimension)):  # type: ignore[arg-type]
        msg = f"{where}: is given in '{unit}', and what is simulated has the unit "
        raise InputError(msg + f"{unit_text(dimension)}")  # type: ignore[arg-type]
    return one


def _error(text: str | None, data: Data, where: str) -> ErrorModel:
    if text is None:
        # Of positive amounts that span decades; what has its own standard deviation, has that.
        text = "measured" if np.all(data.sd > 0) else "lognormal"
    return read_error(text, f"{where}: error model")


def _error_parameters(each: Measured, by_subject: Sequence[str]) -> list[Parameter]:
    """Return the numbers of an error model that are estimated, with ranges by the values."""
    seen = each.data.value[~each.data.censored]
    size = float(np.max(np.abs(seen), initial=0.0)) or 1.0
    plain = each.error.kind == "lognormal"
    found = []
    for name in each.error.estimated:
        scale = 1.0 if plain or name in PLAIN else size
        low, high, start = _SMALLEST * scale, _LARGEST * scale, 0.1 * scale
        if name == "size":
            low, high, start = 1e-3, 1e6, 10.0
        if name == "factor":
            low, high, start = 1e-6, 1e6, 1.0
        own = each.observable.name
        one = f"{name} of {own}"
        subject = each.subject if one in by_subject else ""
        shared = f"{name} of all sd" if name in SHARED else one
        found.append(
            Parameter(
                name=f"{one} of {subject}" if subject else shared,
                key=own,
                subject=subject,
                kind="error",
                unit="1" if plain or name in PLAIN else each.unit,
                low=low,
                high=high,
                logarithmic=True,
                stated=start,
            )
        )
    return found


def _prior(parameter: Parameter) -> tuple[float, float] | None:
    """Return a normal prior on the inner scale whose middle 95 % is the range."""
    if parameter.kind == "error":
        return None
    low, high = parameter.bounds
    return 0.5 * (low + high), (high - low) / (2.0 * 1.959964)
