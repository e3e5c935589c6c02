"""The groups of a result that say what became of the cells: body, exchange, balance."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import coordinate, label, variable
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.growing.coupled import GrowingCoupled
from cartflow.coupling.ledger import residual, stacked
from cartflow.coupling.record import Record
from cartflow.coupling.runs import System
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.flows.fed import ENTERING as VENOUS
from cartflow.pbpk.flows.fed import VESSELS, entering_concentration
from cartflow.pbpk.flows.observables import SPACES, in_body, organ_table, venous_concentration
from cartflow.pde.boundary import Place
from cartflow.pde.problem import Problem
from cartflow.results.at_once import at_once_at_sites, at_once_in_tumour
from cartflow.results.counted import in_tumour

Array = np.ndarray


def shared(record: Record, system: System) -> dict[str, xr.Variable]:
    """Return the coordinates of all groups."""
    names = list(system.product_names)
    times = [s.time for s in record.states]
    time = variable(("time",), times, "day", "time since the start", axis="T")
    return {
        "time": coordinate(time),
        "phenotype": label(("phenotype",), names, "phenotype of the product cells"),
    }


# What a number of cells is divided by for a density, said where the volumes stand.
_DIVIDED = (
    "vessels: blood as the trafficking model counts it; tissue: the interstitium with every "
    "trafficking model, also where lymph empties more (network_*_extravascular_volume)"
)
_COUNTED = {
    "whole_blood": "per volume of whole blood",
    "pool": "per volume of what carries the cells, which the trafficking model calls blood",
    "given": "as the study's course gives them",
}


def body_group(record: Record, system: System) -> xr.Dataset:
    """Return the cells by organ and space, and what stands where kinetics act in organs."""
    table = organ_table(system.network)
    organs = list(table.organs)
    places = [SPACES.index(space) for space in table.spaces]
    shots = record.states
    products = shots[0].body.shape[1]
    cells = np.full((len(shots), products, len(organs), len(SPACES)), np.nan)
    bodies = np.array([s.body for s in shots])
    cells[..., places] = table.cells(bodies)
    volume = np.full((len(organs), len(SPACES)), np.nan)
    volume[:, places] = table.volumes
    if isinstance(system, Coupled):
        tissue = SPACES.index("tissue")
        cells[:, :, organs.index("tumour"), tissue] = in_tumour(shots, system)
        volume[organs.index("tumour"), tissue] = system.engine.problem.geometry.volume
    if isinstance(system, GrowingCoupled):
        # It is told over time, by the tumour's group.
        volume[organs.index("tumour")] = np.nan
    if isinstance(system, Tumours):
        tissue = SPACES.index("tissue")
        for name, part in system.parts.items():
            place = organs.index(f"tumour_{name}")
            cells[:, :, place, tissue] = 0.0
            inside = [part.in_tumour(system.layout.of(name, s).tumour) for s in shots]
            cells[:, system.layout.rows[name], place, tissue] = inside
            volume[place, tissue] = part.engine.problem.geometry.volume
    dims = ("time", "phenotype", "organ", "space")
    return xr.Dataset(
        {
            "cells": variable(dims, cells, "cell", "product cells by organ and space"),
            "volume": variable(
                ("organ", "space"), volume, "mm^3", "volume of the space", comment=_DIVIDED
            ),
            "compartment_cells": variable(
                ("time", "compartment", "phenotype"),
                bodies,
                "cell",
                "product cells by compartment of the body",
            ),
            **_in_blood(bodies, system),
            **_at_sites(record, system),
            **at_once_at_sites(record, system),
        },
        coords={
            "organ": label(("organ",), organs, "organ"),
            "space": label(("space",), list(SPACES), "space within the organ"),
            "compartment": label(
                ("compartment",), list(system.network.names), "compartment that cells stand in"
            ),
        },
    )


def _in_blood(bodies: Array, system: System) -> dict[str, xr.Variable]:
    """Return the concentrations in venous blood, and in the blood that enters a tumour."""
    network, found = system.network, {}
    comment = _COUNTED[network.counted_in]
    dims, unit = ("time", "phenotype"), "cell/mm^3"
    if VENOUS in network.names:
        venous = venous_concentration(network, bodies)
        found["blood_concentration"] = variable(
            dims, venous, unit, "product cells in venous blood", comment=comment
        )
    if VESSELS in network.names:
        entering = entering_concentration(network, bodies)
        text = "product cells in the blood that enters the tumour"
        found["entering_concentration"] = variable(dims, entering, unit, text, comment=comment)
    return found


def _at_sites(record: Record, system: System) -> dict[str, xr.Variable]:
    """Return the density of every species at the sites of kinetics, and the sites' volumes."""
    kinetics = system.kinetics
    if kinetics is None:
        return {}
    densities = np.array(
        [system.organs.densities(s.body, s.residents, s.carried) for s in record.states]
    )
    names = [site.compartment for site in kinetics.sites]
    found = {
        "site": label(("site",), names, "compartment in which kinetics act"),
        "site_volume": variable(
            ("site",), kinetics.volumes, "mm^3", "volume that densities at the site are counted in"
        ),
    }
    for number, species in enumerate(kinetics.network.species):
        found[f"density_{species.name}"] = variable(
            ("time", "site"),
            densities[:, :, number],
            species.unit,
            species.long_name or species.name,
            role=species.role,
        )
    return found


