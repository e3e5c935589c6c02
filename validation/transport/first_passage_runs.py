"""First passages measured with the package: how many are on their way when as many come as go.

In a steady stream the number on the way is the stream times the mean time of passage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import CartflowError
from cartflow.core.parameters import parameter
from cartflow.coupling.alone import evolve
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.pde.boundary import (
    BoundaryCondition,
    FixedValue,
    PrescribedFlux,
    RegionSource,
)
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.engine import Engine
from cartflow.pde.problem import Field
from cartflow.validation.problems import cells_problem, engine_of, inert, problem_of

Array = np.ndarray

# The engine of first order, whose drift is upwind, has twice the cells and needs few steps.
CELLS = {"fast": 200, "fipy": 400}
_SETTLED = 1e-5
_MOST_STEPS = 20_000


@dataclass(frozen=True, kw_only=True)
class Passage:
    """The mean `time` (days) from rim to target, and the `chance` to arrive alive."""

    time: float
    chance: float


def passage(
    engine: str,
    radius: float,
    target: float,
    diffusivity: float,
    *,
    drift: float = 0.0,
    life: float = np.inf,
    guess: float,
) -> Passage:
    """Return the passage from the rim of a ball to the radius `target`.

    Cells come in by a steady flux and are removed at once where they arrive; `guess` is the
    time (days) that sets the steps towards the steady state.
    """
    geometry, removal = _towards(CELLS[engine], radius, target, diffusivity)
    entering = 1.0 / geometry.boundary("rim").area
    cells = Field(
        name="cart",
        diffusivity=np.full(geometry.size, diffusivity),
        boundaries={"rim": PrescribedFlux(flux=entering)},
        sources=(RegionSource(region="target", removal=removal),),
        chemotaxis=Chemotaxis(attractant="signal", law="linear", sensitivity=drift)
        if drift
        else None,
    )
    problem = problem_of(geometry, _network(1.0 / life), (cells, Field(name="signal")))
    signal = radius - geometry.centres[:, 0]
    solver = engine_of(engine, problem)
    state, arrived = _steady(solver, np.array([np.zeros(geometry.size), signal]), guess)
    outside = ~geometry.region("target")
    number = float(state[0, outside] @ geometry.cell_volumes[outside])
    return Passage(time=number, chance=arrived)


def arrivals(
    engine: str, radius: float, target: float, diffusivity: float, end: float
) -> tuple[Array, Array]:
    """Return times (days) and the share of the cells that has arrived, all from the rim at 0."""
    geometry, removal = _towards(CELLS[engine], radius, target, diffusivity)
    problem = cells_problem(
        geometry,
        inert("phenotype"),
        diffusivity,
        sources=(RegionSource(region="target", removal=removal),),
    )
    state = np.zeros((1, geometry.size))
    state[0, -1] = 1.0 / geometry.cell_volumes[-1]
    times = np.linspace(0.0, end, 401)
    found = evolve(engine_of(engine, problem), state, times.tolist(), tolerance=1e-6)
    return times, 1.0 - found.states[:, 0] @ geometry.cell_volumes


def _towards(
    cells: int, radius: float, target: float, diffusivity: float
) -> tuple[Geometry, float]:
    """Return a ball with a region ``target``, and a removal (1/day) that leaves nothing there.

    What is removed in a cell is zero at its centre, so that the first cell's centre is where
    cells have arrived.
    """
    width = (radius - target) / (cells + 0.5)
    edges = [0.0, target - 0.5 * width, *np.linspace(target + 0.5 * width, radius, cells + 1)]
    geometry = ball(edges=edges, layers={"target": (0.0, target + 0.25 * width)})
    return geometry, 1e6 * diffusivity / width**2


def _network(death: float) -> Network:
    return Network(
        name="passage",
        species=(
            Species(name="cart", role="phenotype"),
            Species(name="signal", role="signal", unit="ng/mm^3"),
        ),
        parameters={"delta": parameter(f"{death!r} 1/day", "1/day", source="assumed")},
        reactions=(Reaction(name="death", consumes={"cart": 1}, rate="delta*cart"),),
    )


def _steady(solver: Engine, state: Array, guess: float) -> tuple[Array, float]:
    """Step until number and removal rest; return the state and what is removed per day."""
    volumes, before = solver.problem.geometry.cell_volumes, np.zeros(2)
    step = min(guess * (1e3 if solver.order == 1 else 1.0), 0.9 * solver.step_limit(state).days)
    # Where steps are short against the guess, so is what a step changes.
    settled = _SETTLED * min(1.0, step / guess)
    for _ in range(_MOST_STEPS):
        state, account = solver.step(state, step)
        now = np.array([state[0] @ volumes, account.left[0] / step])
        if np.all(np.abs(now - before) <= settled * now):
            return state, float(now[1])
        before = now
    msg = f"no steady state within {_MOST_STEPS} steps"
    raise CartflowError(msg)


def gap_time(engine: str, half_gap: float, diffusivity: float) -> float:
    """Return the mean time (days) from a vessel to midway between vessels, through a slab."""
    geometry = slab(half_gap, CELLS[engine])
    ends: dict[str, BoundaryCondition] = {
        "left": PrescribedFlux(flux=1.0),
        "right": FixedValue(value=0.0),
    }
    problem = cells_problem(geometry, inert("phenotype"), diffusivity, boundaries=ends)
    guess = half_gap**2 / diffusivity
    state, _ = _steady(engine_of(engine, problem), np.zeros((1, geometry.size)), guess)
    return float(state[0] @ geometry.cell_volumes)
