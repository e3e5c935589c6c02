"""Which single cells of a run died out, and when."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.cells.simulation import CellSimulation
from cartflow.core.dataset import variable
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation

EXTINCT = "extinct_"


def died_out(record: Record, simulation: Simulation) -> dict[str, xr.Variable]:
    """Return ``extinct_NAME``, 1 where no cell of a kind is left at the end and 0 elsewhere.

    ``extinct_at_NAME`` is since when (day), nan where some are left or none ever were. Only of
    kinds that are cells and do not travel, for which alone it is final.
    """
    if not isinstance(simulation, CellSimulation):
        return {}
    problem, last = simulation.coupled.engine.problem, record.reached or record.states[-1]
    found = {}
    for name in simulation.asked.kinds:
        row = problem.network.index(name)
        if problem.travels[row]:
            continue
        gone = not np.any(last.tumour[row])
        times = [each.time for each in record.extinct if each.species == name]
        since = max(times, default=np.nan) if gone else np.nan
        text = f"whether no {name} is left in the tumour at the end"
        found[f"{EXTINCT}{name}"] = variable((), float(gone), "1", text)
        about = f"since when no {name} is left in the tumour"
        found[f"extinct_at_{name}"] = variable((), since, "day", about)
    return found