def exchange_group(record: Record, simulation: Simulation, *, constant: bool) -> xr.Dataset:
    """Return what passed between vessels, tumour and lymph, through boundaries and in regions.

    `constant` says whether no number changes while the run goes on.
    """
    shots = record.states
    dims = ("time", "phenotype")
    inflow = np.array([s.ledger.inflow for s in shots])
    egress = np.array([s.ledger.egress for s in shots])
    elapsed = np.diff([s.time for s in shots])[:, None]
    means = [
        np.vstack([np.zeros_like(a[:1]), np.diff(a, axis=0) / elapsed]) for a in (inflow, egress)
    ]
    mean = "time: mean (since the last saved time)"
    return xr.Dataset(
        {
            "inflow": variable(
                dims, means[0], "cell/day", "cells from vessels into the tumour", cell_methods=mean
            ),
            "egress": variable(
                dims, means[1], "cell/day", "cells from the tumour into lymph", cell_methods=mean
            ),
            "cumulative_inflow": variable(dims, inflow, "cell", "cells that entered the tumour"),
            "cumulative_egress": variable(dims, egress, "cell", "cells that left by lymph"),
            **_crossed(record, simulation.coupled.engine.problem),
            **at_once_in_tumour(record, simulation.coupled.engine.problem),
        },
        attrs={
            **({"placed": 1} if _placed(record, simulation) else {}),
            **(_even_egress(simulation) if constant else {}),
            **_first_infusion(simulation),
        },
    )


def _first_infusion(simulation: Simulation) -> dict[str, float]:
    """Return when the first dose begins (day): what it gives is counted from the next save on."""
    times = [dose.time for dose in simulation.coupled.doses]
    return {"first_infusion": float(min(times))} if times else {}


def _even_egress(simulation: Simulation) -> dict[str, float]:
    """Return the rate (1/day) at which product cells leave, where all do so alike.

    What has left, over that rate, is then their cell-days, whatever times are saved. Single cells
    leave by chance.
    """
    problem = simulation.coupled.engine.problem
    rates = np.unique(problem.egress)
    alike = (
        rates.size == 1
        and rates[0] > 0
        and not problem.egress_region
        and problem.travels[simulation.coupled.products].all()
        and not simulation.by_chance
    )
    return {"even_egress_rate": float(rates[0])} if alike else {}


