"""The table of a risk score: a row a patient, predictors and an outcome that is 0 or 1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.analyses.fit.table.rows import Rows, read_rows
from cartflow.core import arguments
from cartflow.core.outcome import InputError, require_known

Array = np.ndarray
_LOG = re.compile(r"log\(\s*(.+?)\s*\)")
_LEAST = 4  # with the outcome, and without, in each half


@dataclass(frozen=True, kw_only=True, eq=False)
class Cohort:
    """Patients' predictors (patients, names), as named, and outcomes 0 or 1."""

    source: str
    names: Sequence[str]
    predictors: Array
    outcome: Array


def read_cohort(table: Any, predictors: Sequence[str], outcome: str) -> Cohort:
    """Return the cohort of a CSV file or columns. A predictor is a column, or ``log(column)``.

    The logarithm is natural. Raises `InputError` naming row and column.
    """
    rows = read_rows(table)
    named = arguments.names(predictors, "predictors")
    if not named:
        raise InputError("risk: nothing foretells the outcome; give --predictor 'log(COLUMN)'")
    for name in named:
        if named.count(name) > 1:
            msg = f"--predictor {name}: is given twice"
            raise InputError(msg)
    columns = [_predictor(rows, name, outcome) for name in named]
    found = Cohort(
        source=rows.source,
        names=named,
        predictors=np.column_stack(columns),
        outcome=_outcome(rows, outcome),
    )
    for name, column in zip(named, columns, strict=True):
        if np.ptp(column) == 0.0:
            msg = f"{rows.source}: '{name}' is the same in all patients, and tells nothing"
            raise InputError(msg)
    return found


def _predictor(rows: Rows, name: str, outcome: str) -> Array:
    match = _LOG.fullmatch(name)
    column = match[1] if match else name
    require_known(column, rows.columns, f"{rows.source}: --predictor")
    if column == outcome:
        msg = f"--predictor {name}: is the outcome itself"
        raise InputError(msg)
    values = np.array([rows.number(row, column) for row in range(len(rows.numbers))])
    if not match:
        return values
    if np.any(values <= 0):
        row = int(np.flatnonzero(values <= 0)[0])
        msg = f"{rows.place(row, column)}: {values[row]:g} has no logarithm; it must be above 0"
        raise InputError(msg)
    return np.log(values)


def _outcome(rows: Rows, column: str) -> Array:
    require_known(column, rows.columns, f"{rows.source}: --outcome")
    values = np.array([rows.number(row, column) for row in range(len(rows.numbers))])
    for row in np.flatnonzero((values != 0) & (values != 1)):
        msg = f"{rows.place(int(row), column)}: {values[row]:g} must be 0 or 1"
        raise InputError(msg)
    return values.astype(int)


def halves(outcome: Array, seed: int, source: str) -> Array:
    """Return which patients are in the half that is trained on, drawn by `seed`.

    Those with the outcome and those without are halved each. Raises `InputError` if few.
    """
    trained = np.zeros(len(outcome), dtype=bool)
    random = np.random.default_rng(seed)
    for which, words in ((1, "with"), (0, "without")):
        places = random.permutation(np.flatnonzero(outcome == which))
        if len(places) < 2 * _LEAST:
            msg = f"{source}: has {len(places)} patients {words} the outcome; to train on a half "
            raise InputError(msg + f"and test on the other at least {2 * _LEAST} are needed")
        trained[places[: (len(places) + 1) // 2]] = True
    return trained
