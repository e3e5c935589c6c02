"""What passes surfaces: at rest through those of round shapes, and in time through voxels'."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import i0, i1, k0, k1

from cartflow.geometries.geometry import Geometry
from cartflow.geometries.shapes.ball import ball, hollow_ball
from cartflow.geometries.shapes.cylinder import cylinder, cylindrical_shell
from cartflow.pde.boundary import FixedValue, Robin
from cartflow.pde.fast.engine import FastEngine
from cartflow.validation.problems import cells_problem, decaying, engine_of, inert
from cartflow.validation.surfaces.bodies import BODIES, placed
from cartflow.validation.surfaces.shares import ball_of_shares

INNER, OUTER, CELLS = 0.5, 2.0, 80
DIFFUSIVITY, RATE = 0.1, 0.4
Q = float(np.sqrt(RATE / DIFFUSIVITY))
# Of the ball of voxels: voxels a radius, days, mm2/day, mm/day.
VOXELS, DAYS, SPREAD, FILM = 8.0, 1.0, 1.4, 0.08


def _into_hollow_ball() -> float:
    # u r = Q R cosh(Q (R - r)) - sinh(Q (R - r)), which has no flux at R.
    sinh, cosh = np.sinh(Q * (OUTER - INNER)), np.cosh(Q * (OUTER - INNER))
    slope = (Q**2 * OUTER * sinh - Q * cosh) / (Q * OUTER * cosh - sinh)
    return float(4.0 * np.pi * INNER**2 * (1.0 / INNER + slope))


def _into_cylinder() -> float:
    return float(2.0 * np.pi * OUTER * Q * i1(Q * OUTER) / i0(Q * OUTER))


def _from_vessel() -> float:
    value = k0(Q * INNER) * i1(Q * OUTER) + i0(Q * INNER) * k1(Q * OUTER)
    slope = k1(Q * INNER) * i1(Q * OUTER) - i1(Q * INNER) * k1(Q * OUTER)
    return float(2.0 * np.pi * INNER * Q * slope / value)


SHAPES: dict[str, tuple[Callable[[], Geometry], str, Callable[[], float]]] = {
    "hollow ball": (lambda: hollow_ball(INNER, OUTER, CELLS), "wall", _into_hollow_ball),
    "cylinder": (lambda: cylinder(OUTER, CELLS), "rim", _into_cylinder),
    "cylindrical shell": (lambda: cylindrical_shell(INNER, OUTER, CELLS), "wall", _from_vessel),
}


def uptake(shape: str, engine: str) -> tuple[float, float]:
    """Return what a shape held at 1 takes up and uses at rest, and exactly, cells/day."""
    build, surface, exact = SHAPES[shape]
    geometry = build()
    held = {surface: FixedValue(value=1.0)}
    network = decaying("phenotype", RATE)
    problem = cells_problem(geometry, network, DIFFUSIVITY, boundaries=held)
    solver, state = engine_of(engine, problem), np.zeros((1, geometry.size))
    for step in np.geomspace(1e-3, 1e3, 25):
        state, _ = solver.step(state, step)
    return RATE * float(state[0] @ geometry.cell_volumes), DIFFUSIVITY * exact()


def lost_through_a_film(seed: int) -> tuple[float, float]:
    """Return the share that a ball loses through a film in a day: of voxels, and of shells."""
    return _lost(placed(BODIES["ball"], VOXELS, seed)), _lost(ball(VOXELS, 2 * CELLS))


def lost_from_shares(seed: int) -> tuple[float, float]:
    """As `lost_through_a_film`, of a ball given as shares of voxels."""
    return _lost(ball_of_shares(VOXELS, seed)), _lost(ball(VOXELS, 2 * CELLS))


def _lost(geometry: Geometry) -> float:
    film = {"rim": Robin(transfer_coefficient=FILM)}
    engine = FastEngine(cells_problem(geometry, inert("phenotype"), SPREAD, boundaries=film))
    state, steps = np.ones((1, geometry.size)), 50
    for _ in range(steps):
        state, _ = engine.step(state, DAYS / steps)
    return 1.0 - float(state[0] @ geometry.cell_volumes) / geometry.volume
