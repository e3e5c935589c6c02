"""Whether a run is checked on coarser meshes, and what that says."""

from __future__ import annotations

from typing import Literal

import numpy as np
import xarray as xr

from cartflow.core.dataset import label, variable
from cartflow.core.outcome import CartflowError
from cartflow.coupling.record import Record
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.under_way import Watch, at_the_end
from cartflow.geometries.geometry import Geometry
from cartflow.results.mesh_error.companion import coarse_simulation
from cartflow.results.mesh_error.estimate import Estimate, estimates
from cartflow.results.mesh_error.numbers import (
    in_words,
    negligible,
    solutes_of,
    with_solutes,
)
from cartflow.results.mesh_error.reach import Reach, reaches

MeshCheck = bool | Literal["auto"]
# Fewer cells a radius say nothing of a limit; a companion of fewer than half, nothing of an order.
LEAST_A_RADIUS = 6.0
# A companion with so small a share of the cells takes less than a quarter of the time.
_SMALL = 0.4
# Cells x species^2 x steps of body and tumour as one system that take about a second.
_A_SECOND = 4e6
_TARGET = 0.01


class _LeftOut(Exception):
    """Why there is no mesh error."""


def mesh_errors(
    record: Record,
    simulation: Simulation,
    wanted: MeshCheck,
    seconds: float,
    watch: Watch | None = None,
) -> xr.Dataset:
    """Return the group ``errors``: how far the run's numbers move on a mesh twice as coarse.

    `wanted` says whether the companions run; ``auto``: where they cost less than a quarter of the
    run, which took so many `seconds`, or less than a second. A dataset without variables says
    in its attribute ``mesh_check`` why they were left out.
    """
    try:
        return _checked(record, simulation, wanted, seconds, watch)
    except _LeftOut as reason:
        return xr.Dataset(attrs={"mesh_check": str(reason)})
    except CartflowError as error:
        # The run itself is whole, and not to be lost for a companion that cannot be.
        return xr.Dataset(attrs={"mesh_check": f"left out, since a companion fails: {error}"})


def not_told(where: str) -> xr.Dataset:
    """Return the group ``errors`` of runs for which no companion tells it, and of which kind."""
    text = f"not told {where}; cartflow refine tells it of one tumour in a study of its own"
    return xr.Dataset(attrs={"mesh_check": text})


def cells_a_radius(geometry: Geometry) -> float:
    """Return how many cells a radius has: of a ball or disc as large, of a row, of half a box."""
    if geometry.flat is not None:
        area = geometry.volume / _thickness(geometry)
        return float(np.sqrt(area / np.pi) / geometry.cell_width)
    if geometry.affine is not None:
        return float((0.75 * geometry.volume / np.pi) ** (1.0 / 3.0) / geometry.cell_width)
    return geometry.size if len(geometry.dims) == 1 else 0.5 * min(geometry.active.shape)


def _thickness(geometry: Geometry) -> float:
    assert geometry.affine is not None
    edges = np.linalg.norm(geometry.affine[:3, :3], axis=0)[::-1]
    return float(edges[[dim == geometry.flat for dim in geometry.dims]][0])


def _checked(
    record: Record, simulation: Simulation, wanted: MeshCheck, seconds: float, watch: Watch | None
) -> xr.Dataset:
    if wanted is False:
        raise _LeftOut("not asked for (solver.mesh_check)")
    if record.outcome.status != "finished":
        raise _LeftOut("left out, since the run did not finish")
    geometry = simulation.coupled.engine.problem.geometry
    if geometry.cell_mesh is not None:
        # How oblique it is was noted last.
        msg = f"{geometry.notes[-1]}; its error is told by a finer file alone"
        raise _LeftOut(msg)
    companion = coarse_simulation(simulation)
    if companion is None:
        raise _LeftOut("too coarse to say")
    if wanted == "auto" and not _cheap(record, simulation, companion, seconds):
        raise _LeftOut(
            "left out, since a companion run would cost more than a quarter of the run and more "
            "than a second (solver.mesh_check = true)"
        )
    end = simulation.save_times[-1]
    still = None if watch is None else at_the_end(watch, end)
    numbers = [with_solutes(record, simulation), _run(companion, still)]
    radius = cells_a_radius(simulation.coupled.engine.problem.geometry)
    wider = coarse_simulation(companion) if radius >= 2 * LEAST_A_RADIUS else None
    if wider is not None:
        numbers.append(_run(wider, still))
    found = _dataset(estimates(numbers), simulation, radius)
    found.attrs["negligible"] = _told(negligible(record, simulation), numbers[0])
    return found.assign(_with_reaches(list(found["number"].values), reaches(record, simulation)))


