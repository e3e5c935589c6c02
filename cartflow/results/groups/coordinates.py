"""The coordinates that all groups of a result share."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import coordinate, label, variable
from cartflow.coupling.record import Record
from cartflow.coupling.runs import System

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
