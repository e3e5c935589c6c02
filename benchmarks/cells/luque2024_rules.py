"""Rules of the code of Luque et al. 2024 that its study here does not have, each to be added alone.

``lattice``: tumour cells begin on the rows that the code lays, not anywhere in the ball.
``remains``: cells that were killed stay for 8.6 h at 0.8 of their volume, are pushed and push, and
pull at CAR T cells as living ones do. ``late``: a cell divides once the time that it has waited
passes its cycle over the rate of that moment, not once its chance, added up, comes to the cycle.
``newborn``: cells halve their volume when they divide and grow back in a day (with ``late`` alone).
``after_uptake``: a cell reads oxygen when all have taken up theirs in a step of 0.01 min, before it
diffuses, 7 % below what the equation has. ``voxels``: see luque2024_voxels.py, without which
remains do not pull. What they change is not the study's, and ends with them.
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
from cartflow.cells.run.step import Stepping

Array = np.ndarray
RULES = ("voxels", "lattice", "remains", "late", "newborn", "after_uptake")
RADIUS, BALL, MIDDLE = 8.412710547954228e-3, 0.150, 0.5  # mm
STAY, SHRUNK = 8.6 / 24.0, 0.8 ** (1.0 / 3.0)  # day, of a radius
STEP, VOXEL, VOLUME = 0.01, 8e-6, 2.494e-6  # min, mm^3 of a voxel of 20 um, mm^3 of a cell
SIZES = np.array([0.6, 0.7, 0.8, 0.9, 0.97])  # of volumes, between which radii are one
_NAMES = np.uint64(1) << np.uint64(62)


@contextmanager
def with_rules(rules: Sequence[str], hunter: int, target: int) -> Iterator[None]:
    """Let runs within go by these rules too, between cells of two kinds."""
    ages = np.zeros(10**6)  # days since the last division, by name
    with ExitStack() as stack:
        if "lattice" in rules:
            stack.enter_context(_lattice(target))
        if "late" in rules:
            stack.enter_context(_late(ages))
        if "after_uptake" in rules:
            stack.enter_context(_after_uptake(hunter, target))
        stack.enter_context(_pushed(rules, hunter, target, ages))
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
def _late(ages: Array) -> Iterator[None]:
    waited = np.zeros_like(ages)  # days, by name

    def struck(cells, clock, chance, daughters, dt, seed, most):  # type: ignore[no-untyped-def]
        if not ages.any():
            ages[cells.name] = np.inf
        ages[cells.name] += dt
        ticks = cells.kind == clock.trait.kind
        ticks[cells.mate[cells.mate >= 0]] = False
        waited[cells.name[ticks & (chance > 0.0)]] += dt
        passed = waited[cells.name] * chance >= cells.traits[:, clock.trait.column]
        rows = np.flatnonzero(ticks & passed & (chance > 0.0))
        waited[cells.name[rows]] = ages[cells.name[rows]] = 0.0
        return _with_daughters(cells, np.repeat(rows, daughters)), rows.size

    with _instead(events, "struck", struck):
        yield


def taken(tumour: Array, cart: Array) -> Array:
    """Return the share of oxygen that a step leaves in voxels with so many cells of two kinds.

    Cells take up one after another, 10 and 1 per min of what is in their volume.
    """
    of_one = STEP * VOLUME / VOXEL
    return np.asarray((1.0 + 10.0 * of_one) ** -tumour * (1.0 + of_one) ** -cart)


def slower(number: float) -> float:
    """Return how much less is taken up so than at one rate, by `number` tumour cells a voxel."""
    left = float(taken(np.float64(number), np.float64(0.0)))
    return (1.0 - left) / (STEP * 10.0 * number * VOLUME / VOXEL)


@contextmanager
def _after_uptake(hunter: int, target: int) -> Iterator[None]:
    seen = Stepping._seen

    def see(self):  # type: ignore[no-untyped-def]
        state, counts = seen(self), self.numbers()
        row = self.system.problem.network.index("oxygen")
        state[row] *= taken(counts[target], counts[hunter])
        return state

    with _instead(Stepping, "_seen", see):
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
def _pushed(rules: Sequence[str], hunter: int, target: int, ages: Array) -> Iterator[None]:
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
        first = len(self.system.spheres.radius)
        own = cells.kind
        if "newborn" in rules:
            size = np.searchsorted(SIZES, volume(ages[cells.name]), "right")
            small = (own == target) & (size < len(SIZES))
            own = np.where(small, first + 1 + size, own)
        kind = np.append(own, np.full(remains.age.size, first)).astype(cells.kind.dtype)
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
    """Return how kinds push, and last those that were `target`, and `target` of small sizes."""
    middles = SIZES - 0.5 * np.diff(SIZES, prepend=0.5)
    shares = np.append(SHRUNK, middles ** (1.0 / 3.0))
    radius = np.append(spheres.radius, shares * spheres.radius[target])
    repulsion = np.append(spheres.repulsion, np.full(shares.size, spheres.repulsion[target]))
    adhesion = np.append(spheres.adhesion, np.full(shares.size, spheres.adhesion[target]))
    return replace(spheres, radius=radius, repulsion=repulsion, adhesion=adhesion)


def volume(age: Array) -> Array:
    """Return the share of its volume that a cell has so many days after it divided.

    Its solids grow back at 0.13 and 0.22 /h, and draw three times as much of fluid at 0.325 /h.
    """
    hours = 24.0 * np.minimum(age, 10.0)
    missing = np.zeros_like(hours)
    for share, rate in ((0.783, 0.13), (0.217, 0.22)):
        # What of the fluid is missing follows the solids, with a lag.
        lag = (0.325 * np.exp(-rate * hours) - rate * np.exp(-0.325 * hours)) / (0.325 - rate)
        missing += 0.5 * share * (0.25 * np.exp(-rate * hours) + 0.75 * lag)
    return np.asarray(1.0 - missing)


@contextmanager
def _instead(owner, name, value) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Let an attribute be another one for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
