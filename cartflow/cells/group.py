"""The cells of a result: one entry for each cell at each saved time, as CF writes trajectories."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.cells.room.grid import Grid
from cartflow.cells.simulation import CellRecord, CellSimulation
from cartflow.core.dataset import label, variable

Array = np.ndarray
_NUMBERS = {
    "single_cells": "cells that are followed one by one",
    "cells_as_density": "cells that are a density",
    "cells_drawn": "whole cells drawn from densities since the start",
    "cells_merged": "single cells merged into densities since the start",
    "fractions": "cells that densities gave for those drawn beyond their number, since the start",
    "residual_of_single_cells": "start + events + drawn - merged - single cells",
    "residual_of_densities": (
        "start + made - used + came - left + merged - drawn - fractions - density"
    ),
}


def cells_group(record: CellRecord, simulation: CellSimulation) -> xr.Dataset:
    """Return positions, kinds and names of the saved cells: trajectories, an indexed ragged array.

    Entries stand in the order of time; those of saved time number i are the `row_size[i]` from
    `first_row[i]` on.
    """
    shots = record.snapshots
    sizes = np.array([shot.cells.size for shot in shots], dtype=np.int64)
    position = np.concatenate([shot.cells.position for shot in shots])
    names = np.concatenate([shot.cells.name for shot in shots]).astype(np.int64)
    kinds = np.concatenate([shot.cells.kind for shot in shots])
    founders = np.concatenate([shot.cells.founder for shot in shots]).astype(np.int64)
    cells, which = np.unique(names, return_inverse=True)
    times = np.repeat([shot.time for shot in shots], sizes)
    world = _world(position, simulation)
    asked = simulation.asked
    found = {
        "observed_time": variable(("observation",), times, "day", "time since the start"),
        **{
            axis: variable(("observation",), world[:, column], "mm", f"{axis} of the cell")
            for column, axis in enumerate(("x", "y", "z"))
        },
        "cell": xr.Variable(
            ("observation",),
            which.astype(np.int64),
            {"long_name": "which cell it is", "instance_dimension": "cell_of_life"},
        ),
        "cell_name": xr.Variable(
            ("cell_of_life",),
            cells,
            {"long_name": "number of the cell for life", "cf_role": "trajectory_id"},
        ),
        "kind": xr.Variable(
            ("observation",),
            kinds.astype(np.int32),
            {"long_name": "number of the species among species_of_kind"},
        ),
        "founder": xr.Variable(
            ("observation",), founders, {"long_name": "name of the cell that it descends from"}
        ),
        **_of_their_own(record, simulation),
        **_numbers(record, simulation),
        **_remains(record, simulation),
        "species_of_kind": label(("kind_number",), list(asked.kinds), "species of each kind"),
        "row_size": variable(("time",), sizes, "1", "entries of the saved time"),
        "first_row": variable(("time",), np.cumsum(sizes) - sizes, "1", "first of these entries"),
        "living": variable(
            ("time",), np.array([s.living for s in shots]), "1", "cells in the tumour, saved or not"
        ),
    }
    attributes = {
        "featureType": "trajectory",
        "seed": asked.seed,
        "step": asked.step,
        "kernel_width": asked.kernel_width,
        "net_rates": asked.net_rates,
        "rates_see": "volumes" if asked.by_volume else "numbers",
        "comment": "positions of a slab are along x, of a ball from its centre, of a cylinder from "
        "its axis; what does not tell the mesh cell is 0",
    }
    return xr.Dataset(found, attrs=attributes)


def _of_their_own(record: CellRecord, simulation: CellSimulation) -> dict[str, xr.Variable]:
    """Return traits of cells, whom they met, and what contacts came to, as far as they have any."""
    shots, asked = record.snapshots, simulation.asked
    found = {}
    for trait in asked.traits:
        values = np.concatenate([shot.cells.traits[:, trait.column] for shot in shots])
        about = f"{trait.name} of the cell"
        found[f"trait_{trait.name}"] = variable(("observation",), values, "1", about)
    if asked.contacts:
        met = np.concatenate([shot.cells.met for shot in shots])
        held = np.concatenate([shot.cells.mate >= 0 for shot in shots])
        found["contacts_made"] = variable(("observation",), met, "1", "cells it attached to")
        found["holds_another"] = variable(
            ("observation",), held.astype(np.int8), "1", "whether it is attached to another now"
        )
        pairs = [(asked.kinds[one.hunter], asked.kinds[one.target]) for one in asked.contacts]
        found["contact"] = label(
            ("contact_number",), [f"{a} on {b}" for a, b in pairs], "who attaches to whom"
        )
        numbers = np.array([shot.contacts for shot in shots])
        words = ("cells attached", "cells killed", "cells let go", "others killed beside")
        for row, name in enumerate(("attached", "killed", "let_go", "bystanders")):
            about = f"{words[row]} since the start"
            place = ("time", "contact_number")
            found[name] = variable(place, numbers[:, row], "1", about)
    return found


def _remains(record: CellRecord, simulation: CellSimulation) -> dict[str, xr.Variable]:
    """Return how many dead cells are still there, where any stay."""
    if not simulation.asked.stay.any():
        return {}
    numbers = np.array([shot.remains for shot in record.snapshots])
    about = "dead cells that are still there"
    return {"remains": variable(("time", "kind_number"), numbers, "1", about)}


def _numbers(record: CellRecord, simulation: CellSimulation) -> dict[str, xr.Variable]:
    """Return how many are single cells and how many a density, where there are both."""
    if not simulation.asked.dense:
        return {}
    found: dict[str, list[Array]] = {name: [] for name in _NUMBERS}
    for shot in record.snapshots:
        assert shot.crossed is not None
        assert shot.whole is not None
        assert shot.dense is not None
        residuals = shot.crossed.residuals(shot.whole, shot.dense)
        crossed = shot.crossed
        values = (shot.whole, shot.dense, crossed.drawn, crossed.merged, crossed.fractions)
        for name, value in zip(_NUMBERS, (*values, *residuals), strict=True):
            found[name].append(value)
    steepest = np.array([shot.steepest for shot in record.snapshots])
    about = "largest drift over diffusion of cells that hop; above 1 they spread too much"
    return {
        "drift_over_diffusion": variable(("time",), steepest, "1", about),
        **{
            name: variable(("time", "kind_number"), np.array(found[name]), "cell", about)
            for name, about in _NUMBERS.items()
        },
    }


def _world(position: Array, simulation: CellSimulation) -> Array:
    """Return positions in the coordinates of the geometry."""
    room = simulation.system.room
    if isinstance(room, Grid):
        return np.asarray(position @ room.affine[:3, :3].T + room.affine[:3, 3])
    return position
