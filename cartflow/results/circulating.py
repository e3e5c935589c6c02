"""What circulates beside cells, as a group of the result: where it is, and its balance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from cartflow.core.dataset import label, variable
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.record import Record
from cartflow.coupling.runs import System
from cartflow.pbpk.circulation.circulation import Circulation
from cartflow.results.counted import Shelved

Array = np.ndarray
GROUP = "circulating"
_SPACES = ("vascular", "tissue", "endosome")
_POOLS = ("venous", "arterial", "lymph")
_DIMS = ("time", "place", "compartment_space")
_ACCOUNTS = {
    "infused": "given, with what was there at the start",
    "made": "made by kinetics since the start",
    "used": "used by kinetics since the start",
    "eliminated": "eliminated since the start",
    "entered": "entered the tumour's tissue from its vessels since the start",
    "returned": "returned from it to blood and lymph since the start",
}


def circulating_group(record: Record, system: System) -> xr.Dataset | None:
    """Return concentrations in blood, amounts and concentrations by place, and the balance.

    None where nothing circulates beside cells.
    """
    circulating = system.organs.circulating
    if not circulating:
        return None
    places = _places(circulating)
    carried = np.array([state.carried for state in record.states])
    found: dict[str, xr.Variable] = {}
    inside = _in_tumour(record, system)
    parts = system.organs.carried_of(carried)
    for column, (each, amounts) in enumerate(zip(circulating, parts, strict=True)):
        found |= _where(each, amounts, places)
        gone = _at_once(record, system, each.species)
        found |= _balance(record, each, column, (amounts.sum(axis=-1), inside[:, column], gone))
    coordinates = {
        "place": label(("place",), places, "pool of blood, lymph nodes, or organ"),
        "compartment_space": label(("compartment_space",), list(_SPACES), "space there"),
    }
    kinds = {each.species: each.kind for each in circulating}
    return xr.Dataset(found, coordinates, attrs={"species": " ".join(kinds)})


def _places(circulating: tuple[Circulation, ...]) -> list[str]:
    """Return pools first, then organs, as far as anything circulates there."""
    named = [_place(each, n)[0] for each in circulating for n in range(len(each.names))]
    known = [name for name in dict.fromkeys(named) if name]
    return [*(p for p in _POOLS if p in known), *(p for p in known if p not in _POOLS)]


def _place(each: Circulation, number: int) -> tuple[str, str]:
    """Return place and space of a compartment; what gathers has none."""
    compartment = each.compartments[number]
    name = compartment.name if compartment.name in _POOLS else compartment.organ
    space = "vascular" if compartment.space == "cavity" else compartment.space
    return (name, space) if space else ("", "")


def _where(each: Circulation, amounts: Array, places: list[str]) -> dict[str, xr.Variable]:
    """Return the concentration in blood, and amounts and concentrations by place."""
    shape = (len(amounts), len(places), len(_SPACES))
    there, volumes = np.full(shape, np.nan), np.zeros(shape[1:])
    for number in range(len(each.names)):
        place, space = _place(each, number)
        if not place:
            continue
        at = places.index(place), _SPACES.index(space)
        there[:, at[0], at[1]] = np.nan_to_num(there[:, at[0], at[1]]) + amounts[:, number]
        # Free and bound share one endosome.
        volumes[at] = each.volumes[number]
    unit, name = each.unit, each.species
    with np.errstate(invalid="ignore", divide="ignore"):
        concentrations = there / volumes
    blood = amounts[:, each.index(each.blood)] / each.volumes[each.index(each.blood)]
    dense = f"{unit}/mm^3"
    return {
        f"plasma_{name}": variable(
            ("time",), blood, dense, f"{name} in venous plasma", distribution=each.kind
        ),
        f"amount_{name}": variable(_DIMS, there, unit, f"{name} by place and space"),
        f"concentration_{name}": variable(
            _DIMS, concentrations, dense, f"{name} in the fluid of each place and space"
        ),
    }


def _balance(
    record: Record, each: Circulation, column: int, places: tuple[Array, Array, Array]
) -> dict[str, xr.Variable]:
    """Return what came and went of a species, and what is missing.

    `places` are what is in the body and in the tumour, and what events took out of that.
    """
    body, tumour, gone = places
    accounts: Mapping[str, Array] = {
        name: np.array([getattr(s.ledger, f"carried_{name}")[column] for s in record.states])
        for name in _ACCOUNTS
    }
    gained = accounts["infused"] + accounts["made"] - accounts["used"] - accounts["eliminated"]
    columns = {
        **{name: (accounts[name], text) for name, text in _ACCOUNTS.items()},
        "in_body": (body, "in the body without the tumour's tissue"),
        "in_tumour": (tumour, "in the tumour's tissue"),
        "removed": (gone, "taken out of the tumour by events less what they added, in all"),
        "residual": (
            gained - gone - body - tumour,
            "infused + made - used - eliminated - removed - in_body - in_tumour",
        ),
    }
    return {
        f"{name}_{each.species}": variable(("time",), values, each.unit, f"{each.species}, {text}")
        for name, (values, text) in columns.items()
    }


def _at_once(record: Record, system: System, species: str) -> Array:
    """Return what events took of a species out of the tissue, less what they added, by time."""
    each = system.in_turns.exchange.each if isinstance(system, Coupled) else ()
    if not isinstance(system, Coupled) or species not in [e.circulation.species for e in each]:
        return np.zeros(len(record.states))
    row = system.engine.problem.network.index(species)
    return np.array([s.ledger.taken[row] - s.ledger.added[row] for s in record.states])


def _in_tumour(record: Record, system: System) -> Array:
    """Return what of each species is in the tissue at every saved time (times, species)."""
    count = len(system.organs.circulating)
    if not isinstance(system, Coupled):
        return np.zeros((len(record.states), count))
    exchange = system.in_turns.exchange
    return np.array(
        [
            exchange.of_all(s.counted.amounts, count)
            if isinstance(s, Shelved)
            else exchange.in_tumour(s.tumour, count)
            for s in record.states
        ]
    )
