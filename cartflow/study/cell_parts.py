"""Traits, contacts and room of single cells, from a study's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cartflow.cells.asked import Body, Room
from cartflow.cells.contact.terms import NEVER, Contact, Strength
from cartflow.cells.traits.laws import (
    Constant,
    Effect,
    Histogram,
    Law,
    LogNormal,
    Normal,
    Ramp,
    Trait,
)
from cartflow.core.outcome import InputError, suggest
from cartflow.core.parameters import Parameter
from cartflow.kinetics.network import Network
from cartflow.study.cell_tables import CellsTable, ContactTable, EffectTable, TraitTable
from cartflow.study.field_tables import FieldTable

_LAWS = {
    "constant": ("value",),
    "normal": ("mean", "deviation"),
    "lognormal": ("median", "deviation"),
    "histogram": ("edges", "numbers"),
}
_MINUTE = 1.0 / 1440.0
# Those of PhysiCell (Ghaffarizadeh et al. 2018, doi 10.1371/journal.pcbi.1005991).
_REPULSION, _REACH = 10e-3 / _MINUTE, 1.25


def traits_of(kinds: Sequence[str], fields: Mapping[str, FieldTable]) -> tuple[Trait, ...]:
    """Return the traits of all kinds; one name is one column. Raises `InputError`."""
    columns: dict[str, int] = {}
    found = []
    for kind, field in enumerate(kinds):
        for name, table in fields[field].traits.items():
            where = f"fields.{field}.traits.{name}"
            column = columns.setdefault(name, len(columns))
            loss = _value(table.loss, 0.0)
            if loss > 1.0:
                msg = f"{where}.loss: {loss:g} is no chance; allowed: 0 to 1"
                raise InputError(msg)
            inherited = table.daughters == "inherit"
            law = _law(table, where)
            found.append(
                Trait(name=name, kind=kind, column=column, law=law, inherited=inherited, loss=loss)
            )
    return tuple(found)


def _law(table: TraitTable, where: str) -> Law:
    wanted = _LAWS[table.law]
    for key in sorted({key for keys in _LAWS.values() for key in keys}):
        if key in wanted and getattr(table, key) is None:
            msg = f"{where}: key '{key}' is missing, which goes with law = '{table.law}'"
            raise InputError(msg)
        if key not in wanted and getattr(table, key) is not None:
            msg = f"{where}.{key}: has no effect with law = '{table.law}', which takes "
            raise InputError(msg + " and ".join(wanted))
    if table.law == "constant":
        return Constant(value=_value(table.value))
    if table.law == "normal":
        return Normal(mean=_value(table.mean), deviation=_value(table.deviation))
    if table.law == "lognormal":
        return LogNormal(median=_value(table.median), deviation=_value(table.deviation))
    edges, numbers = np.array(table.edges, dtype=float), np.array(table.numbers, dtype=float)
    if edges.size != numbers.size + 1 or not np.all(np.diff(edges) > 0) or edges[0] < 0:
        msg = f"{where}.edges: must rise from 0 or more, and be one more than numbers"
        raise InputError(msg)
    if not np.isfinite([*edges, *numbers]).all() or np.any(numbers < 0) or numbers.sum() <= 0:
        msg = f"{where}.numbers: must be counts of 0 or more, not all 0"
        raise InputError(msg)
    return Histogram(edges=edges, numbers=numbers)


def effects_of(
    tables: Sequence[EffectTable], traits: Sequence[Trait], network: Network, kinds: Sequence[str]
) -> tuple[Effect, ...]:
    """Return what traits do to reactions of cells. Raises `InputError`."""
    columns = {trait.name: trait.column for trait in traits}
    found = []
    for number, table in enumerate(tables):
        where = f"cells.effects.{number}"
        _require(table.reaction, network.reaction_names, f"{where}.reaction", "reaction")
        _require(table.trait, columns, f"{where}.trait", "trait")
        changed = network.reactions[network.reaction_names.index(table.reaction)]
        if not {*changed.consumes, *changed.produces} & set(kinds):
            msg = f"{where}.reaction: '{table.reaction}' changes no cells"
            raise InputError(msg)
        ramp = _ramp(table.threshold, table.saturation, where)
        found.append(Effect(reaction=table.reaction, column=columns[table.trait], ramp=ramp))
    return tuple(found)


def contacts_of(
    tables: Sequence[ContactTable], traits: Sequence[Trait], kinds: Sequence[str]
) -> tuple[Contact, ...]:
    """Return who attaches to whom, on what terms. Raises `InputError`."""
    found: list[Contact] = []
    for number, table in enumerate(tables):
        where = f"cells.contacts.{number}"
        for key in ("hunter", "target"):
            _require(getattr(table, key), kinds, f"{where}.{key}", "field of cells")
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
        _require(table.exhausted, kinds, f"{where}.exhausted", "field of cells")
        exhausted = kinds.index(table.exhausted)
    hunter, target = kinds.index(table.hunter), kinds.index(table.target)
    return Contact(
        hunter=hunter,
        target=target,
        reach=table.reach.value,
        attach_rate=table.attach_rate.value,
        kill_rate=_value(table.kill_rate, 0.0),
        kill_time=_value(table.kill_time, 0.0),
        kill_chance=_value(table.kill_chance, 1.0),
        hold_time=_value(table.hold_time, np.inf),
        pause_time=_value(table.pause_time, 0.0),
        strength=_strength(table, traits, hunter, target, where),
        trogocytosis=_value(table.trogocytosis, 0.0),
        bystander_rate=_value(table.bystander_rate, 0.0),
        exhausted_after=table.exhausted_after or NEVER,
        exhausted=exhausted,
    )


def _strength(
    table: ContactTable, traits: Sequence[Trait], hunter: int, target: int, where: str
) -> Strength:
    columns = {}
    for key, kind in (("antigen", target), ("receptor", hunter)):
        own = {trait.name: trait.column for trait in traits if trait.kind == kind}
        name = getattr(table, key)
        if name is not None:
            _require(name, own, f"{where}.{key}", "trait of these cells")
        columns[key] = -1 if name is None else own[name]
    ramp = _ramp(table.threshold, table.saturation, where)
    return Strength(
        law=table.law,
        **columns,
        threshold=ramp.threshold,
        saturation=ramp.saturation,
        half=_value(table.half, 0.0),
        potency=_value(table.potency, 1.0),
        reference=_value(table.reference, 1.0),
    )


def _refuse_terms(table: ContactTable, where: str) -> None:
    """Raise `InputError` on terms that contradict one another, or have no effect."""
    given = table.model_fields_set
    _refuse_beside(given, where, "kill_time", ("kill_rate", "hold_time"))
    if "kill_chance" in given and "kill_time" not in given:
        raise InputError(f"{where}.kill_chance: only with kill_time")
    if not given & {"kill_rate", "kill_time", "hold_time"}:
        raise InputError(f"{where}: give kill_rate, kill_time or hold_time; else none lets go")
    if "exhausted" in given and "exhausted_after" not in given:
        raise InputError(f"{where}.exhausted: only with exhausted_after")
    of_law = {"ramp": ("threshold", "saturation"), "binding": ("half", "potency", "receptor")}
    for law, keys in of_law.items():
        for key in keys:
            if law != table.law and key in given:
                msg = f"{where}.{key}: has no effect with law = '{table.law}'"
                raise InputError(msg)
    needs = ("antigen", "half", "potency") if table.law == "binding" else ()
    for key in needs:
        if key not in given:
            msg = f"{where}: key '{key}' is missing, which goes with law = 'binding'"
            raise InputError(msg)
    if ("receptor" in given) != ("reference" in given):
        raise InputError(f"{where}: receptor and reference go together")
    for key in ("threshold", "saturation", "trogocytosis"):
        if key in given and "antigen" not in given:
            raise InputError(f"{where}.{key}: only with antigen")
    for key in ("kill_chance", "trogocytosis"):
        if _value(getattr(table, key), 0.0) > 1.0:
            msg = f"{where}.{key}: {getattr(table, key).value:g}; allowed: 0 to 1"
            raise InputError(msg)


def _refuse_beside(given: set[str], where: str, key: str, others: Iterable[str]) -> None:
    for other in others:
        if key in given and other in given:
            msg = f"{where}.{other}: has no effect beside {key}; give one of the two"
            raise InputError(msg)


def room_asked(table: CellsTable) -> Room:
    """Return how cells make room. Raises `InputError` on keys without an effect."""
    keys = {"spheres": ("repulsion", "adhesion", "adhesion_reach"), "lattice": ("per_site",)}
    for way, names in keys.items():
        for name in names:
            if name in table.model_fields_set and table.crowding != way:
                msg = f"cells.{name}: only with crowding = '{way}'"
                raise InputError(msg)
    if table.mechanics_step is not None and table.crowding != "spheres" and not table.contacts:
        raise InputError("cells.mechanics_step: only with crowding = 'spheres', or contacts")
    reach = _value(table.adhesion_reach, _REACH)
    if reach < 1.0:
        msg = f"cells.adhesion_reach: {reach:g}; allowed: 1 or more, in sums of two radii"
        raise InputError(msg)
    return Room(
        crowding=table.crowding,
        repulsion=_value(table.repulsion, _REPULSION),
        adhesion=_value(table.adhesion, 0.0),
        reach=reach,
        per_site=table.per_site or 1,
    )


def bodies_of(
    kinds: Sequence[str], fields: Mapping[str, FieldTable], table: CellsTable
) -> tuple[Body, ...]:
    """Return how large cells are. Raises `InputError` where that has no effect, or none is."""
    spheres = table.crowding == "spheres"
    for name in kinds:
        for key in ("radius", "most_touching"):
            if getattr(fields[name], key) is not None and not spheres:
                msg = f"fields.{name}.{key}: only with cells.crowding = 'spheres'"
                raise InputError(msg)
    if spheres and all(fields[name].radius is None for name in kinds):
        raise InputError(f"fields.{kinds[0]}: key 'radius' is missing, since cells are spheres")
    return tuple(
        Body(
            radius=_value(fields[name].radius, 0.0),
            most_touching=fields[name].most_touching or NEVER,
        )
        for name in kinds
    )


def _ramp(threshold: Parameter | None, saturation: Parameter | None, where: str) -> Ramp:
    ramp = Ramp(threshold=_value(threshold, 0.0), saturation=_value(saturation, np.inf))
    if ramp.saturation <= ramp.threshold:
        msg = f"{where}.saturation: {ramp.saturation:g} must be above the threshold"
        raise InputError(msg)
    return ramp


def _require(name: str, allowed: Iterable[str], where: str, what: str) -> None:
    if name not in allowed:
        msg = f"{where}: '{name}' is no {what}; {suggest(name, list(allowed))}"
        raise InputError(msg)


def _value(number: Parameter | None, default: float = 0.0) -> float:
    return default if number is None else number.value
