"""Fisher-KPP fronts in every geometry, each beside the law that its scheme should follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load
from cartflow.pde.engine import Engine
from cartflow.pde.lines.rosenbrock import GAMMA
from cartflow.validation.fronts.dispersion import (
    PulledFront,
    backward_euler,
    rosenbrock,
    semi_discrete,
)
from cartflow.validation.fronts.marching import FrontRun, Track
from cartflow.validation.problems import cells_problem, engine_of

Array = np.ndarray

RATE, DIFFUSIVITY, CAPACITY = 1.0, 0.01, 1e5
LENGTH = float(np.sqrt(DIFFUSIVITY / RATE))
SEEDED = 5.0 * LENGTH
FIRST, WINDOW = 50.0 / RATE, 10.0 / RATE


def step_of(engine: Engine) -> float:
    """Return the fixed step (days) for fronts: what stays of its error is in `front_of_scheme`."""
    if engine.order == 1:
        return 0.1 / RATE
    return 0.02 / RATE if len(engine.problem.geometry.dims) == 1 else 0.05 / RATE


def front_of_scheme(
    engine: Engine, growth: float, loss: float, diffusivity: float, spacing: float
) -> PulledFront:
    """Return the pulled front of an engine that takes steps of `step_of`.

    The stabilised steps in 2-D and 3-D are within 0.1 % of exact ones, and compared with those.
    """
    step = step_of(engine)
    if engine.order == 1:
        return backward_euler(growth, loss, diffusivity, spacing, step)
    if len(engine.problem.geometry.dims) == 1:
        return rosenbrock(growth - loss, diffusivity, spacing, step, GAMMA)
    return semi_discrete(growth - loss, diffusivity, spacing)


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """A geometry with the law for its fronts: `bend` is (N-1) outward and -(N-1) inward."""

    name: str
    build: Callable[[float, float], Geometry]  # from an extent and a spacing, mm
    tolerance: float
    dim: str = "x"
    bend: float = 0.0

    @property
    def inward(self) -> bool:
        """Whether the front comes in from the rim."""
        return self.bend < 0


def _rod(axis: int, dimensions: int) -> Callable[[float, float], Geometry]:
    """Return boxes two cells wide, long along one axis."""

    def build(extent: float, spacing: float) -> Geometry:
        cells = [2] * dimensions
        cells[axis] = round(extent / spacing)
        return box([n * spacing for n in cells], cells)

    return build


def _mask(extent: float, spacing: float) -> Geometry:
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = 0.5 * spacing  # the first voxel begins at 0
    return voxel_mask(np.ones((2, 2, round(extent / spacing)), dtype=int), affine)


SLAB = Setting(
    name="slab",
    build=lambda extent, spacing: slab(extent, round(extent / spacing)),
    tolerance=1e-3,
)
GRIDS = (
    *(
        Setting(
            name=f"{n}-D grid along {'xyz'[axis]}",
            build=_rod(axis, n),
            dim="xyz"[axis],
            tolerance=5e-3,
        )
        for n in (2, 3)
        for axis in range(n)
    ),
    Setting(name="voxel mask", build=_mask, dim="z", tolerance=5e-3),
)
FEW_GRIDS = (GRIDS[1], GRIDS[4], GRIDS[5])
BALLS = tuple(
    Setting(
        name=f"ball, {name}",
        build=lambda extent, spacing: ball(extent, round(extent / spacing)),
        dim="r",
        bend=bend,
        tolerance=1e-2,
    )
    for name, bend in (("outward", 2.0), ("inward", -2.0))
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fisher:
    """A run that is done: the track, its profiles along `x` (mm), and the front of its scheme."""

    setting: Setting
    engine: str
    x: Array
    profiles: Array
    track: Track
    front: PulledFront
    radius: float

    @property
    def windows(self) -> list[tuple[float, float]]:
        """The times (from, to) over which speeds are measured, from 50/r."""
        starts = np.arange(FIRST, self.track.times[-1] - WINDOW + 1e-9, WINDOW)
        return [(float(t), float(t + WINDOW)) for t in starts]

    def measured(self, window: tuple[float, float]) -> float:
        """Return the mean speed over a window, mm/day."""
        return self.track.mean_speed(*window)

    def expected(self, window: tuple[float, float]) -> float:
        """Return the mean of v* - 3/(2 lambda* t) - bend D/R over a window, mm/day."""
        centre = self.radius if self.setting.inward else 0.0
        if not self.setting.bend:
            return self.front.mean_speed(*window)
        bent = self.setting.bend * DIFFUSIVITY * self.track.mean_curvature(*window, centre)
        return self.front.mean_speed(*window) - bent

    def worst(self) -> tuple[float, float]:
        """Return measured and expected speed in the window where they differ most."""
        pairs = [(self.measured(w), self.expected(w)) for w in self.windows]
        # A lost front, not a number, is the worst of all.
        return max(pairs, key=lambda pair: np.nan_to_num(abs(pair[0] / pair[1] - 1.0), nan=np.inf))


def run(setting: Setting, engine: str, end: float, spacing: float = 0.25 * LENGTH) -> Fisher:
    """Follow the front of the logistic equation in one setting up to `end` days."""
    # Ahead of it lies room for the edge, several sqrt(4 D t) wide, that makes it slow.
    extent = 2.0 * end * LENGTH * RATE + 70.0 * LENGTH
    geometry = setting.build(extent, spacing)
    solver = engine_of(engine, cells_problem(geometry, load("logistic_growth"), DIFFUSIVITY))
    x = np.asarray(geometry.coordinates[setting.dim])
    radius = float(x[-1] + 0.5 * spacing)
    along = geometry.centres[:, max("xyz".find(setting.dim), 0)]
    seeded = along > radius - SEEDED if setting.inward else along < SEEDED
    follow = FrontRun(
        step=step_of(solver),
        end=end,
        interval=1.0 / RATE,
        level=0.5 * CAPACITY,
        dim=setting.dim,
        inward=setting.inward,
    )
    track, profiles = follow.follow(solver, np.where(seeded, CAPACITY, 0.0)[None])
    return Fisher(
        setting=setting,
        engine=engine,
        x=x,
        profiles=profiles,
        track=track,
        front=front_of_scheme(solver, RATE, 0.0, DIFFUSIVITY, spacing),
        radius=radius,
    )
