"""One case of the SBML test suite: its settings, its expected results, and what is computed."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cartflow.kinetics.expressions.grammar import Expression
from cartflow.kinetics.runs.timeline import with_end
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.sbml.foreign import Foreign

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a case asks for: variables as named in the model, tolerances, expected columns.

    `times` are in the model's unit; `expected` has the shape (n_times, n_variables). A variable
    is an amount or a concentration where the settings say so.
    """

    times: Array
    variables: tuple[str, ...]
    amounts: frozenset[str]
    concentrations: frozenset[str]
    absolute: float
    relative: float
    expected: Array


def read_case(folder: Path) -> Case:
    """Return the case in a folder such as ``cases/semantic/00001``."""
    number = folder.name
    lines = (folder / f"{number}-settings.txt").read_text(encoding="utf-8").splitlines()
    given = {key.strip(): value.strip() for key, _, value in (s.partition(":") for s in lines)}
    with (folder / f"{number}-results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    columns = [cell.strip() for cell in rows[0]]
    table = np.array([[float(cell) for cell in row[: len(columns)]] for row in rows[1:]])
    variables = tuple(_names(given["variables"]))
    return Case(
        times=table[:, 0],
        variables=variables,
        amounts=frozenset(_names(given.get("amount", ""))),
        concentrations=frozenset(_names(given.get("concentration", ""))),
        absolute=float(given["absolute"]),
        relative=float(given["relative"]),
        expected=table[:, [columns.index(name, 1) for name in variables]],
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def is_time_course(folder: Path) -> bool:
    """Whether a case is a course in time, not a steady state of fluxes."""
    text = (folder / f"{folder.name}-model.m").read_text(encoding="utf-8", errors="replace")
    return "testType: TimeCourse" in " ".join(text.split())


def computed(case: Case, foreign: Foreign) -> Array:
    """Return the variables of `case` at its times, as the model gives them."""
    model = foreign.model
    days = case.times * foreign.days
    course = run(model, with_end(model.scenario(), float(days[-1])))
    columns = [course.measure(meaning(case, foreign)(name), days) for name in case.variables]
    return np.column_stack(columns)


def meaning(case: Case, foreign: Foreign) -> Callable[[str], Expression]:
    """Return what each variable is in terms of the model's states."""

    def of(name: str) -> Expression:
        if name in case.amounts and name in foreign.amounts:
            return foreign.amounts[name]
        if name in case.concentrations and name in foreign.concentrations:
            return foreign.concentrations[name]
        return foreign.meanings[name]

    return of


def agrees(case: Case, found: Array) -> bool:
    """Whether `found` is within the tolerances of the case everywhere, not-a-number as such."""
    allowed = case.absolute + case.relative * np.abs(case.expected)
    with np.errstate(invalid="ignore"):
        near = np.abs(found - case.expected) <= allowed
    same = (found == case.expected) | (np.isnan(found) & np.isnan(case.expected))
    return bool((near | same).all())
