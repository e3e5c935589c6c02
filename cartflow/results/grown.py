"""How large a tumour that grows is over time, and where its mesh cells are."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import POSITION, variable
from cartflow.coupling.growing.simulation import GrowingSimulation
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation


def growth_variables(record: Record, simulation: Simulation) -> dict[str, xr.Variable]:
    """Return volume, radius, the radii asked for and the mesh cells' places over time, if it grows.

    `depth`, `cell_volume` and the coordinate of the group are those of the start.
    """
    if not isinstance(simulation, GrowingSimulation):
        return {}
    coupled, states = simulation.coupled, record.states
    geometry = coupled.engine.problem.geometry
    expansion = np.array([state.expansion for state in states])
    stretch = np.array([coupled.stretch(state) for state in states])
    dim = geometry.dims[0]
    size = "radius" if dim == "r" else "length"
    levels = [coupled.radii(state) for state in states]
    return {
        "volume": variable(("time",), expansion * geometry.volume, "mm^3", "volume of the tumour"),
        "expansion": variable(("time",), expansion, "1", "its volume over that at the start"),
        size: variable(("time",), stretch * coupled.edge, "mm", f"{size} of the tumour"),
        POSITION: variable(
            ("time", dim),
            np.outer(stretch, geometry.coordinates[dim]),
            "mm",
            f"{dim} of the mesh cell's centre at that time",
        ),
        **{
            f"radius_{name}": variable(
                ("time",), np.array([each[name] for each in levels]), "mm", f"{name} radius"
            )
            for name in coupled.growth.levels
        },
    }
