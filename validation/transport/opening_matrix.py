"""Cells whose enzyme opens the matrix before them, by the package and by SciPy alone.

du/dt = (D g^(1-m) u_x)_x + r u (1 - u/K), da/dt = (eps h(eps) D_e (a/eps)_x)_x + s u - k a,
dm/dt = -q (a/eps) m, eps = eps_open - (eps_open - eps_0) m, h = 2/(3 - eps); a = eps c per tissue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.integrate import solve_ivp

from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import combine, load
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field
from cartflow.pde.tissue import Tissue
from cartflow.validation.fronts.marching import crossing, march
from cartflow.validation.problems import engine_of, problem_of

Array = np.ndarray

GROWTH, CAPACITY = 1.0, 1e5  # 1/day, cell/mm3
MOTILITY = 2.88e-3  # mm2/day, 2 um2/min
GAIN = 8.0  # motility without matrix over motility within it
ENZYME = 0.864  # mm2/day, 10 um2/s
SECRETION, DECAY, DEGRADATION = 5e-6, 1.0, 2.0  # ng/cell/day, 1/day, mm3/ng/day
POROSITY, OPEN_POROSITY = 0.2, 0.5
EXTENT, SEEDED = 4.0, 0.2  # mm
TIMES = np.arange(0.0, 12.5, 0.5)  # days
COMPARED = (4.0, 8.0, 12.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Opening:
    """Where the front (half the capacity) stands at `TIMES`, and the last cells and matrix."""

    name: str
    x: Array
    positions: Array
    cells: Array
    matrix: Array

    def at(self, time: float) -> float:
        """Return the position of the front at one of the times, mm."""
        return float(self.positions[np.argmin(np.abs(TIMES - time))])


def by_package(engine: str, *, cells: int, step: float, degrading: bool = True) -> Opening:
    """Solve with an engine at fixed steps (days)."""
    geometry = slab(EXTENT, cells)
    network = combine(
        "opening", [load("logistic_growth"), load("matrix_degradation")]
    ).with_parameters(
        {
            "growth_rate": f"{GROWTH} 1/day",
            "carrying_capacity": f"{CAPACITY} cell/mm^3",
            "enzyme_secretion_rate": f"{SECRETION if degrading else 0.0} ng/cell/day",
            "enzyme_decay_rate": f"{DECAY} 1/day",
            "degradation_constant": f"{DEGRADATION} mm^3/ng/day",
        }
    )
    fields = (
        Field(name="cart", diffusivity=np.full(cells, MOTILITY), open_gain=GAIN),
        Field(name="enzyme", solute=True, diffusivity=np.full(cells, ENZYME)),
        Field(name="ecm"),
    )
    tissue = Tissue(
        porosity=np.full(cells, POROSITY),
        open_porosity=OPEN_POROSITY,
        matrix="ecm",
        hindrance=Hindrance(law="maxwell"),
    )
    solver = engine_of(engine, problem_of(geometry, network, fields, tissue=tissue))
    x = geometry.centres[:, 0]
    state = np.array([np.where(x < SEEDED, CAPACITY, 0.0), np.zeros(cells), np.ones(cells)])
    every, positions = round(0.5 / step), [SEEDED]
    for number, (_, new, _) in enumerate(march(solver, state, step, float(TIMES[-1])), 1):
        state = new
        if number % every == 0:
            positions.append(crossing(x, state[0], 0.5 * CAPACITY))
    return Opening(
        name=f"{engine} engine" + ("" if degrading else ", intact matrix"),
        x=x,
        positions=np.array(positions),
        cells=state[0],
        matrix=state[2],
    )


def by_scipy(points: int) -> Opening:
    """Solve by SciPy's method of lines (BDF) on `points` cells, in numbers of order one.

    Shares no code with the package: u is in units of K, a in units of s K, fluxes are between
    cells with plain means of the coefficients.
    """
    width = EXTENT / points
    x = (np.arange(points) + 0.5) * width

    def spread(coefficient: Array, values: Array) -> Array:
        flux = 0.5 * (coefficient[1:] + coefficient[:-1]) * np.diff(values) / width
        return np.diff(flux, prepend=0.0, append=0.0) / width

    def change(_: float, unknowns: Array) -> Array:
        u, a, m = unknowns.reshape(points, 3).T
        eps = OPEN_POROSITY - (OPEN_POROSITY - POROSITY) * m
        cells = spread(MOTILITY * GAIN ** (1.0 - m), u) + GROWTH * u * (1.0 - u)
        enzyme = spread(ENZYME * eps * 2.0 / (3.0 - eps), a / eps) + u - DECAY * a
        matrix = -DEGRADATION * SECRETION * CAPACITY * a / eps * m
        return np.stack([cells, enzyme, matrix], axis=1).ravel()

    start = np.zeros((points, 3))
    start[:, 0], start[:, 2] = x < SEEDED, 1.0
    found = solve_ivp(
        change,
        (0.0, float(TIMES[-1])),
        start.ravel(),
        method="LSODA",
        t_eval=TIMES,
        rtol=1e-7,
        # The front's edge sets its speed and lies many decades below one.
        atol=1e-14,
        lband=5,
        uband=5,
    )
    states = found.y.T.reshape(-1, points, 3)
    positions = [SEEDED, *(crossing(x, u, 0.5) for u in states[1:, :, 0])]
    return Opening(
        name="SciPy",
        x=x,
        positions=np.array(positions),
        cells=states[-1, :, 0] * CAPACITY,
        matrix=states[-1, :, 2],
    )


def extrapolated(engine: str, *, cells: int, step: float) -> Opening:
    """Return the positions of a first-order engine as its step goes to zero, from two runs."""
    coarse = by_package(engine, cells=cells, step=2.0 * step)
    fine = by_package(engine, cells=cells, step=step)
    positions = 2.0 * fine.positions - coarse.positions
    return replace(fine, positions=positions)
