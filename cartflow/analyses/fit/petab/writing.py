"""A fit written as a PEtab problem (version 1): YAML, tables, and the model as SBML."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cartflow.alone.settings import chosen_scenario
from cartflow.analyses.fit.errors import WITH_SD
from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.parameters import Parameter
from cartflow.analyses.fit.run import Fitted
from cartflow.analyses.fit.sources.model import ModelSource
from cartflow.core.dataset import identifier
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path
from cartflow.kinetics.expressions.grammar import to_text
from cartflow.kinetics.sbml.export import to_sbml

Rows = list[list[Any]]
# The noise of an observable, of its sizes and of what is predicted.
_NOISE = {
    "normal": "{0}",
    "lognormal": "{0}",
    "measured": "noiseParameter1_{name}",
    "weighted": "{0}*noiseParameter1_{name}",
    "proportional": "{0}*abs({middle})",
    "combined": "sqrt(({0})^2 + ({1}*({middle}))^2)",
}
_WIDE = 1e3  # about a scale or offset


def write_petab(fitted: Fitted, folder: str | Path) -> Path:
    """Write a fit of a kinetics model into a new `folder`, and return its YAML file.

    Nominal values are the estimates, numbers in internal units (mm, day, cell, ng). Raises
    `InputError` for what PEtab cannot say: values below quantification, counts and Student errors,
    doses of a table or that vary, models that come from SBML.
    """
    place = as_path(folder, "write_petab")
    source = _source(fitted)
    scenario = chosen_scenario(source.model, source.scenario, dict(source.settings))
    text = to_sbml(replace(source.model, scenarios={scenario.name: scenario}), scenario.name)
    name = source.model.name
    tables = {
        "parameters": _parameters(fitted, source),
        "conditions": _conditions(fitted, source),
        "measurements": _measurements(fitted),
        "observables": _observables(fitted, source),
    }
    try:
        place.mkdir(parents=True)
    except OSError as error:
        msg = f"{place}: cannot be made ({error.strerror})"
        raise InputError(msg) from None
    for kind, rows in tables.items():
        with (place / f"{kind}.tsv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter="\t", lineterminator="\n").writerows(rows)
    (place / "model.xml").write_text(text, encoding="utf-8")
    (place / f"{name}.yaml").write_text(_YAML, encoding="utf-8")
    return place / f"{name}.yaml"


_YAML = """\
format_version: 1
parameter_file: parameters.tsv
problems:
- condition_files: [conditions.tsv]
  measurement_files: [measurements.tsv]
  observable_files: [observables.tsv]
  sbml_files: [model.xml]
