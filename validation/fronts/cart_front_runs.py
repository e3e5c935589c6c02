"""Fronts of CAR T cells on antigen: held, used up, or too little to live on.

dE/dt = D E_xx + (alpha kappa T - delta) E; with held antigen T = T0 this is linear, with
dT/dt = -kappa T E it saturates. c_min = 2 sqrt(D (alpha kappa T0 - delta)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.core.parameters import parameter
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.validation.fronts.dispersion import LINEAR, SATURATING, PulledFront
from cartflow.validation.fronts.fisher_kpp_runs import (
    DIFFUSIVITY,
    FIRST,
    WINDOW,
    front_of_scheme,
    step_of,
)
from cartflow.validation.fronts.marching import FrontRun, Track, march
from cartflow.validation.problems import cells_problem, engine_of

Array = np.ndarray

ANTIGEN = 1e5  # tumour cells per mm3
EXPANSION = 2.0  # cells made per tumour cell killed (alpha)
KILLING = 1e-5  # mm3/cell/day (kappa)
STIMULATION = EXPANSION * KILLING * ANTIGEN  # 1/day
SEED = 1e5  # cells per mm3
RATE = 1.0  # 1/day, of the fronts that live; LENGTH goes with it
LENGTH = float(np.sqrt(DIFFUSIVITY / RATE))


def network(death: float, *, depleting: bool) -> Network:
    """Return CAR T cells that divide on tumour cells, which are killed or held."""
    killing = Reaction(name="killing", consumes={"tumour": 1}, rate="kappa*tumour*cart")
    return Network(
        name="cart_on_antigen",
        species=(Species(name="cart", role="phenotype"), Species(name="tumour", role="resident")),
        parameters={
            "alpha": parameter(EXPANSION, "1", source="assumed"),
            "kappa": parameter(f"{KILLING!r} mm^3/cell/day", "mm^3/cell/day", source="assumed"),
            "delta": parameter(f"{death!r} 1/day", "1/day", source="assumed"),
        },
        reactions=(
            Reaction(name="division", produces={"cart": 1}, rate="alpha*kappa*tumour*cart"),
            Reaction(name="death", consumes={"cart": 1}, rate="delta*cart"),
            *((killing,) if depleting else ()),
        ),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class CartFront:
    """A run that is done, its track and profiles, and the front of its scheme."""

    engine: str
    depleting: bool
    x: Array
    profiles: Array
    track: Track
    front: PulledFront

    @property
    def constant(self) -> float:
        """Of the approach to v*: 1/2 where the equation is linear, 3/2 where it saturates."""
        return SATURATING if self.depleting else LINEAR

    @property
    def name(self) -> str:
        """What happens to the antigen."""
        return "antigen used up" if self.depleting else "antigen held"

    def speeds(self) -> tuple[float, float]:
        """Return measured and expected mean speed from 50/r on, mm/day."""
        window = (FIRST, float(self.track.times[-1]))
        return self.track.mean_speed(*window), self.front.mean_speed(*window, self.constant)


def run(engine: str, *, depleting: bool, spacing: float = 0.25 * LENGTH) -> CartFront:
    """Follow the front over 60 days at a net rate of 1/day.

    It is where half of the antigen is gone, or, with held antigen, a tenth of the seeded density.
    """
    end, death = FIRST + WINDOW, STIMULATION - RATE
    extent = 2.0 * end * LENGTH + 70.0 * LENGTH
    geometry = slab(extent, round(extent / spacing))
    solver = engine_of(
        engine, cells_problem(geometry, network(death, depleting=depleting), DIFFUSIVITY)
    )
    x = geometry.centres[:, 0]
    start = np.array([np.where(x < 5.0 * LENGTH, SEED, 0.0), np.full(x.size, ANTIGEN)])
    follow = FrontRun(
        step=step_of(solver),
        end=end,
        interval=1.0,
        level=0.5 * ANTIGEN if depleting else 0.1 * SEED,
        species=int(depleting),
        full=ANTIGEN if depleting else None,
    )
    track, profiles = follow.follow(solver, start)
    return CartFront(
        engine=engine,
        depleting=depleting,
        x=x,
        profiles=profiles,
        track=track,
        front=front_of_scheme(solver, STIMULATION, death, DIFFUSIVITY, spacing),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Dying:
    """Cells that die faster than antigen makes them: totals over time, antigen lost far away."""

    engine: str
    times: Array
    totals: Array
    net_rate: float
    scheme_rate: float
    antigen_lost: float

    @property
    def measured_rate(self) -> float:
        """The rate at which the total decays, 1/day."""
        days = self.times[-1] - self.times[0]
        return float(np.log(self.totals[-1] / self.totals[0]) / days)


def run_dying(engine: str, *, depleting: bool, net_rate: float = -0.5) -> Dying:
    """Let a seeded band die for 30 days; count the antigen lost ten lengths and more from it."""
    death = STIMULATION - net_rate
    geometry = slab(40.0 * LENGTH, 160)
    solver = engine_of(
        engine, cells_problem(geometry, network(death, depleting=depleting), DIFFUSIVITY)
    )
    x = geometry.centres[:, 0]
    seeded = 5.0 * LENGTH
    state = np.array([np.where(x < seeded, SEED, 0.0), np.full(x.size, ANTIGEN)])
    step = step_of(solver)
    times, totals = [0.0], [float(state[0] @ geometry.cell_volumes)]
    for time, new, _ in march(solver, state, step, 30.0):
        state = new
        times.append(time)
        totals.append(float(state[0] @ geometry.cell_volumes))
    far = x > seeded + 10.0 * LENGTH
    discrete = float(np.log((1 + STIMULATION * step) / (1 + death * step)) / step)
    return Dying(
        engine=engine,
        times=np.array(times),
        totals=np.array(totals),
        net_rate=net_rate,
        scheme_rate=discrete if solver.order == 1 else net_rate,
        antigen_lost=float(1.0 - state[1, far].min() / ANTIGEN),
    )