def _placed(record: Record, simulation: Simulation) -> bool:
    """Return whether product cells came into the tissue otherwise than by its body's vessels.

    Without a body what vessels hand over is what counts as infused, and no share of it.
    """
    last, coupled = record.states[-1].ledger, simulation.coupled
    routes = {dose.route for dose in coupled.doses}
    own = [p.field in coupled.product_names for p in coupled.engine.problem.places]
    return bool(
        "intratumoural" in routes
        or coupled.feed is not None
        or last.came[own].any()
        or last.added[coupled.products].any()
        or coupled.in_tumour(simulation.initial).any()
    )


_WAYS = {
    "boundary": ("entered", "came in through the boundary", "left", "went out through it"),
    "region": ("supplied", "supplied in the region", "removed", "removed in it"),
}


def _crossed(record: Record, problem: Problem) -> dict[str, xr.Variable]:
    """Return what came and went since the start through each boundary and region, by field."""
    came = np.array([s.ledger.came for s in record.states])
    went = np.array([s.ledger.went for s in record.states])
    moving = [region.name for region in problem.following]
    named = {
        "boundary": list(problem.geometry.boundaries),
        "region": [*problem.geometry.regions, *moving],
    }
    found = {}
    for kind, (inwards, came_in, outwards, went_out) in _WAYS.items():
        fields = dict.fromkeys(p.field for p in problem.places if p.kind == kind)
        if fields:
            found[kind] = label((kind,), named[kind], f"{kind} of the tumour")
        for field in fields:
            species = problem.network.species[problem.network.index(field)]
            name, unit = species.long_name or field, f"{species.unit}*mm^3"
            for way, text, amounts in ((inwards, came_in, came), (outwards, went_out, went)):
                values = _by_place(amounts, problem.places, field, kind, named[kind])
                found[f"{way}_{field}"] = variable(("time", kind), values, unit, f"{name}, {text}")
    return found


def _by_place(
    amounts: Array, places: tuple[Place, ...], field: str, kind: str, names: list[str]
) -> Array:
    """Return the columns of a field's boundaries or regions, zero where nothing may cross."""
    values = np.zeros((len(amounts), len(names)))
    for column, place in enumerate(places):
        if (place.field, place.kind) == (field, kind):
            values[:, names.index(place.name)] += amounts[:, column]
    return values


def balance_group(record: Record, system: System) -> xr.Dataset:
    """Return the terms of the balance of product cells, and its residual."""
    ledger = stacked([s.ledger for s in record.states])
    body = in_body(system.network, np.array([s.body for s in record.states]))
    if isinstance(system, Coupled):
        tumour = in_tumour(record.states, system)
    else:
        tumour = np.array([system.in_tumour(s.tumour) for s in record.states])
    # What vessels and tumour hand over is delivered within the step, so nothing is under way, but
    # fractions of cells that densities gave for whole ones.
    gaps = residual(ledger, body, tumour, np.zeros_like(tumour))
    columns = {
        "infused": (ledger.infused, "cells given, with those there at the start"),
        "in_body": (body, "cells in the body without the tumour's tissue"),
        "in_tumour": (tumour, "cells in the tumour's tissue"),
        "in_transit": (
            ledger.fractions,
            "cells handed over, not yet delivered; what densities gave beyond whole cells",
        ),
        "born": (ledger.born, "cells born since the start"),
        "died": (ledger.died, "cells that died or left for good"),
        "converted": (ledger.converted, "cells gained from other phenotypes"),
        "removed": (ledger.removed, "cells that events took out or killed"),
        "residual": (
            gaps,
            "infused + born - died - removed + converted - in_body - in_tumour - in_transit",
        ),
    }
    dims, total = ("time", "phenotype"), "sum of the residual"
    found = {n: variable(dims, v, "cell", text) for n, (v, text) in columns.items()}
    return xr.Dataset(
        {**found, "residual_total": variable(("time",), gaps.sum(axis=1), "cell", total)}
    )
