"""A plan: a study, what varies along which dimension, and what each member gets."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from cartflow.analyses.sweep.axes import Axis
from cartflow.analyses.sweep.choices import Choice
from cartflow.core.dataset import identifier
from cartflow.core.outcome import InputError, nearest
from cartflow.core.parameters import Parameter
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit
from cartflow.study.numbers import StudyNumbers
from cartflow.study.overrides import errors_named
from cartflow.study.study import Study

MEMBER = "member"
MOST_MEMBERS = 1_000_000
_MOST_BASES = 64
_DOSE = re.compile(r"doses\.\d+\.cells")
_DOSED = {"cell", "cell/ng"}
_TRIED = 20  # values of a key that are tried before the first member
# Names of coordinates of outcomes, which no axis may have.
_TAKEN = ("time", "organ", "site", "status", "number", "outcome")


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """The `study` and its `axes`, whose product are the members; the last one may be `MEMBER`.

    Made by `planned`, which names and checks them.
    """

    study: Study
    axes: tuple[Axis, ...]
    _bases: dict[str, StudyNumbers] = field(default_factory=dict, init=False, repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values there are along each axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def count(self) -> int:
        """How many members there are."""
        return math.prod(self.shape)

    @cached_property
    def numbers(self) -> dict[str, Parameter]:
        """Every number of the study that may vary, by name."""
        return self._base({}).with_geometry

    def assigned(self, member: int) -> dict[str, Any]:
        """Return what a member has in place of the study's own, by key, as ``--set`` takes it."""
        places = np.unravel_index(member, self.shape)
        return {
            each.key: each.settings[place]
            for axis, place in zip(self.axes, places, strict=True)
            for each in axis.choices
        }

    def varied(self, assigned: dict[str, Any]) -> Study:
        """Return the study with what is `assigned`. Raises `InputError`."""
        values, settings = {}, {}
        for key, value in assigned.items():
            name = number_name(key)
            if name in self.numbers and key not in self._per_weight:
                values[name] = to_internal(value, self.numbers[name].unit)
            else:
                settings[key] = value
        if settings and settings.keys() <= self._of_members:
            # Numbers that no two members share, of a study that has the same ones.
            study = self.study.with_settings(settings)
            base = StudyNumbers(study=study, known=self.numbers)
        else:
            base = self._base(settings)
        return base.varied(values) if values else base.study

    @cached_property
    def _per_weight(self) -> frozenset[str]:
        """The doses that vary per body weight where the study has cells, or the other way."""
        found = set()
        for axis in self.axes:
            for each in axis.choices:
                own = self.numbers.get(number_name(each.key))
                if own is not None and _DOSE.fullmatch(each.key) and each.numbers is not None:
                    kinds = {own.unit, internal_unit(each.unit)}
                    if len(kinds) > 1 and kinds <= _DOSED:
                        found.add(each.key)
        return frozenset(found)

    @cached_property
    def _of_members(self) -> frozenset[str]:
        """The keys of the numbers that differ from member to member."""
        return frozenset(
            each.key
            for axis in self.axes
            for each in axis.choices
            if axis.name == MEMBER and each.numbers is not None
        )

    def _base(self, settings: dict[str, Any]) -> StudyNumbers:
        """Return the study with `settings`, such as names, which many members share."""
        key = repr(sorted(settings.items()))
        found = self._bases.get(key)
        if found is None:
            if len(self._bases) >= _MOST_BASES:
                self._bases.clear()
            study = self.study.with_settings(settings) if settings else self.study
            found = self._bases[key] = StudyNumbers(study=study)
        return found

    def in_words(self) -> str:
        """Return the number of members, and how it comes about."""
        parts = " x ".join(f"{axis.size} {axis.name}" for axis in self.axes)
        return f"{self.count} ({parts})"


def number_name(key: str) -> str:
    """Return the name among a study's numbers of what a key of its file sets."""
    return key.replace("kinetics.parameters.", "kinetics.")


def planned(
    study: Study, axes: Sequence[Axis], members: Axis | None, taken: Collection[str] = ()
) -> Plan:
    """Return the plan of `study` over `axes` and `members`. Raises `InputError`.

    An axis is named by the last word of its key; by the whole key where two would have one name,
    or outcomes have it, whose names are `taken`.
    """
    if not axes and members is None:
        raise InputError("sweep: nothing varies; give --over, --table, --bodies or --trafficking")
    given = [*axes, *([] if members is None else [replace(members, name=MEMBER)])]
    _require_once(given)
    plan = Plan(study=study, axes=tuple(_named(given, {*_TAKEN, *taken})))
    if plan.count > MOST_MEMBERS:
        msg = f"sweep: has {plan.in_words()} members; at most {MOST_MEMBERS} are possible"
        raise InputError(msg)
    _ = study.prepared
    for axis in plan.axes:
        for each in axis.choices:
            _require_possible(plan, each)
    return plan


def _require_once(axes: Sequence[Axis]) -> None:
    seen: set[str] = set()
    for axis in axes:
        for each in axis.choices:
            name = number_name(each.key)
            if name in seen:
                msg = f"sweep: {each.key}: varies along two axes"
                raise InputError(msg)
            seen.add(name)


def _named(axes: Sequence[Axis], taken: Collection[str]) -> list[Axis]:
    short = [axis.name or _last(axis.choices[0].key) for axis in axes]
    names = []
    for axis, name in zip(axes, short, strict=True):
        free = short.count(name) == 1 and name not in taken
        names.append(name if free else identifier(axis.choices[0].key))
    for axis, name in zip(axes, names, strict=True):
        if names.count(name) > 1 or name in taken or (name == MEMBER != axis.name):
            msg = f"sweep: '{name}' cannot be the name of an axis; give another, NAME: ...; KEY=..."
            raise InputError(msg)
    return [replace(axis, name=name) for axis, name in zip(axes, names, strict=True)]


def _last(key: str) -> str:
    """Return the word that says what a key is; that of a name is what it is the name of."""
    *before, last = key.split(".")
    return identifier(before[-1] if last == "name" and before else last)


def _require_possible(plan: Plan, each: Choice) -> None:
    """Raise `InputError` unless the study has the key, and all values its dimension."""
    if each.tried:
        return
    number = plan.numbers.get(number_name(each.key))
    what = f"sweep: {each.key}"
    if number is not None and each.key not in plan._per_weight:
        with errors_named(what):
            for value in each.settings:
                to_internal(value, number.unit)
        return
    refused = [_refusal(plan.study, each.key, value) for value in each.settings[:_TRIED]]
    if all(refused):
        hint = nearest(each.key, [*plan.numbers, *plan.study.stated])
        reason = refused[0].partition("; did you mean")[0] if hint else refused[0]
        msg = f"{what}: the study cannot have it so ({reason}){hint}"
        raise InputError(msg)


def _refusal(study: Study, key: str, value: Any) -> str:
    """Return why the study cannot have a value at a key, or nothing."""
    try:
        _ = study.with_settings({key: value}).prepared
    except InputError as error:
        return str(error)
    return ""
