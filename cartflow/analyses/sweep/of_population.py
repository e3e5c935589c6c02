"""The members of a study's population as an axis of a sweep."""

from __future__ import annotations

from dataclasses import replace

from cartflow.analyses.population.drawn import Column, population_of
from cartflow.analyses.sweep.axes import Axis
from cartflow.analyses.sweep.choices import Choice, of_numbers
from cartflow.study.numbers import StudyNumbers
from cartflow.study.study import Study

KIND = "population"


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
