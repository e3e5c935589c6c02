"""The group of a result with cells by organ, and what stands where kinetics act in organs."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import label, variable
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.growing.coupled import GrowingCoupled
from cartflow.coupling.record import Record
from cartflow.coupling.runs import System
from cartflow.coupling.several.system import Tumours
from cartflow.pbpk.flows.fed import ENTERING as VENOUS
from cartflow.pbpk.flows.fed import VESSELS, entering_concentration
from cartflow.pbpk.flows.observables import SPACES, organ_table, venous_concentration
from cartflow.results.at_once import at_once_at_sites
from cartflow.results.counted import in_tumour

Array = np.ndarray

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
