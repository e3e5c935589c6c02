"""The group of a result with what passed between vessels, tumour and lymph."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.results.at_once import at_once_in_tumour
from cartflow.results.groups.crossed import crossed


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
            **crossed(record, simulation.coupled.engine.problem),
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
