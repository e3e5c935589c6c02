"""From what circulates to what of it is exchanged with the tumour's tissue, and by which ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.coupling.exchange import Exchanged, SoluteExchange
from cartflow.pbpk.circulation.circulation import Circulation
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pde.boundary import RegionSource, Robin
from cartflow.pde.operators.crossings import crossings
from cartflow.pde.problem import Field, Problem
from cartflow.study.schema import TumourTable
from cartflow.study.tables.circulating import CirculatingTable

Array = np.ndarray
_ALL = "all"


def exchanging(
    problem: Problem,
    organs: OrganKinetics | None,
    tables: Mapping[str, CirculatingTable],
    tumour: TumourTable,
    arrival: Array,
) -> tuple[Problem, OrganKinetics | None, SoluteExchange | None]:
    """Return the problem and the organs with what circulates exchanged between them.

    From vessels it enters as cells arrive, and goes back in proportion; through a rim that feeds
    the tumour it passes a film of the species' `permeability`, half a mesh cell behind it.
    `arrival` (1/mm3) is where cells arrive. Raises `InputError` naming the species and its key.
    """
    made = () if organs is None else organs.circulating
    inside = [each for each in made if each.tumour is not None]
    if organs is None or not inside:
        return problem, organs, None
    if problem.following:
        msg = (
            f"circulating.{inside[0].species}: exchange with a tumour whose regions follow fields "
        )
        raise InputError(msg + "is not computed yet; leave out [regions] or the exchange")
    rim = tumour.feeding == "rim"
    fields = tuple(_with_way(f, inside, tables, tumour, problem, arrival) for f in problem.fields)
    names = tuple(each.species for each in inside)
    new = replace(problem, fields=fields, counted=names)
    found, changed = [], {}
    for each in inside:
        one = _through_rim(new, each, tumour) if rim else _from_vessels(new, each, arrival)
        changed[each.species] = one.circulation
        column = [other.species for other in made].index(each.species)
        places = _places(new, each.species, rim)
        found.append(replace(one, column=column, places=places))
    circulating = tuple(changed.get(each.species, each) for each in made)
    return (
        new,
        replace(organs, circulating=circulating),
        SoluteExchange(problem=new, each=tuple(found)),
    )


def _with_way(
    field: Field,
    inside: Sequence[Circulation],
    tables: Mapping[str, CirculatingTable],
    tumour: TumourTable,
    problem: Problem,
    arrival: Array,
) -> Field:
    """Return a field with the way by which it goes back to the vessels, if it does."""
    found = [each for each in inside if each.species == field.name]
    if not found:
        return field
    key, each = f"circulating.{field.name}", found[0]
    if not field.solute:
        msg = f"{key}: it is no solute in the tumour, and what circulates is exchanged in its pores"
        raise InputError(msg)
    if tumour.feeding == "rim":
        return _behind_film(field, tables[field.name], tumour, problem, key)
    _require_whole_wall(tables[field.name], key)
    way = each.tumour
    assert way is not None
    porosity = problem.tissue.porosity_at(None)
    removal = way.clearance * arrival * problem.geometry.volume / porosity
    if not way.clearance > 0:
        msg = f"{key}: nothing of it returns from the tumour; state permeability and vessel_surface"
        raise InputError(msg)
    return replace(field, sources=(*field.sources, RegionSource(region=_ALL, removal=removal)))


def _require_whole_wall(table: CirculatingTable, key: str) -> None:
    """Raise `InputError` where one of the two numbers of the vessels' walls stands alone."""
    ways = {"permeability": table.permeability, "vessel_surface": table.vessel_surface}
    missing = [name for name, number in ways.items() if number is None]
    if len(missing) == 1:
        given = next(name for name in ways if name not in missing)
        msg = f"{key}.{missing[0]}: is missing; {given} has no effect without it"
        raise InputError(msg)


def _behind_film(
    field: Field, table: CirculatingTable, tumour: TumourTable, problem: Problem, key: str
) -> Field:
    """Return a field that passes a film at the rim, beyond which there is nothing."""
    boundary = _rim(tumour, problem)
    if table.permeability is None:
        msg = f"{key}.permeability: is missing; with feeding = 'rim' it is that of the rim"
        raise InputError(msg)
    if table.vessel_surface is not None:
        msg = f"{key}.vessel_surface: has no effect with feeding = 'rim'"
        raise InputError(msg)
    if field.diffusivity is None:
        msg = f"fields.{field.name}.diffusivity: is missing; it enters through the rim"
        raise InputError(msg)
    if boundary in field.boundaries:
        msg = f"fields.{field.name}.boundaries.{boundary}: has no effect beside {key}"
        raise InputError(msg)
    film = Robin(transfer_coefficient=table.permeability.value)
    return replace(field, boundaries={**field.boundaries, boundary: film})


def _rim(tumour: TumourTable, problem: Problem) -> str:
    return tumour.boundary or next(iter(problem.geometry.boundaries))


def _from_vessels(problem: Problem, each: Circulation, arrival: Array) -> Exchanged:
    assert each.tumour is not None
    porosity = problem.tissue.porosity_at(None)
    outflow = each.tumour.clearance * arrival * problem.geometry.volume / porosity
    return Exchanged(circulation=each, column=0, arrival=arrival, outflow=outflow, places=())


def _through_rim(problem: Problem, each: Circulation, tumour: TumourTable) -> Exchanged:
    """Return what passes the rim, by what its film and half a mesh cell let pass."""
    geometry, row = problem.geometry, problem.network.index(each.species)
    field, nothing = problem.fields[row], np.zeros((len(problem.fields), problem.geometry.size))
    storage = problem.storage(nothing)[row]
    diffusivity = problem.place_diffusivity(field, nothing)
    kinds = [*field.boundaries]
    crossed = crossings(problem, field, diffusivity, nothing, storage)
    loss = crossed[kinds.index(_rim(tumour, problem))].loss
    clearance = float(loss @ geometry.cell_volumes)
    if not clearance > 0:
        msg = f"circulating.{each.species}.permeability: nothing passes the rim"
        raise InputError(msg)
    return Exchanged(
        circulation=each.exchanging(clearance, geometry.volume),
        column=0,
        arrival=loss / clearance,
        outflow=loss / storage,
        places=(),
    )


def _places(problem: Problem, species: str, rim: bool) -> tuple[int, ...]:
    """Return through which of the problem's places a species goes back: the last of its kind."""
    kind = "boundary" if rim else "region"
    own = [
        number
        for number, place in enumerate(problem.places)
        if place.field == species and place.kind == kind
    ]
    return (own[-1],)
