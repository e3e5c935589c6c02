"""Fronts of the shipped kinetics models in a slab, beside the speed that theory gives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.geometries.shapes.slab import slab
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.lines.rosenbrock import GAMMA
from cartflow.pde.problem import Field
from cartflow.validation.fronts.dispersion import (
    LINEAR,
    SATURATING,
    PulledFront,
    continuous,
    rosenbrock,
)
from cartflow.validation.fronts.marching import FrontRun, Track
from cartflow.validation.fronts.model_front_states import ModelFront
from cartflow.validation.problems import problem_of

Array = np.ndarray

DIFFUSIVITY = 0.01  # mm2/day, of all that moves
FIRST, LAST = 50.0, 60.0  # of the window, in 1/r
_STEP = 0.05  # of a time step, in 1/r
_CELL = 0.25  # of a mesh cell, in sqrt(D/r)


@dataclass(frozen=True, kw_only=True, eq=False)
class FrontSpeed:
    """A front that has run: its track, and the pulled front of equation and of scheme."""

    front: ModelFront
    track: Track
    scheme: PulledFront
    equation: PulledFront

    @property
    def constant(self) -> float:
        """Of the approach to v*: 1/2 where nothing bounds what grows, 3/2 elsewhere."""
        return SATURATING if np.isfinite(self.front.most) else LINEAR

    @property
    def measured(self) -> float:
        """The mean speed over the window, mm/day."""
        return self.track.mean_speed(*self._window)

    @property
    def expected(self) -> float:
        """The mean of v* - constant/(lambda* t) over the window, mm/day, of the scheme."""
        return self.scheme.mean_speed(*self._window, self.constant)

    @property
    def _window(self) -> tuple[float, float]:
        return FIRST / self.front.rate, LAST / self.front.rate


def run(front: ModelFront) -> FrontSpeed:
    """Follow a front to 60/r, in a slab long enough for its edge.

    It is where what leads has half of the most that it comes to well mixed, and where nothing
    bounds it a tenth of what it was seeded with.
    """
    length = float(np.sqrt(DIFFUSIVITY / front.rate))
    geometry = slab((2.0 * LAST + 70.0) * length, round((2.0 * LAST + 70.0) / _CELL))
    fields = tuple(
        Field(
            name=species.name,
            solute=species.role == "solute",
            diffusivity=np.full(geometry.size, DIFFUSIVITY) if row in front.mobile else None,
        )
        for row, species in enumerate(front.network.species)
    )
    step = _STEP / front.rate
    state = np.repeat(front.ahead[:, None], geometry.size, axis=1)
    seeded = geometry.centres[:, 0] < 5.0 * length
    state[front.mobile] += front.seed * front.mix[:, None] * seeded
    follow = FrontRun(
        step=step,
        end=LAST / front.rate,
        interval=20.0 * step,
        species=front.marker,
        level=0.5 * front.most if np.isfinite(front.most) else 0.1 * front.seed,
    )
    track, _ = follow.follow(FastEngine(problem_of(geometry, front.network, fields)), state)
    return FrontSpeed(
        front=front,
        track=track,
        scheme=rosenbrock(front.rate, DIFFUSIVITY, _CELL * length, step, GAMMA),
        equation=continuous(front.rate, DIFFUSIVITY),
    )
