"""Numbers of a study as directions in which its run is differentiated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cartflow.core.outcome import InputError, require_known
from cartflow.coupling.tangents.direction import Direction, System
from cartflow.study.numbers import StudyNumbers
from cartflow.study.study import Study

_PREFIX = "kinetics.parameters."


def directions_of(study: Study, names: Sequence[str]) -> list[Direction]:
    """Return a direction for each name. Raises `InputError` on what is no number that may vary."""
    if not names:
        raise InputError("derivatives: no number is named")
    numbers = StudyNumbers(study=study)
    known = numbers.with_geometry
    found = []
    for name in dict.fromkeys(names):
        own = own_name(name)
        if own not in known:
            _explain(study, own)
            require_known(own, known, "derivatives: number")
        found.append(_direction(numbers, name, own))
    return found


def own_name(name: str) -> str:
    """Return the name of a number that ``--set`` calls `name`."""
    return name.replace(_PREFIX, "kinetics.", 1) if name.startswith(_PREFIX) else name


def _direction(numbers: StudyNumbers, name: str, own: str) -> Direction:
    value = numbers.with_geometry[own].value

    def system_at(other: float) -> System:
        same = other == value
        simulation = (numbers.study if same else numbers.varied({own: other})).simulation
        return System(simulation.coupled, simulation.initial)

    return Direction(name=name, value=value, system_at=system_at)


def _explain(study: Study, name: str) -> None:
    """Raise `InputError` where a key of the study is a whole number, a time or a choice."""
    table: Any = study.table
    for part in name.split("."):
        if isinstance(table, (list, tuple)) and part.isdigit() and int(part) < len(table):
            table = table[int(part)]
        elif isinstance(table, dict):
            table = table.get(part)
        else:
            table = getattr(table, part, None)
    last = name.rpartition(".")[2]
    why = None
    if isinstance(table, (bool, str)):
        why = "it is a choice"
    elif isinstance(table, int):
        why = "it is a whole number"
    elif name.startswith(("time.", "solver.")) or last in ("time", "duration", "interval"):
        why = "steps and their times stay as they are"
    if why is not None:
        msg = f"derivatives: {name}: nothing can be differentiated to it: {why}"
        raise InputError(msg)
