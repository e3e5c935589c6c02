"""Fronts through tissue that slows motility: speeds in the ratio 1/lambda."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field
from cartflow.pde.tissue import Tissue
from cartflow.validation.fronts.dispersion import continuous
from cartflow.validation.fronts.fisher_kpp_runs import (
    CAPACITY,
    DIFFUSIVITY,
    FIRST,
    LENGTH,
    RATE,
    SEEDED,
    WINDOW,
    front_of_scheme,
    step_of,
)
from cartflow.validation.fronts.marching import FrontRun, Track
from cartflow.validation.problems import engine_of, problem_of

TORTUOSITIES = (1.0, 1.25, 1.6, 2.0)
POROSITY = 0.2  # which must not matter: cells are counted per tissue
# Fine enough for the slowest front, and the same for all.
SPACING = 0.25 * LENGTH / max(TORTUOSITIES)


@dataclass(frozen=True, kw_only=True, eq=False)
class TortuousFront:
    """A front in tissue of one tortuosity, with its mean speed (mm/day) from 50/r on."""

    tortuosity: float
    engine: str
    track: Track
    corrected: float


def run(engine: str, tortuosity: float) -> TortuousFront:
    """Follow the front for 60/r; `corrected` is its speed as t grows and cells and steps vanish.

    What the relaxation, the cells and the steps take off is known: 2 sqrt(r D) less the mean of
    v* - 3/(2 lambda* t) of the scheme.
    """
    hindered = DIFFUSIVITY / tortuosity**2
    end = FIRST + WINDOW
    extent = (2.0 * end * RATE / tortuosity + 70.0) * LENGTH
    geometry = slab(extent, round(extent / SPACING))
    field = Field(
        name="cart",
        diffusivity=np.full(geometry.size, DIFFUSIVITY),
        hindrance=Hindrance(law="measured", tortuosity=tortuosity),
    )
    tissue = Tissue(porosity=np.full(geometry.size, POROSITY), hindrance=Hindrance())
    solver = engine_of(
        engine, problem_of(geometry, load("logistic_growth"), (field,), tissue=tissue)
    )
    follow = FrontRun(step=step_of(solver), end=end, interval=1.0 / RATE, level=0.5 * CAPACITY)
    start = np.where(geometry.centres[:, 0] < SEEDED, CAPACITY, 0.0)[None]
    track, _ = follow.follow(solver, start)
    scheme = front_of_scheme(solver, RATE, 0.0, hindered, SPACING)
    missing = continuous(RATE, hindered).speed - scheme.mean_speed(FIRST, end)
    return TortuousFront(
        tortuosity=tortuosity,
        engine=engine,
        track=track,
        corrected=track.mean_speed(FIRST, end) + missing,
    )