def _told(names: list[str], numbers: dict[str, float]) -> str:
    return "; ".join(f"{name} {numbers[name]:.3g}" for name in names)


def _cheap(record: Record, fine: Simulation, coarse: Simulation, seconds: float) -> bool:
    cells, species = coarse.coupled.volumes.size, len(coarse.initial)
    share = cells / fine.coupled.volumes.size
    quick = fine.one_system and cells * species**2 * record.accepted_steps < _A_SECOND
    return share <= _SMALL or share * seconds < 1.0 or quick


def _run(simulation: Simulation, watch: Watch | None) -> dict[str, float]:
    record = simulation.outright().run(watch)
    if record.outcome.status != "finished":
        msg = f"left out, since the companion run did not finish: {record.outcome}"
        raise _LeftOut(msg)
    return with_solutes(record, simulation)


def _with_reaches(names: list[str], found: dict[str, Reach]) -> dict[str, xr.Variable]:
    """Return what tells why a mesh does not resolve a solute; nan and nothing for other numbers."""
    each, n = [found.get(name) for name in names], ("number",)
    on = [" ".join(one.depends_on) if one else "" for one in each]
    enters = np.array([one is not None and one.enters for one in each], dtype=np.int8)
    return {
        "solute_reach": variable(
            n, [one.length if one else np.nan for one in each], "mm", "how far it gets"
        ),
        "solute_cell_width": variable(
            n, [one.width if one else np.nan for one in each], "mm", "width of cells where it is"
        ),
        "enters_by_boundary": variable(
            n, enters, "1", "whether most of it comes in through a boundary (1)"
        ),
        "depends_on": label(n, on, "what its reactions see beside it"),
    }


def _dataset(found: dict[str, Estimate], simulation: Simulation, radius: float) -> xr.Dataset:
    names, each = list(found), list(found.values())
    width = simulation.coupled.engine.problem.geometry.cell_width
    coarse = radius < LEAST_A_RADIUS
    error = [np.nan if coarse else e.error for e in each]
    wanted = [np.nan if coarse else e.width_for(_TARGET, width) for e in each]
    n = ("number",)
    return xr.Dataset(
        {
            "mesh_shift": variable(
                n, [e.shift for e in each], "1", "relative shift on a mesh twice as coarse"
            ),
            "mesh_order": variable(n, [e.order for e in each], "1", "order of the error in space"),
            "mesh_order_measured": variable(
                n,
                np.array([e.measured for e in each], dtype=np.int8),
                "1",
                "whether the order was measured on three meshes (1) or taken (0)",
            ),
            "mesh_error": variable(n, error, "1", "relative error in space at the end"),
            "mesh_error_is_bound": variable(
                n,
                np.array([e.bound for e in each], dtype=np.int8),
                "1",
                "whether three meshes follow no power, so that the error is a bound (1)",
            ),
            "mesh_width_for_one_percent": variable(
                n, wanted, "mm", "width of cells at which that error is 0.01"
            ),
            "mesh_width": variable((), width, "mm", "width of the mesh cells"),
            "mesh_cells_a_radius": variable((), radius, "1", "mesh cells a radius"),
        },
        coords={"number": label(n, names, "number of the summary")},
        attrs={
            "mesh_check": "too coarse to say" if coarse else "on coarser meshes",
            "numbers_in_words": "; ".join(in_words(name, simulation) for name in names),
            "solutes": " ".join(solutes_of(simulation)),
        },
    )
