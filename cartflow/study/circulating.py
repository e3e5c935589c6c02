"""From the tables of what circulates to circulations in the study's body, and to their doses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError, named
from cartflow.core.parameters import Parameter, parameter, signed
from cartflow.kinetics.network import Network, Role, Species, SpeciesUnit
from cartflow.pbpk.body import Body
from cartflow.pbpk.circulation.circulation import Circulation
from cartflow.pbpk.circulation.load import load_solute
from cartflow.pbpk.circulation.proteins import antibody_circulation, protein_circulation
from cartflow.pbpk.circulation.small_molecules import molecule_circulation
from cartflow.pbpk.circulation.solutes import Antibody, Protein, SmallMolecule, TumourWall
from cartflow.pbpk.circulation.tables import CellsTable, EverywhereTable
from cartflow.pbpk.circulation.undivided import cell_circulation, pool_circulation
from cartflow.pbpk.doses import SoluteDose
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.tumour import TumourVessels
from cartflow.study.tables.circulating import CirculatingTable, SoluteDoseTable

_UNITS: dict[str, SpeciesUnit] = {"ng": "ng/mm^3", "cell": "cell/mm^3"}
_ROLES: dict[str, Role] = {"ng": "solute", "cell": "resident"}


def circulations(
    tables: Mapping[str, CirculatingTable],
    body: Body,
    organs: OrganNetwork,
    tumour: TumourVessels | None,
    inside: Sequence[str],
    folder: Path,
) -> tuple[Circulation, ...]:
    """Return how each species circulates in a body; those `inside` are exchanged with a tumour.

    Raises `InputError` naming the species and its key.
    """
    found = []
    for name, table in tables.items():
        try:
            own = tumour if name in inside else None
            made = _circulation(name, table, body, organs, tumour, own is not None, folder)
        except InputError as error:
            key = f"circulating.{name}"
            msg = str(error) if str(error).startswith(key) else f"{key}: {error}"
            raise InputError(msg) from None
        found.append(replace(made, initial=_initial(name, table, made.unit)))
    return tuple(found)


def _circulation(
    name: str,
    table: CirculatingTable,
    body: Body,
    organs: OrganNetwork,
    tumour: TumourVessels | None,
    exchanged: bool,
    folder: Path,
) -> Circulation:
    solute, _ = load_solute(table.like, table.numbers, folder)
    for key in ("permeability", "vessel_surface"):
        if getattr(table, key) is not None and not exchanged:
            msg = f"{key}: has no effect: no tumour of the study has '{name}' in its kinetics"
            raise InputError(msg)
    wall = TumourWall(permeability=table.permeability, surface=table.vessel_surface)
    if isinstance(solute, (EverywhereTable, CellsTable)):
        if exchanged:
            msg = f"like: '{table.like}' is not exchanged with a tumour; use a protein"
            raise InputError(msg)
        return _whole(name, solute, body, organs)
    if isinstance(solute, Antibody):
        return antibody_circulation(name, body, solute, tumour, wall, exchanged)
    if isinstance(solute, Protein):
        return protein_circulation(name, body, solute, tumour, wall, exchanged)
    assert isinstance(solute, SmallMolecule)
    return molecule_circulation(name, body, solute, tumour, wall, exchanged)


def _whole(
    name: str, solute: EverywhereTable | CellsTable, body: Body, organs: OrganNetwork
) -> Circulation:
    """Return how what is everywhere alike circulates, or what travels as cells do."""
    if isinstance(solute, CellsTable):
        return cell_circulation(name, organs)
    volume = solute.volume
    fluid = body.blood_volume.value * (1 - body.haematocrit.value)
    fluid += sum(organ.interstitial_volume.value for organ in body.organs.values())
    loss = 0.0 if solute.elimination_rate is None else solute.elimination_rate.value
    return pool_circulation(name, fluid if volume is None else volume.value, loss)


def _initial(name: str, table: CirculatingTable, unit: str) -> float:
    if table.initial is None:
        return 0.0
    with named(f"circulating.{name}.initial"):
        initial = signed(parameter(table.initial, _UNITS[unit]), "not_negative")
    return initial.value


def solute_doses(
    tables: Mapping[str, CirculatingTable],
    made: Sequence[Circulation],
    body: Body,
    end: Parameter,
) -> tuple[SoluteDose, ...]:
    """Return the doses of what circulates, all over by `end`. Raises `InputError` with the key."""
    found = []
    for circulation in made:
        for number, table in enumerate(tables[circulation.species].doses):
            key = f"circulating.{circulation.species}.doses.{number}"
            try:
                found.append(_dose(circulation, table, body, end))
            except InputError as error:
                msg = f"{key}.{error}"
                raise InputError(msg) from None
    return tuple(found)


def _dose(
    circulation: Circulation, table: SoluteDoseTable, body: Body, end: Parameter
) -> SoluteDose:
    with named("amount"):
        amount = dosed_amount(table.amount, circulation, body)
    if not amount > 0:
        msg = f"amount: '{table.amount}' must be above 0"
        raise InputError(msg)
    dose = SoluteDose(
        species=circulation.species,
        amount=amount,
        time=0.0 if table.time is None else table.time.value,
        duration=0.0 if table.duration is None else table.duration.value,
    )
    if dose.end > end.value:
        key, stated = ("duration", table.duration) if table.duration else ("time", table.time)
        shown = "" if stated is None else stated.stated
        msg = f"{key}: '{shown}' is after time.end"
        raise InputError(msg)
    return dose


def dosed_amount(raw: Any, circulation: Circulation, body: Body) -> float:
    """Return a dose in ng, or cells: a mass, one per body weight, or an amount of substance."""
    if circulation.unit == "cell":
        return parameter(raw, "cell").value
    reasons = []
    for like in ("ng", "ng/kg", "nmol", "nmol/kg"):
        try:
            value = parameter(raw, like).value
        except InputError as error:
            reasons.append(str(error))
            continue
        if like.endswith("/kg"):
            value *= body.body_weight.value
        if like.startswith("nmol"):
            mass = circulation.parameters.get("molar_mass")
            if mass is None:
                msg = f"'{raw}' needs numbers.molar_mass"
                raise InputError(msg)
            value *= mass.value
        return value
    raise InputError(reasons[0])


def with_circulating(network: Network, made: Sequence[Circulation], where: str) -> Network:
    """Return a network with what circulates among its species. Raises `InputError`."""
    species = {s.name: s for s in network.species}
    more = []
    for each in made:
        unit, known = _UNITS[each.unit], species.get(each.species)
        if known is None:
            more.append(Species(name=each.species, role=_ROLES[each.unit], unit=unit))
        elif known.unit != unit or known.role in ("phenotype", "product"):
            msg = (
                f"circulating.{each.species}: it is a {known.role} in {known.unit} in {where}; "
                f"what circulates like {each.kind} is in {unit}, and no product cell"
            )
            raise InputError(msg)
    return replace(network, species=(*network.species, *more)) if more else network


def circulating_parameters(
    tables: Mapping[str, CirculatingTable], made: Sequence[Circulation]
) -> dict[str, Parameter]:
    """Return every number that the circulations rest on, by dotted key."""
    found: dict[str, Parameter] = {}
    for each in made:
        key = f"circulating.{each.species}"
        found |= {f"{key}.{name}": value for name, value in each.parameters.items()}
        table = tables[each.species]
        if table.initial is not None:
            found[f"{key}.initial"] = parameter(table.initial, _UNITS[each.unit])
    return found
