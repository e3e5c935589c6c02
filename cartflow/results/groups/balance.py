"""The group of a result with the balance of product cells."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.ledger import residual, stacked
from cartflow.coupling.record import Record
from cartflow.coupling.runs import System
from cartflow.pbpk.flows.observables import in_body
from cartflow.results.counted import in_tumour

Array = np.ndarray


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
