"""The groups of a result that are each of several tumours'."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.coupling.record import Record
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.pbpk.flows.fed import entering_concentration
from cartflow.results.endpoint import endpoint_of
from cartflow.results.groups.exchange import exchange_group
from cartflow.results.shelf import Saving
from cartflow.results.time_error import time_error
from cartflow.results.tumour import tumour_group


def tumours_groups(
    record: Record, run: TumoursSimulation, body: xr.Dataset, saving: Saving | None
) -> dict[str, xr.Dataset]:
    """Return the groups of each tumour, by its name: fields, exchange and summary.

    They are those of a result with one tumour; `body` is the group of the body, and `saving` says
    how fields are kept. Depths of products that a tumour has not are nan.
    """
    times = np.array([state.time for state in record.states])
    found = {}
    for name, part in run.parts.items():
        own = run.record_of(name, record)
        kept = saving or Saving()
        if kept.fields is not None:
            species = part.coupled.engine.problem.network.species_names
            kept = replace(kept, fields=tuple(f for f in kept.fields if f in species))
        tumour = _of_all_products(tumour_group(own, part, kept), run, name)
        inside = body["cells"].sel(organ=f"tumour_{name}", space="tissue").sum("phenotype")
        found[name] = tumour
        constant = run.programme is None
        found[f"{name}/exchange"] = exchange_group(own, part, constant=constant).assign(
            entering_concentration=_entering(record, run, name)
        )
        found[f"{name}/summary"] = endpoint_of(tumour, times, inside.values, body)
    return found


def several_time_error(record: Record, run: TumoursSimulation) -> tuple[float, str] | None:
    """Return the largest error in time of what is told of any tumour, or of the body."""
    found = {}
    for name, part in run.parts.items():
        told = time_error(run.record_of(name, record), part)
        if told is not None:
            found[name] = told
    if not found:
        return None
    worst = max(found, key=lambda name: found[name][0])
    error, of = found[worst]
    return error, of if of.startswith("cells in ") else f"{of}, {worst}"


def _of_all_products(tumour: xr.Dataset, run: TumoursSimulation, name: str) -> xr.Dataset:
    """Return a tumour's group with a depth for every product of the run."""
    layout, depths = run.tumours.layout, tumour["penetration_depth"]
    whole = np.full((depths.sizes["time"], len(layout.products)), np.nan)
    whole[:, layout.rows[name]] = depths.values
    return tumour.drop_vars("penetration_depth").assign(
        penetration_depth=xr.Variable(("time", "phenotype"), whole, depths.attrs)
    )


def _entering(record: Record, run: TumoursSimulation, name: str) -> xr.Variable:
    network = run.tumours.network
    vessels = network.tumours[name].vessels
    values = [entering_concentration(network, s.body, vessels) for s in record.states]
    text = "product cells in the blood that enters the tumour"
    return variable(("time", "phenotype"), values, "cell/mm^3", text)
