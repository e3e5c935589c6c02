"""What the events of a study change: values that are set, and factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter, parameter, signed
from cartflow.study.courses.course import require_not_negative
from cartflow.study.courses.numbers import NumberCourse
from cartflow.study.events.changeable import changeable
from cartflow.study.events.entries import Entry
from cartflow.study.events.jump_reading import JUMPS, described
from cartflow.study.numbers import setting_key
from cartflow.study.tables.events import EventTable


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one event does to numbers, by name: values that they take, and factors.

    `at_once` says what it does to the state.
    """

    values: Mapping[str, Parameter]
    factors: Mapping[str, Parameter]
    at_once: tuple[str, ...] = ()

    @property
    def quiet(self) -> bool:
        """Whether it changes no number."""
        return not self.values and not self.factors

    def numbers(self) -> dict[str, Parameter]:
        """Return every number of it, by its key in the event's table."""
        found = {f"set.{name}": p for name, p in self.values.items()}
        return found | {f"multiply.{name}": p for name, p in self.factors.items()}

    def __str__(self) -> str:
        given = [f"{name} = {p.stated}" for name, p in self.values.items()]
        times = [f"{name} times {p.stated}" for name, p in self.factors.items()]
        return ", ".join([*given, *times, *self.at_once])


def read_changes(entries: Sequence[Entry], numbers: Mapping[str, Parameter]) -> tuple[Change, ...]:
    """Return what each event changes of the study's `numbers`. Raises `InputError`."""
    return tuple(_change(entry.table, entry.key, numbers) for entry in entries)


def values_after(
    fired: Iterable[int], changes: Sequence[Change], numbers: Mapping[str, Parameter]
) -> dict[str, float]:
    """Return the values of the numbers that some events changed, one after the other."""
    values: dict[str, float] = {}
    for event in fired:
        values |= {name: p.value for name, p in changes[event].values.items()}
        for name, factor in changes[event].factors.items():
            values[name] = values.get(name, numbers[name].value) * factor.value
    return values


def course_changes(
    course: NumberCourse, number: Parameter, name: str, end: float
) -> tuple[tuple[Change, ...], list[float]]:
    """Return what the pieces of a course after the first change, and at which times before `end`.

    Raises `InputError` on a wrong dimension.
    """
    try:
        like = signed(parameter(course.first(), number.unit), number.sign)
    except InputError as error:
        msg = f"{course.key}: {error}"
        raise InputError(msg) from None
    if number.sign != "any":
        require_not_negative(course.course, course.key)
    starts, values = course.pieces()
    pieces = [(float(t), float(v)) for t, v in zip(starts, values, strict=True) if 0 < t < end]
    changes = tuple(Change(values={name: replace(like, value=v)}, factors={}) for _, v in pieces)
    return changes, [t for t, _ in pieces]


def _change(table: EventTable, key: str, numbers: Mapping[str, Parameter]) -> Change:
    found = Change(
        values=_read(table.set, f"{key}.set", numbers, None),
        factors=_read(table.multiply, f"{key}.multiply", numbers, "1"),
        at_once=tuple(described(table)),
    )
    if found.quiet and not found.at_once:
        msg = f"{key}: changes nothing; give 'set', 'multiply', {_in_words(JUMPS)}"
        raise InputError(msg)
    for name in found.values:
        if name in found.factors:
            msg = f"{key}: '{setting_key(name)}' is both set and multiplied"
            raise InputError(msg)
    return found


def _in_words(names: Sequence[str]) -> str:
    first = "', '".join(names[:-1])
    return f"'{first}' or '{names[-1]}'"


def _read(
    table: Mapping[str, Any], where: str, numbers: Mapping[str, Parameter], unit: str | None
) -> dict[str, Parameter]:
    """Return the quantities of a table by the names of the numbers, in `unit` or in theirs."""
    found = {}
    for key, raw in _flat(table, where).items():
        name = changeable(key, numbers, f"{where}.{key}")
        try:
            given = parameter(raw, unit or numbers[name].unit)
            found[name] = signed(given, "not_negative" if unit else numbers[name].sign)
        except InputError as error:
            msg = f"{where}.{key}: {error}"
            raise InputError(msg) from None
    return found


def _flat(table: Mapping[str, Any], where: str, prefix: str = "") -> dict[str, Any]:
    """Return quantities by dotted key, of a table whose keys are dotted, nested, or both."""
    found: dict[str, Any] = {}
    for name, item in table.items():
        key = f"{prefix}{name}"
        nested = isinstance(item, Mapping) and "value" not in item and "course" not in item
        more = _flat(item, where, f"{key}.") if nested else {key: item}
        for each in more:
            if each in found:
                msg = f"{where}: '{each}' stands there twice"
                raise InputError(msg)
        found |= more
    return found
