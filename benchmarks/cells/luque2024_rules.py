"""Rules of the code of Luque et al. 2024 that its study here does not have, each to be added alone.

``lattice``: tumour cells begin on the rows that the code lays, not anywhere in the ball.
``remains``: cells that were killed stay for 8.6 h at 0.8 of their volume, are pushed and push, and
pull at CAR T cells as living ones do. ``late``: a cell divides once the time that it has waited
passes its cycle over the rate of that moment, not once its chance, added up, comes to the cycle.
``voxels``: see luque2024_voxels.py, without which remains do not pull. What they change is not the
study's, and ends with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.cells.luque2024_voxels import lived, met_in_voxels, pulled
from cartflow.cells.births.clocks import _with_daughters
from cartflow.cells.crowding.bins import bins_of
from cartflow.cells.crowding.spheres import Spheres, pushed
from cartflow.cells.movement.walk import moving_of, shifted
from cartflow.cells.run import events, motion
from cartflow.cells.run.motion import Motion

Array = np.ndarray
RULES = ("voxels", "lattice", "remains", "late")
RADIUS, BALL, MIDDLE = 8.412710547954228e-3, 0.150, 0.5  # mm
STAY, SHRUNK = 8.6 / 24.0, 0.8 ** (1.0 / 3.0)  # day, of a radius
_NAMES = np.uint64(1) << np.uint64(62)


@contextmanager
def with_rules(rules: Sequence[str], hunter: int, target: int) -> Iterator[None]:
    """Let runs within go by these rules too, between cells of two kinds."""
    with ExitStack() as stack:
        if "lattice" in rules:
            stack.enter_context(_lattice(target))
        if "late" in rules:
            stack.enter_context(_late())
        stack.enter_context(_pushed(rules, hunter, target))
        yield


def rows_of_spheres() -> Array:
    """Return where the code lays tumour cells (n, 3), from their middle, in mm."""
    step_x, step_y = RADIUS * np.sqrt(3.0), 2.0 * RADIUS
    along_x, along_y = np.arange(-BALL, BALL, step_x), np.arange(-BALL, BALL, step_y)
    found: list[tuple[float, float, float]] = []
    row = 0
    for layer, z in enumerate(np.arange(-BALL, BALL, step_x)):
        for x in along_x:
            here = x + layer % 2 * 0.5 * RADIUS
            found += [(here, y + row % 2 * RADIUS, z) for y in along_y]
            row += 1
    places = np.array(found)
    return places[np.linalg.norm(places, axis=1) < BALL]


@contextmanager
def _lattice(target: int) -> Iterator[None]:
    go = Motion.go

    def gone(self, cells, velocity, dt):  # type: ignore[no-untyped-def]
        if self.part == 0:
            rows = np.flatnonzero(cells.kind == target)
            by = np.zeros_like(cells.position)
            by[rows] = MIDDLE + rows_of_spheres()[: rows.size] - cells.position[rows]
            cells = shifted(cells, self.system.room, by)
        return go(self, cells, velocity, dt)

    with _instead(Motion, "go", gone):
        yield


@contextmanager
def _late() -> Iterator[None]:
    waited = np.zeros(10**6)  # days, by name

    def struck(cells, clock, chance, daughters, dt, seed, most):  # type: ignore[no-untyped-def]
        ticks = cells.kind == clock.trait.kind
        ticks[cells.mate[cells.mate >= 0]] = False
        waited[cells.name[ticks & (chance > 0.0)]] += dt
        passed = waited[cells.name] * chance >= cells.traits[:, clock.trait.column]
        rows = np.flatnonzero(ticks & passed & (chance > 0.0))
        waited[cells.name[rows]] = 0.0
        return _with_daughters(cells, np.repeat(rows, daughters)), rows.size

    with _instead(events, "struck", struck):
        yield


@dataclass(kw_only=True, eq=False)
class _Remains:
    """Cells that were killed: where they are (mm), and for how many days they have been."""

    position: Array = field(default_factory=lambda: np.zeros((0, 3)))
    age: Array = field(default_factory=lambda: np.zeros(0))

    def more(self, position: Array) -> None:
        """Let cells that die at these places remain."""
        self.position = np.concatenate([self.position, position])
        self.age = np.append(self.age, np.zeros(len(position)))

    def on(self, velocity: Array, dt: float) -> None:
        """Move by a step, after which some are gone."""
        age, stay = self.age + dt, self.age + dt < STAY
        self.position, self.age = (self.position + velocity * dt)[stay], age[stay]


@contextmanager
def _pushed(rules: Sequence[str], hunter: int, target: int) -> Iterator[None]:
    """Let spheres push with those that remain, and pull within voxels."""
    remains, voxels, met = _Remains(), "voxels" in rules, motion.met

    def meet(cells, *rest):  # type: ignore[no-untyped-def]
        after = met_in_voxels(met, cells, *rest) if voxels else met(cells, *rest)
        if "remains" in rules:
            remains.more(cells.position[~lived(cells, after)])
        return after

    def push(self, cells, dt):  # type: ignore[no-untyped-def]
        moving, count = moving_of(self.system.room), cells.size
        position = np.concatenate([cells.position, remains.position])
        kind = np.append(cells.kind, np.full(remains.age.size, len(self.system.spheres.radius)))
        kind = kind.astype(cells.kind.dtype)
        name = np.append(cells.name, _NAMES + np.arange(remains.age.size, dtype=np.uint64))
        spheres = _with_remains(self.system.spheres, target)
        bins = bins_of(position, spheres.farthest, moving)
        seed = self.system.asked.seed
        velocity, _ = pushed(position, kind, name, spheres, bins, moving, self.part, seed)
        if voxels:
            velocity = velocity + pulled(position, kind == hunter)
        remains.on(velocity[count:], dt)
        return shifted(cells, self.system.room, velocity[:count] * dt)

    with _instead(motion, "met", meet), _instead(Motion, "_pushed", push):
        yield


def _with_remains(spheres: Spheres, target: int) -> Spheres:
    """Return how kinds push, with a last kind that was `target`."""
    radius = np.append(spheres.radius, SHRUNK * spheres.radius[target])
    repulsion = np.append(spheres.repulsion, spheres.repulsion[target])
    adhesion = np.append(spheres.adhesion, spheres.adhesion[target])
    return replace(spheres, radius=radius, repulsion=repulsion, adhesion=adhesion)


@contextmanager
def _instead(owner, name, value) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Let an attribute be another one for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
