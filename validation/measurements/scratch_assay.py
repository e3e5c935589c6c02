"""PC-3 cells that close a scratch: motility and growth fitted with the package's own solver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load
from cartflow.pde.problem import DensityDependence
from cartflow.validation.fronts.marching import march
from cartflow.validation.measurements import data as measured_data
from cartflow.validation.problems import cells_problem, engine_of

Array = np.ndarray

CAPACITY = 1700.0  # cells/mm2, 1.7e-3 per um2, as the study has it
MODELS = ("Fisher-KPP", "porous Fisher")
_UM2_PER_H = 24e-6  # mm2/day
_CELLS = 370  # of 5 um
_STEP = 0.01  # days; 12 h are 50 steps


@dataclass(frozen=True, kw_only=True, eq=False)
class Assay:
    """Mean densities (times, columns), cells/mm2, at `x` (mm) and `times` (days)."""

    seeding: int
    x: Array
    times: Array
    densities: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """The motility (um2/h; at the capacity, if porous) and growth rate (1/h) that fit best.

    `model` holds the densities of the fit at the assay's times and places; `residual` is the
    root mean square of what is left, over the capacity.
    """

    assay: Assay
    name: str
    motility: float
    growth: float
    model: Array
    residual: float


def read_assay(path: Path, seeding: int) -> Assay:
    """Return the means of the three replicates; the file is in cells/um2, um and h."""
    table = [
        (float(r["Time"]), float(r["Position"]), float(r["AvgDens"]))
        for r in measured_data.rows(path)
    ]
    hours, places, density = np.array(sorted(table)).T
    times, x = np.unique(hours), np.unique(places)
    return Assay(
        seeding=seeding,
        x=1e-3 * (x - x[0]),
        times=times / 24.0,
        densities=1e6 * density.reshape(times.size, x.size),
    )


def simulated(assay: Assay, name: str, motility: float, growth: float) -> Array:
    """Return the densities of a model at the assay's times and places, from its first profile."""
    geometry = slab(float(assay.x[-1]), _CELLS)
    network = load("logistic_growth").with_parameters(
        {"growth_rate": f"{growth!r} 1/h", "carrying_capacity": f"{CAPACITY} cell/mm^3"}
    )
    porous = DensityDependence(reference=CAPACITY) if name == "porous Fisher" else None
    problem = cells_problem(geometry, network, motility * _UM2_PER_H, density_dependence=porous)
    centres = geometry.centres[:, 0]
    state = np.interp(centres, assay.x, assay.densities[0])[None]
    result = [assay.densities[0]]
    steps = np.rint(assay.times / _STEP).astype(int)
    run = march(engine_of("fast", problem), state, _STEP, float(assay.times[-1]))
    for number, (_, new, _) in enumerate(run, 1):
        if number in steps:
            result.append(np.interp(assay.x, centres, new[0]))
    return np.array(result)


def fitted(assay: Assay, name: str) -> Fit:
    """Return the least-squares fit of motility and growth to all later profiles, unweighted."""

    def residuals(logs: Array) -> Array:
        model = simulated(assay, name, *np.exp(logs).tolist())
        return np.asarray(((model - assay.densities)[1:] / CAPACITY).ravel())

    far = np.log([1000.0, 0.03])
    found = least_squares(residuals, far, x_scale=(1.0, 0.3), diff_step=1e-3, xtol=1e-6, ftol=1e-9)
    motility, growth = np.exp(found.x).tolist()
    return Fit(
        assay=assay,
        name=name,
        motility=motility,
        growth=growth,
        model=simulated(assay, name, motility, growth),
        residual=float(np.sqrt(np.mean(found.fun**2))),
    )