"""


def _source(fitted: Fitted) -> ModelSource:
    """Return the model of a fit, where PEtab can say all of it."""
    source, problem = fitted.source, fitted.problem
    if not isinstance(source, ModelSource):
        raise InputError("write_petab: a fit of a kinetics model is written, not one of a study")
    if problem.measurements.doses:
        raise InputError("write_petab: doses of a table are not written")
    for each in problem.measured:
        where = f"write_petab: observable '{each.observable.name}'"
        if each.subject:
            msg = f"{where}: errors of each subject's own are not written"
            raise InputError(msg)
        if each.data.censored.any():
            msg = f"{where}: PEtab does not know values below quantification"
            raise InputError(msg)
        if each.error.kind not in _NOISE:
            msg = f"{where}: PEtab does not know errors '{each.error.kind}'"
            raise InputError(msg)
    for key in (p.key for p in problem.parameters if p.kind == "number"):
        if key.startswith("doses."):
            msg = f"write_petab: {key}: a dose that varies is not written"
            raise InputError(msg)
    return source


def _id(parameter: Parameter) -> str:
    return identifier(parameter.name.replace(".", "_").replace(" ", "_"))


def _one(source: ModelSource, key: str, text: str) -> float:
    """Return a number of the model, given as ``--set`` takes it, in its internal unit."""
    model = source.model
    if key in model.network.parameters:
        return model.scaling.restated(key, text, model.network.parameters[key].unit).value
    species = model.network.species[model.network.index(key.removeprefix("initial."))]
    return model.scaling.amount(text, species).value


def _parameters(fitted: Fitted, source: ModelSource) -> Rows:
    head = ["parameterId", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate"]
    rows: Rows = [head]
    values = fitted.problem.values(fitted.best.inner)
    for parameter, value in zip(fitted.problem.parameters, values.tolist(), strict=True):
        one = 1.0
        if parameter.kind == "number":
            one = _one(source, parameter.key, f"1 {parameter.unit}")
        elif parameter.kind == "observed":
            one = _plain_unit(parameter)
        scale = "log10" if parameter.logarithmic else "lin"
        ends = [parameter.low * one, parameter.high * one, value * one]
        rows.append([_id(parameter), scale, *map(repr, ends), 1])
    for each in fitted.problem.measured:
        name = identifier(each.observable.name)
        for kind, value in zip(("scale", "offset"), _linear(fitted, each), strict=True):
            if getattr(each.observable, "scaled" if kind == "scale" else "shifted"):
                far = _WIDE * max(abs(value), 1e-3)
                rows.append([f"{kind}_{name}", "lin", repr(-far), repr(far), repr(value), 1])
    return rows


def _plain_unit(parameter: Parameter) -> float:
    from cartflow.core.units.conversion import to_internal
    from cartflow.core.units.dimensions import internal_unit

    return to_internal(f"1 {parameter.unit}", internal_unit(parameter.unit))


def _linear(fitted: Fitted, each: Measured) -> tuple[float, float]:
    return fitted.best.at.linear[each.observable.name]


def _conditions(fitted: Fitted, source: ModelSource) -> Rows:
    """Return what each subject has of its own, and starts that are estimated."""
    found: dict[str, dict[str, str]] = {}
    for subject in fitted.problem.subjects:
        own = {}
        for key, text in subject.settings.items():
            own[key.removeprefix("initial.")] = repr(_one(source, key, str(text)))
        for place in subject.takes:
            parameter = fitted.problem.parameters[place]
            if parameter.subject or parameter.key.startswith("initial."):
                own[parameter.key.removeprefix("initial.")] = _id(parameter)
        found[subject.name] = own
    columns = list(dict.fromkeys(key for own in found.values() for key in own))
    rows: Rows = [["conditionId", *columns]]
    for name, own in found.items():
        rows.append([_condition(name), *(own.get(column, "") for column in columns)])
    return rows


def _condition(subject: str) -> str:
    return identifier(f"subject_{subject}")


def _measurements(fitted: Fitted) -> Rows:
    rows: Rows = [
        ["observableId", "simulationConditionId", "measurement", "time", "noiseParameters"]
    ]
    data = fitted.problem.measurements
    for each in fitted.problem.measured:
        for place, value, sd in zip(each.entries, each.data.value, each.data.sd, strict=True):
            noise = repr(float(sd)) if each.error.kind in WITH_SD else ""
            time = repr(float(data.time[place]))
            name = identifier(each.observable.name)
            rows.append(
                [_seen(name), _condition(data.subject[place]), repr(float(value)), time, noise]
            )
    return rows


def _seen(name: str) -> str:
    """Return what an observable is called: no species or parameter may have the same name."""
    return f"observed_{name}"


def _observables(fitted: Fitted, source: ModelSource) -> Rows:
    head = ["observableId", "observableFormula", "noiseFormula", "observableTransformation"]
    rows: Rows = [[*head, "noiseDistribution"]]
    for each in fitted.problem.measured:
        name = identifier(each.observable.name)
        middle = f"({_formula(each, source)})/{each.factor!r}"
        if each.observable.scaled:
            middle = f"scale_{name}*{middle}"
        if each.observable.shifted:
            middle = f"{middle} + offset_{name}"
        sizes = _sizes(fitted.problem.parameters, each)
        noise = _NOISE[each.error.kind].format(*sizes, name=_seen(name), middle=middle)
        scale = "log" if each.error.kind == "lognormal" else "lin"
        rows.append([_seen(name), middle, noise, scale, "normal"])
    return rows


def _formula(each: Measured, source: ModelSource) -> str:
    text = to_text(each.observable.expression)
    for name in each.observable.names:
        if name.endswith("_total") and name not in source.model.network.species_names:
            whole = f"({name.removesuffix('_total')}*{source.model.volume!r})"
            text = re.sub(rf"\b{name}\b", whole, text)
    return text


def _sizes(parameters: Sequence[Parameter], each: Measured) -> list[str]:
    free = iter(each.errors)
    return [
        _id(parameters[next(free)]) if value is None else repr(value)
        for value in each.error.numbers.values()
    ]
