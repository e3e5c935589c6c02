"""The events of a study one by one, with those of named interventions in their place."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, Standing, parameter
from cartflow.core.tables import validate
from cartflow.core.units.dimensions import internal_unit
from cartflow.kinetics.interventions import Intervention, load_intervention
from cartflow.study.tables.events import EventTable

_TIMES = ("time", "every", "until", "when", "after", "since")
_PLACES = ("species", "tumour", "region", "compartment")
_AT_ONCE = ("remove", "irradiate", "add")
_BLANK = re.compile(r"(ln2/|1/)?\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event: its `table`, and the `key` of the study that it stands under.

    Those of an intervention have the `numbers` that it uses, and the time `after` it begins.
    """

    table: EventTable
    key: str
    numbers: Mapping[str, Parameter] | None = None
    after: Parameter | None = None


@dataclass(frozen=True)
class Entries:
    """All events of a study, and the works that its interventions rest on."""

    events: tuple[Entry, ...]
    references: tuple[str, ...] = field(default=())


def read_entries(tables: Sequence[EventTable], folder: Path) -> Entries:
    """Return the events that tables stand for. Raises `InputError` naming the table's key."""
    found: list[Entry] = []
    references: list[str] = []
    for i, table in enumerate(tables):
        key = f"events.{i}"
        if table.intervention is None:
            _refuse(table, ("numbers", "acts_on"), key, "without 'intervention'")
            found.append(Entry(table=table, key=key))
            continue
        changed = ("set", "multiply", *_AT_ONCE)
        _refuse(table, changed, key, f"beside intervention '{table.intervention}'")
        try:
            own = load_intervention(table.intervention, folder)
        except InputError as error:
            msg = f"{key}.intervention: {error}"
            raise InputError(msg) from None
        found += _filled(own, table, key)
        references += own.references
    return Entries(tuple(found), tuple(references))


def _refuse(table: EventTable, names: Sequence[str], key: str, where: str) -> None:
    for name in names:
        if name in table.model_fields_set:
            msg = f"{key}.{name}: has no effect {where}"
            raise InputError(msg)


def _filled(own: Intervention, table: EventTable, key: str) -> list[Entry]:
    """Return the events of an intervention with its blanks filled in."""
    numbers = dict(own.numbers)
    for name, raw in table.numbers.items():
        require_known(name, own.numbers, f"{key}.numbers")
        try:
            numbers[name] = parameter(raw, own.numbers[name].unit)
        except InputError as error:
            msg = f"{key}.numbers.{name}: {error}"
            raise InputError(msg) from None
    targets = {**own.acts_on, **_targets(own, table, key)}
    times = {n: getattr(table, n) for n in _TIMES if n in table.model_fields_set}
    found = []
    for raw in own.events:
        filled = _fill(dict(raw), numbers, targets, key)
        after = filled.pop("after", None)
        for what in _AT_ONCE:
            if what in filled:
                places = {n: targets[n] for n in _PLACES if n in targets}
                filled[what] = {**places, **filled[what]}
        event = validate(EventTable, {**times, **filled}, f"{key} ({own.name})")
        found.append(Entry(table=event, key=key, numbers=numbers, after=after))
    return found


def _targets(own: Intervention, table: EventTable, key: str) -> dict[str, Any]:
    acts = any(what in raw for raw in own.events for what in _AT_ONCE)
    known = {*own.acts_on, *(_PLACES if acts else ())}
    for name in table.acts_on:
        require_known(name, sorted(known), f"{key}.acts_on")
    return table.acts_on


def _fill(item: Any, numbers: Mapping[str, Parameter], targets: Mapping[str, Any], key: str) -> Any:
    """Return `item` with numbers and what is acted on in place of blanks, at any depth."""
    if isinstance(item, dict):
        return {
            _fill(name, {}, targets, key): _fill(each, numbers, targets, key)
            for name, each in item.items()
        }
    found = _BLANK.fullmatch(item) if isinstance(item, str) else None
    if found is None:
        return item
    form, name = found.groups()
    if name in targets and form is None:
        return targets[name]
    require_known(name, numbers, f"{key}: intervention")
    number = numbers[name]
    return number if form is None else _inverse(number, form)


def _inverse(number: Parameter, form: str) -> Parameter:
    """Return one, or log(2), over a number."""
    if not number.value > 0:
        msg = f"'{number.stated}' must be greater than 0"
        raise InputError(msg)
    value = (math.log(2.0) if form == "ln2/" else 1.0) / number.value
    unit = internal_unit("1" if number.unit == "1" else f"1/({number.unit})")
    stated = f"{value:.6g}" if unit == "1" else f"{value:.6g} {unit}"
    standing: Standing = "assumed" if number.standing == "assumed" else "derived"
    return replace(number, value=value, unit=unit, stated=stated, standing=standing, bounds=None)
