"""From what an event removes, irradiates or adds to what it does to a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, parameter, signed
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.runs import System
from cartflow.coupling.several.system import Tumours
from cartflow.kinetics.network import Species
from cartflow.study.events.in_one_tumour import InOneTumour
from cartflow.study.events.jumps import Addition, Jump
from cartflow.study.tables.events import (
    AddTable,
    EventTable,
    IrradiateTable,
    PlacedTable,
    RemoveTable,
)

JUMPS = ("remove", "irradiate", "add")
_WHOLE = {"cell/mm^3": "cell", "ng/mm^3": "ng"}


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where an event acts, and the species that stand there."""

    region: str | None
    compartments: tuple[str, ...]
    species: tuple[Species, ...]
    tumour: str | None = None

    @property
    def names(self) -> list[str]:
        return [species.name for species in self.species]


def read_jump(table: EventTable, system: System, key: str) -> Jump | InOneTumour | None:
    """Return what an event does at once to a state of `system`, or None. Raises `InputError`."""
    stated = [name for name in JUMPS if getattr(table, name) is not None]
    if len(stated) > 1:
        msg = f"{key}: has both '{stated[0]}' and '{stated[1]}'; give each an event of its own"
        raise InputError(msg)
    if not stated:
        return None
    item, where = getattr(table, stated[0]), f"{key}.{stated[0]}"
    place = _place(item, system, where)
    if isinstance(item, AddTable):
        addition = _addition(item, place, where)
        jump = Jump(addition=addition, region=place.region, compartments=place.compartments)
    else:
        kept = dict.fromkeys(_named(item, place, where), _survival(item, where))
        jump = Jump(kept=kept, region=place.region, compartments=place.compartments)
    return jump if place.tumour is None else InOneTumour(tumour=place.tumour, jump=jump)


def described(table: EventTable) -> list[str]:
    """Return in words what an event does at once."""
    found = []
    if (item := table.remove) is not None:
        found.append(f"{item.fraction.stated} of {_list(item.species)} removed{_where(item)}")
    if (ray := table.irradiate) is not None:
        found.append(f"{ray.dose.stated} on {_list(ray.species)}{_where(ray)}")
    if (more := table.add) is not None:
        given = more.amount["value"] if isinstance(more.amount, dict) else more.amount
        given = given.stated if isinstance(given, Parameter) else given
        found.append(f"{given} of {more.species} added{_where(more)}")
    return found


def numbers(table: EventTable, system: System, key: str) -> dict[str, Parameter]:
    """Return every number of what an event does at once, by its key in the event's table."""
    found: dict[str, Parameter] = {}
    if (item := table.remove) is not None:
        found["remove.fraction"] = item.fraction
    if (ray := table.irradiate) is not None:
        for name in ("dose", "alpha", "beta"):
            found[f"irradiate.{name}"] = getattr(ray, name)
    if (more := table.add) is not None:
        place = _place(more, system, f"{key}.add")
        found["add.amount"] = _amount(more, place, f"{key}.add")
    return found


def _survival(item: RemoveTable | IrradiateTable, where: str) -> float:
    if isinstance(item, RemoveTable):
        if item.fraction.value > 1.0 or item.fraction.value == 0.0:
            msg = f"{where}.fraction: '{item.fraction.stated}' is not above 0 and at most 1"
            raise InputError(msg)
        return 1.0 - item.fraction.value
    dose = item.dose.value
    return exp(-item.alpha.value * dose - item.beta.value * dose**2)


def _named(item: RemoveTable | IrradiateTable, place: _Place, where: str) -> Sequence[str]:
    if item.species is None:
        return place.names
    for name in item.species:
        require_known(name, place.names, f"{where}.species")
    if len(set(item.species)) < len(item.species):
        msg = f"{where}.species: {', '.join(item.species)}: a species is named twice"
        raise InputError(msg)
    return item.species


def _addition(item: AddTable, place: _Place, where: str) -> Addition:
    number = _amount(item, place, where)
    mean = number.unit == place.species[place.names.index(item.species)].unit
    return Addition(species=item.species, value=number.value, mean=mean)


