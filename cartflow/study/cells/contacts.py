"""Contacts of single cells, from a study's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cartflow.cells.contact.terms import NEVER, Contact, Second, Strength
from cartflow.cells.traits.laws import Trait
from cartflow.core.outcome import InputError
from cartflow.study.stated import ramp_of, require, value_of
from cartflow.study.tables.cells import ContactTable, SecondTable

_OF_LAW = {"ramp": ("threshold", "saturation"), "binding": ("half", "potency", "receptor")}


def contacts_of(
    tables: Sequence[ContactTable], traits: Sequence[Trait], kinds: Sequence[str]
) -> tuple[Contact, ...]:
    """Return who attaches to whom, on what terms. Raises `InputError`."""
    found: list[Contact] = []
    for number, table in enumerate(tables):
        where = f"cells.contacts.{number}"
        for key in ("hunter", "target"):
            require(getattr(table, key), kinds, f"{where}.{key}", "field of cells")
        _refuse_terms(table, where)
        one = _contact(table, traits, kinds, where)
        if any((one.hunter, one.target) == (two.hunter, two.target) for two in found):
            msg = f"{where}: '{table.hunter}' on '{table.target}' is there already"
            raise InputError(msg)
        found.append(one)
    return tuple(found)


def _contact(
    table: ContactTable, traits: Sequence[Trait], kinds: Sequence[str], where: str
) -> Contact:
    exhausted = -1
    if table.exhausted is not None:
        require(table.exhausted, kinds, f"{where}.exhausted", "field of cells")
        exhausted = kinds.index(table.exhausted)
    hunter, target = kinds.index(table.hunter), kinds.index(table.target)
    return Contact(
        hunter=hunter,
        target=target,
        reach=table.reach.value,
        attach_rate=table.attach_rate.value,
        kill_rate=value_of(table.kill_rate, 0.0),
        kill_time=value_of(table.kill_time, 0.0),
        kill_chance=value_of(table.kill_chance, 1.0),
        hold_time=value_of(table.hold_time, np.inf),
        pause_time=value_of(table.pause_time, 0.0),
        strength=_strength(table, traits, hunter, target, where),
        trogocytosis=value_of(table.trogocytosis, 0.0),
        bystander_rate=value_of(table.bystander_rate, 0.0),
        exhausted_after=table.exhausted_after or NEVER,
        exhausted=exhausted,
        full_reach=value_of(table.full_reach, np.inf),
        exclusive=table.exclusive,
        cubes=value_of(table.cubes, 0.0),
        pull=value_of(table.pull_rate, 0.0),
    )


def _strength(
    table: ContactTable, traits: Sequence[Trait], hunter: int, target: int, where: str
) -> Strength:
    columns = {}
    for key, kind in (("antigen", target), ("receptor", hunter)):
        own = {trait.name: trait.column for trait in traits if trait.kind == kind}
        name = getattr(table, key)
        if name is not None:
            require(name, own, f"{where}.{key}", "trait of these cells")
        columns[key] = -1 if name is None else own[name]
    ramp = ramp_of(table.threshold, table.saturation, where)
    of_target = {trait.name: trait.column for trait in traits if trait.kind == target}
    return Strength(
        law=table.law,
        **columns,
        threshold=ramp.threshold,
        saturation=ramp.saturation,
        half=value_of(table.half, 0.0),
        potency=value_of(table.potency, 1.0),
        reference=value_of(table.reference, 1.0),
        second=None if table.second is None else _second(table.second, of_target, where),
    )


def _second(table: SecondTable, columns: Mapping[str, int], where: str) -> Second:
    where = f"{where}.second"
    require(table.antigen, columns, f"{where}.antigen", "trait of these cells")
    ramp = ramp_of(table.threshold, table.saturation, where)
    return Second(
        antigen=columns[table.antigen],
        gate=table.gate,
        threshold=ramp.threshold,
        saturation=ramp.saturation,
        half=value_of(table.half, 0.0),
        potency=value_of(table.potency, 1.0),
    )


def _refuse_terms(table: ContactTable, where: str) -> None:
    """Raise `InputError` on terms that contradict one another, or have no effect."""
    given = table.model_fields_set
    _refuse_beside(given, where, "kill_time", ("kill_rate", "hold_time"))
    if table.full_reach is not None and table.full_reach.value >= table.reach.value:
        msg = f"{where}.full_reach: must be below reach"
        raise InputError(msg)
    if "pull_rate" in given and "cubes" not in given:
        msg = f"{where}.pull_rate: only with cubes, in which the hunter is drawn to targets"
        raise InputError(msg)
    if "kill_chance" in given and "kill_time" not in given:
        msg = f"{where}.kill_chance: only with kill_time"
        raise InputError(msg)
    if not given & {"kill_rate", "kill_time", "hold_time"}:
        msg = f"{where}: give kill_rate, kill_time or hold_time; else none lets go"
        raise InputError(msg)
    if "exhausted" in given and "exhausted_after" not in given:
        msg = f"{where}.exhausted: only with exhausted_after"
        raise InputError(msg)
    _refuse_of_law(given, table.law, where)
    needs = ("antigen", "half", "potency") if table.law == "binding" else ()
    for key in needs:
        if key not in given:
            msg = f"{where}: key '{key}' is missing, which goes with law = 'binding'"
            raise InputError(msg)
    if ("receptor" in given) != ("reference" in given):
        msg = f"{where}: receptor and reference go together"
        raise InputError(msg)
    _refuse_second(table, where)
    for key in ("threshold", "saturation", "trogocytosis"):
        if key in given and "antigen" not in given:
            msg = f"{where}.{key}: only with antigen"
            raise InputError(msg)
    for key in ("kill_chance", "trogocytosis"):
        if value_of(getattr(table, key), 0.0) > 1.0:
            msg = f"{where}.{key}: {getattr(table, key).value:g}; allowed: 0 to 1"
            raise InputError(msg)


def _refuse_of_law(given: set[str], law: str, where: str) -> None:
    """Raise `InputError` on a number of the other law."""
    for other, keys in _OF_LAW.items():
        for key in keys:
            if other != law and key in given:
                msg = f"{where}.{key}: has no effect with law = '{law}'"
                raise InputError(msg)


def _refuse_second(table: ContactTable, where: str) -> None:
    """Raise `InputError` on a second antigen without a first, or without its numbers."""
    if table.second is None:
        return
    if table.antigen is None or table.second.antigen == table.antigen:
        msg = f"{where}.second: only beside another antigen"
        raise InputError(msg)
    _refuse_of_law(table.second.model_fields_set, table.law, f"{where}.second")
    for key in ("half", "potency") if table.law == "binding" else ():
        if getattr(table.second, key) is None:
            msg = f"{where}.second: key '{key}' is missing, which goes with law = 'binding'"
            raise InputError(msg)


def _refuse_beside(given: set[str], where: str, key: str, others: Iterable[str]) -> None:
    for other in others:
        if key in given and other in given:
            msg = f"{where}.{other}: has no effect beside {key}; give one of the two"
            raise InputError(msg)
