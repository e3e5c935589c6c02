"""A PEtab problem's measurements as a table of ours: subjects are conditions."""

from __future__ import annotations

import numpy as np

from cartflow.analyses.fit.petab.tables import Tables
from cartflow.analyses.fit.table.measurements import Measurements

Array = np.ndarray


def measurements_of(tables: Tables) -> Measurements:
    """Return the measurements, with times in the file's unit in place of days, values plain."""
    frame = tables.measurements
    size = len(frame)
    nothing = np.full(size, np.nan)
    return Measurements(
        source=tables.name,
        subject=tuple(frame["simulationConditionId"].astype(str)),
        time=frame["time"].to_numpy(float),
        observable=tuple(frame["observableId"].astype(str)),
        value=frame["measurement"].to_numpy(float),
        unit=("1",) * size,
        sd=nothing,
        lloq=nothing,
        censored=np.zeros(size, dtype=bool),
        replicate=("",) * size,
        rows=tuple(range(1, size + 1)),
        depth=nothing,
    )