def _amount(item: AddTable, place: _Place, where: str) -> Parameter:
    """Return how much is added, in cells or ng, or in the species' own unit."""
    require_known(item.species, place.names, f"{where}.species")
    species = place.species[place.names.index(item.species)]
    if species.role in ("phenotype", "product"):
        msg = f"{where}.species: '{item.species}' is a product; give it as a dose, in [[doses]]"
        raise InputError(msg)
    reason = ""
    for unit in (_WHOLE.get(species.unit), species.unit):
        if unit is not None:
            try:
                found = parameter(item.amount, unit)
                break
            except InputError as error:
                reason = str(error)
    else:
        msg = f"{where}.amount: {reason}"
        raise InputError(msg)
    if not found.value > 0.0:
        msg = f"{where}.amount: '{found.stated}' must be greater than 0"
        raise InputError(msg)
    return signed(found, "positive")


def _place(item: PlacedTable, system: System, where: str) -> _Place:
    """Return where an event acts: without a word, in the whole tumour, or at all sites."""
    if item.region is not None and item.compartment is not None:
        msg = f"{where}: give 'region' (of the tumour) or 'compartment' (of the body), not both"
        raise InputError(msg)
    if isinstance(system, Tumours) and item.compartment is None:
        return _in_one_tumour(item, system, where)
    if item.tumour is not None:
        why = "beside 'compartment'" if item.compartment else "in a study that names no tumours"
        msg = f"{where}.tumour: has no effect {why}"
        raise InputError(msg)
    if isinstance(system, Coupled) and item.compartment is None:
        geometry, region = system.engine.problem.geometry, item.region or "all"
        require_known(region, geometry.regions, f"{where}.region")
        if not geometry.region(region).any():
            msg = f"{where}.region: the region '{region}' holds no mesh cell"
            raise InputError(msg)
        network = system.engine.problem.network
        return _Place(region=region, compartments=(), species=network.species)
    if item.region is not None:
        msg = f"{where}.region: a study without a tumour has none; give 'compartment'"
        raise InputError(msg)
    return _in_body(item.compartment, system, where)


def _in_one_tumour(item: PlacedTable, system: Tumours, where: str) -> _Place:
    """Return where in a tumour of several an event acts."""
    if item.tumour is None:
        names = ", ".join(system.parts)
        msg = f"{where}: key 'tumour' is missing; one of {names}, or 'compartment'"
        raise InputError(msg)
    require_known(item.tumour, system.parts, f"{where}.tumour")
    own = item.model_copy(update={"tumour": None})
    return replace(_place(own, system.parts[item.tumour], where), tumour=item.tumour)


def _in_body(compartment: str | None, system: System, where: str) -> _Place:
    """Return a compartment, or all sites of kinetics, with what stands there."""
    kinetics = system.kinetics
    sites = [] if kinetics is None else [site.compartment for site in kinetics.sites]
    places = [compartment] if compartment is not None else sites
    if not places:
        msg = f"{where}: key 'compartment' is missing; one of {', '.join(_compartments(system))}"
        raise InputError(msg)
    require_known(places[0], _compartments(system), f"{where}.compartment")
    carried = [each.species for each in system.organs.circulating]
    own = () if kinetics is None else kinetics.network.species
    own = tuple(species for species in own if species.name not in carried)
    if set(places) <= set(sites):
        species = own
    else:  # only cells that travel stand everywhere
        known = {s.name: s for s in own}
        travellers = [n for n in system.product_names if n not in known or _travels(known[n])]
        species = tuple(known.get(n, Species(name=n, role="phenotype")) for n in travellers)
    return _Place(region=None, compartments=tuple(places), species=species)


def _travels(species: Species) -> bool:
    return species.role == "phenotype"


def _compartments(system: System) -> list[str]:
    return [c.name for c in system.network.compartments if c.organ]


def _list(names: Sequence[str] | None) -> str:
    return "all" if names is None else " and ".join(names)


def _where(item: PlacedTable) -> str:
    place = item.region or item.compartment
    of = "" if item.tumour is None else f" of {item.tumour}" if place else f" in {item.tumour}"
    return of if place is None else f" in {place}{of}"
