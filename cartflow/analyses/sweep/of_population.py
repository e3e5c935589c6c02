"""The members of a study's population as an axis of a sweep."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from cartflow.analyses.population.drawn import Column, population_of
from cartflow.analyses.sweep.axes import Axis
from cartflow.analyses.sweep.choices import Choice, of_numbers
from cartflow.analyses.sweep.plan import MEMBER, Plan
from cartflow.core.outcome import InputError
from cartflow.study.numbers import StudyNumbers
from cartflow.study.study import Study

KIND = "population"
_TIMES = (".time", ".duration", ".interval", ".split")
# Name, that of the body, what one unit is in internal units, unit, text.
_OF_BODIES = (
    ("weight", "body_weight", 1e12, "kg", "body weight of the member"),
    ("cardiac_output", "cardiac_output", 1440e6, "L min-1", "cardiac output of the member"),
    ("blood_volume", "blood_volume", 1e6, "L", "blood volume of the member"),
)


def members_of_population(study: Study) -> tuple[Axis, dict[str, str | int]]:
    """Return the members that the study's ``[population]`` asks for, and what is said of them.

    Raises `InputError`.
    """
    table = study.table.population
    assert table is not None
    columns = population_of(study, StudyNumbers(study=study).with_geometry)
    choices = tuple(_choice(column) for column in columns)
    told: dict[str, str | int] = {"members": KIND, "seed": table.seed, "samples": table.members}
    if table.correlations:
        told["correlations"] = "; ".join(
            f"{' and '.join(each.between)}: {each.coefficient:g}" for each in table.correlations
        )
    if table.variability is not None:
        told["variability"] = table.variability
    return Axis(name="", choices=choices), told


def _choice(column: Column) -> Choice:
    each = column.distribution
    if column.names:
        found = Choice(key=each.key, settings=column.names, numbers=None, unit="")
    else:
        found = of_numbers(each.key, column.values, each.unit, f"population.varied.{each.key}")
    said = {
        "distribution": each.in_words(),
        "distribution_source": each.source,
        "distribution_standing": each.standing,
    }
    return replace(found, said=said, tried=True)


def bodies_of(plan: Plan) -> dict[str, xr.Variable]:
    """Return weight, cardiac output and blood volume of each member whose own body they are.

    nan where a member's body is refused; nothing where bodies do not vary along members alone.
    """
    varied = {
        axis.name: [each for each in axis.choices if each.key.startswith("body.")]
        for axis in plan.axes
    }
    if not varied.get(MEMBER) or any(varied[name] for name in varied if name != MEMBER):
        return {}
    numbers = {each.key for each in varied[MEMBER] if each.key in plan.numbers}
    count = next(axis.size for axis in plan.axes if axis.name == MEMBER)
    if numbers:
        return {}
    rows = np.full((count, len(_OF_BODIES)), np.nan)
    for place in range(count):
        settings = {each.key: each.settings[place] for each in varied[MEMBER]}
        try:
            body = plan.study.with_settings(settings).body
        except InputError:
            continue
        rows[place] = [getattr(body, own).value / one for _, own, one, _, _ in _OF_BODIES]
    return {
        name: xr.Variable((MEMBER,), values, {"units": unit, "long_name": text, "role": KIND})
        for (name, _, _, unit, text), values in zip(_OF_BODIES, rows.T, strict=True)
    }


def wanted_courses(plan: Plan, courses: list[str]) -> list[str]:
    """Return the `courses` of a population that are kept by default, for its bands.

    All, where the members have the same saved times.
    """
    keys = [each.key for axis in plan.axes for each in axis.choices]
    same = not any(key.startswith(("time.", "save.")) or key.endswith(_TIMES) for key in keys)
    return courses if same else []
