"""Traits and room of single cells, from a study's tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from cartflow.cells.asked import Body, Room
from cartflow.cells.births.clocks import Clock
from cartflow.cells.contact.terms import NEVER
from cartflow.cells.traits.laws import (
    Constant,
    Effect,
    Histogram,
    Law,
    LogNormal,
    Normal,
    Trait,
)
from cartflow.core.outcome import InputError
from cartflow.kinetics.network import Network
from cartflow.study.stated import ramp_of, require, value_of
from cartflow.study.tables.cells import CellsTable, EffectTable, TraitTable
from cartflow.study.tables.fields import FieldTable

_LAWS = {
    "constant": ("value",),
    "normal": ("mean", "deviation"),
    "lognormal": ("median", "deviation"),
    "histogram": ("edges", "numbers"),
}
OF_SPHERES = (
    "radius",
    "repulsion",
    "adhesion",
    "most_touching",
    "growth_rate",
    "remains_time",
    "remains_volume",
    "remains_activity",
)
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
            loss = value_of(table.loss, 0.0)
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
        return Constant(value=value_of(table.value))
    if table.law == "normal":
        return Normal(mean=value_of(table.mean), deviation=value_of(table.deviation))
    if table.law == "lognormal":
        return LogNormal(median=value_of(table.median), deviation=value_of(table.deviation))
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
        require(table.reaction, network.reaction_names, f"{where}.reaction", "reaction")
        require(table.trait, columns, f"{where}.trait", "trait")
        changed = network.reactions[network.reaction_names.index(table.reaction)]
        if not {*changed.consumes, *changed.produces} & set(kinds):
            msg = f"{where}.reaction: '{table.reaction}' changes no cells"
            raise InputError(msg)
        ramp = ramp_of(table.threshold, table.saturation, where)
        found.append(Effect(reaction=table.reaction, column=columns[table.trait], ramp=ramp))
    return tuple(found)


def clocks_of(
    table: CellsTable, traits: Sequence[Trait], network: Network, kinds: Sequence[str], free: int
) -> tuple[Clock, ...]:
    """Return the divisions that come due; `free` is the first free column of cells' numbers.

    Raises `InputError`.
    """
    found = []
    for number, item in enumerate(table.clocks):
        where = f"cells.clocks.{number}"
        if table.crowding == "lattice":
            msg = f"{where}: not with crowding = 'lattice' yet; allowed: none, spheres"
            raise InputError(msg)
        require(item.reaction, network.reaction_names, f"{where}.reaction", "reaction")
        changed = network.reactions[network.reaction_names.index(item.reaction)]
        who = {*changed.produces} & set(kinds)
        if len(who) != 1 or {*changed.consumes} & set(kinds) or min(changed.produces.values()) < 1:
            msg = f"{where}.reaction: '{item.reaction}' is no division of one field of cells"
            raise InputError(msg)
        own = {t.name: t for t in traits if kinds[t.kind] in who}
        require(item.trait, own, f"{where}.trait", f"trait of '{who.pop()}'")
        trait = own[item.trait]
        if trait.inherited or trait.loss > 0.0:
            msg = f"{where}.trait: '{item.trait}' must have daughters = 'draw', and no loss"
            raise InputError(msg)
        waited = -1
        if item.due == "waited":
            waited, free = free, free + 1
        found.append(Clock(reaction=item.reaction, trait=trait, waited=waited))
    return tuple(found)


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
    reach = value_of(table.adhesion_reach, _REACH)
    if reach < 1.0:
        msg = f"cells.adhesion_reach: {reach:g}; allowed: 1 or more, in sums of two radii"
        raise InputError(msg)
    return Room(
        crowding=table.crowding,
        reach=reach,
        per_site=table.per_site or 1,
    )


def bodies_of(
    kinds: Sequence[str], fields: Mapping[str, FieldTable], table: CellsTable, network: Network
) -> tuple[Body, ...]:
    """Return how large cells are. Raises `InputError` where that has no effect, or none is."""
    dying = {one.target for one in table.contacts} | _dying(kinds, table, network)
    spheres = table.crowding == "spheres"
    for name in kinds:
        for key in OF_SPHERES:
            if getattr(fields[name], key) is not None and not spheres:
                msg = f"fields.{name}.{key}: only with cells.crowding = 'spheres'"
                raise InputError(msg)
        _refuse_sizes(name, fields[name], dying)
    if spheres and all(fields[name].radius is None for name in kinds):
        msg = f"fields.{kinds[0]}: key 'radius' is missing, since cells are spheres"
        raise InputError(msg)
    return tuple(
        Body(
            radius=value_of(fields[name].radius, 0.0),
            repulsion=value_of(fields[name].repulsion, value_of(table.repulsion, _REPULSION)),
            adhesion=value_of(fields[name].adhesion, value_of(table.adhesion, 0.0)),
            most_touching=fields[name].most_touching or NEVER,
            growth=value_of(fields[name].growth_rate, 0.0),
            remains=value_of(fields[name].remains_time, 0.0),
            remains_volume=value_of(fields[name].remains_volume, 1.0),
            remains_activity=value_of(fields[name].remains_activity, 0.0),
        )
        for name in kinds
    )


def _dying(kinds: Sequence[str], table: CellsTable, network: Network) -> set[str]:
    """Return the kinds of which a reaction may leave no cell."""
    found = set()
    for reaction in network.reactions:
        before, after = {*reaction.consumes} & set(kinds), {*reaction.produces} & set(kinds)
        if before and not after:
            found |= before
        elif after and not before and table.net_rates != "refuse":
            found |= after
    return found


def _refuse_sizes(name: str, field: FieldTable, dying: Collection[str]) -> None:
    """Raise `InputError` on a volume without an effect, or of more than the whole."""
    for key in ("growth_rate", "remains_time"):
        if getattr(field, key) is not None and field.radius is None:
            msg = f"fields.{name}.{key}: only with a radius"
            raise InputError(msg)
    if field.remains_time is not None and name not in dying:
        msg = f"fields.{name}.remains_time: only for the target of a contact, or where a reaction "
        raise InputError(msg + "leaves no cell; else nobody dies")
    for key in ("remains_volume", "remains_activity"):
        number = getattr(field, key)
        if number is not None and field.remains_time is None:
            msg = f"fields.{name}.{key}: only with remains_time"
            raise InputError(msg)
        if number is not None and number.value > 1.0:
            msg = f"fields.{name}.{key}: {number.value:g}; "
            raise InputError(msg + "allowed: above 0, up to 1 of the living cell's")
