"""Fronts with exact speeds: bistable growth (Nagumo), and motility that crowding raises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load
from cartflow.kinetics.network import Network
from cartflow.pde.engine import Engine
from cartflow.pde.problem import DensityDependence, Problem
from cartflow.validation.fronts.dispersion import nagumo_speed, porous_fisher_speed
from cartflow.validation.fronts.marching import FrontRun, Track
from cartflow.validation.problems import cells_problem, engine_of

Array = np.ndarray

RATE, DIFFUSIVITY, CAPACITY = 1.0, 0.01, 1e5
LENGTH = float(np.sqrt(DIFFUSIVITY / RATE))
SPACING = 0.1 * LENGTH
# The front's shape settles within some days, exponentially; then its speed is exact.
START, END = 20.0 / RATE, 40.0 / RATE
STEP = 0.02 / RATE
# An engine of first order runs twice, the second time with half the step.
COARSE, COARSE_START, COARSE_END = 0.04 / RATE, 24.0 / RATE, 30.0 / RATE


@dataclass(frozen=True, kw_only=True, eq=False)
class Pushed:
    """A front that is done: its exact and measured speeds (mm/day), its profiles along `x` (mm)."""

    name: str
    engine: str
    exact: float
    measured: float
    x: Array
    profiles: Array
    track: Track


def nagumo(engine: str, threshold: float) -> Pushed:
    """Follow the front of r u (1 - u/K)(u/K - a) from a step."""
    exact = nagumo_speed(RATE, DIFFUSIVITY, threshold)
    network = load("nagumo").with_parameters({"threshold": threshold})
    return _run(f"Nagumo, a = {threshold:g}", engine, exact, network)


def porous_fisher(engine: str) -> Pushed:
    """Follow the sharp front of logistic growth with D = D0 u/K."""
    exact = porous_fisher_speed(RATE, DIFFUSIVITY)
    crowded = DensityDependence(reference=CAPACITY)
    return _run("porous Fisher", engine, exact, load("logistic_growth"), crowded)


def _run(
    name: str,
    engine: str,
    exact: float,
    network: Network,
    density_dependence: DensityDependence | None = None,
) -> Pushed:
    def problem(end: float) -> Problem:
        extent = end * exact + 25.0 * LENGTH
        geometry = slab(extent, round(extent / SPACING))
        return cells_problem(geometry, network, DIFFUSIVITY, density_dependence=density_dependence)

    solver = engine_of(engine, problem(END))
    if solver.order == 1:
        solver = engine_of(engine, problem(COARSE_END))
        slow, *_ = _follow(solver, COARSE, COARSE_END)
        track, profiles, x = _follow(solver, 0.5 * COARSE, COARSE_END)
        window = (COARSE_START, COARSE_END)
        measured = 2.0 * track.mean_speed(*window) - slow.mean_speed(*window)
    else:
        track, profiles, x = _follow(solver, STEP, END)
        measured = track.mean_speed(START, END)
    return Pushed(
        name=name,
        engine=engine,
        exact=exact,
        measured=measured,
        x=x,
        profiles=profiles,
        track=track,
    )


def _follow(solver: Engine, step: float, end: float) -> tuple[Track, Array, Array]:
    """Return the track, the profiles and where they stand, from a step of ten lengths."""
    x = solver.problem.geometry.centres[:, 0]
    follow = FrontRun(step=step, end=end, interval=1.0 / RATE, level=0.5 * CAPACITY)
    start = np.where(x < 10.0 * LENGTH, CAPACITY, 0.0)[None]
    return (*follow.follow(solver, start), x)
