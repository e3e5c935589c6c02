"""What is kept of a member's body, alone or with several tumours in it."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable
from cartflow.coupling.ledger import residual
from cartflow.coupling.record import Record
from cartflow.coupling.runs import System
from cartflow.pbpk.flows.observables import in_body, organ_table


def of_body(record: Record, system: System) -> dict[str, xr.Variable]:
    """Return ``infused``, ``in_body``, ``cells`` (organ) and ``relative_residual`` at the end."""
    last, network = record.states[-1], system.network
    inside, tumour = in_body(network, last.body), system.in_tumour(last.tumour)
    infused = float(last.ledger.infused.sum())
    gap = float(residual(last.ledger, inside, tumour, np.zeros_like(inside)).sum())
    turnover = infused + float(last.ledger.born.sum())
    cells = organ_table(network).totals(last.body)
    return {
        "infused": variable((), infused, "cell", "product cells infused"),
        "in_body": variable((), float(inside.sum()), "cell", "product cells in the body"),
        "cells": variable(("organ",), cells, "cell", "product cells in the organ"),
        "relative_residual": variable(
            (), abs(gap) / turnover if turnover > 0 else 0.0, "1", "|residual| / (infused + born)"
        ),
    }
