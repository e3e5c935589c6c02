"""The front of single cells that grow to a capacity, beside the known slowing by their number.

``python -m benchmarks.cells.front 100 1000`` prints, for N cells per sqrt(D/r) at capacity, the
speed of the front cell by cell over sqrt(r D); with ``--counts`` for numbers of cells per mesh cell
instead, which reaches N = 1e6. ``--between 40 100`` measures over that time, in 1/r. The equation
has 2; cells have 2 - pi^2 / (ln N + 3 ln ln N + c)^2 with a constant c (Brunet and Derrida 1997,
doi 10.1103/PhysRevE.56.2597; 2006, Brunet et al., doi 10.1103/PhysRevE.73.056126). Growth
r n (1 - n/K) is births at r n and deaths at r n^2/K.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.optimize import minimize_scalar

from cartflow.cells.births.happen import choices, happened
from cartflow.cells.movement.gait import Gait
from cartflow.cells.movement.walk import placed, room_of, walked
from cartflow.geometries.shapes.slab import slab

WIDTH, STEP, WINDOW = 0.5, 0.05, 80  # of a mesh cell in sqrt(D/r), of a step in 1/r, mesh cells
BETWEEN = (60.0, 260.0)  # the time that is measured, in 1/r
FULL, AHEAD = 16, 40  # mesh cells behind the front and before it, where every cell is on its own


def slowed(number: float, constant: float = 0.0) -> float:
    """Return by how much the front of `number` cells per length is slower than 2."""
    size = np.log(number) + 3.0 * np.log(np.log(number)) + constant
    return float(np.pi**2 / size**2)


def lattice_speed() -> float:
    """Return the speed of the equation for counts that hop on this mesh, in these steps."""

    def speed(rate: float) -> float:
        hops = np.log1p(STEP / WIDTH**2 * 2.0 * (np.cosh(rate * WIDTH) - 1.0))
        return float((hops + STEP) / (rate * STEP))

    return float(minimize_scalar(speed, bounds=(0.3, 3.0), method="bounded").fun)


def by_cells(number: float, seed: int, between: tuple[float, float] = BETWEEN) -> float:
    """Return the front's speed, every cell on its own."""
    per_cell = number * WIDTH
    window = FULL + AHEAD
    room = room_of(slab(window * WIDTH, window))
    gait = Gait(
        diffusivity=np.ones(1),
        speed=np.zeros(1),
        persistence=np.zeros(1),
        pause=np.zeros(1),
        bias=np.zeros(1),
        ways=np.zeros((1, 2), dtype=np.int64),
        films=np.zeros((1, 2)),
        drifts=np.array([-1]),
    )
    acts, order = choices([0, 0], [(0, 0), ()], 1)
    start = np.repeat(np.arange(FULL), round(per_cell))
    cells = placed(room, np.zeros(start.size, dtype=int), start, 0, 0, seed)
    moved, passed = 0, []
    for step in range(1, round(between[1] / STEP) + 1):
        cells = walked(cells, room, gait, np.zeros((0, 2)), STEP, step, seed)
        counts = cells.counts(1, window)[0]
        chances = np.stack([np.ones(window), counts / per_cell])[order]
        cells, *_ = happened(cells, acts, chances, STEP, step, seed, 10**8)
        amount = cells.size / per_cell
        if amount > FULL + 1:
            cells.position[:, 0] -= WIDTH
            cells = cells.without(cells.position[:, 0] < 0.0)
            cells.place[:] = np.minimum(cells.position[:, 0] / WIDTH, window - 1)
            moved += 1
        passed.append((moved + cells.size / per_cell) * WIDTH)
    return slope(passed, between[0])


def by_counts(number: float, seed: int, between: tuple[float, float] = BETWEEN) -> float:
    """Return the front's speed by numbers in mesh cells: hops, then births and deaths."""
    generator = np.random.default_rng(seed)
    per_cell = number * WIDTH
    counts = np.where(np.arange(WINDOW) < WINDOW // 2, round(per_cell), 0)
    hop = STEP / WIDTH**2
    moved, passed = 0, []
    for _ in range(round(between[1] / STEP)):
        left, right = _hops(generator, counts, hop)
        counts = counts - left - right
        counts[1:] += right[:-1]
        counts[:-1] += left[1:]
        counts[0] += left[0]
        counts[-1] += right[-1]
        counts = _grown(generator, counts, per_cell)
        if counts.sum() / per_cell > WINDOW / 2 + 1:
            counts = np.append(counts[1:], 0)
            moved += 1
        passed.append((moved + counts.sum() / per_cell) * WIDTH)
    return slope(passed, between[0])


def _hops(generator, counts, hop):  # type: ignore[no-untyped-def]
    leaving = generator.binomial(counts, 2.0 * hop)
    left = generator.binomial(leaving, 0.5)
    return left, leaving - left


def _grown(generator, counts, per_cell):  # type: ignore[no-untyped-def]
    """Let all divide and die for a step at the rates at its start, exactly (Kendall 1948)."""
    death = counts / per_cell
    death = np.where(np.abs(death - 1.0) < 1e-9, 1.0 + 1e-9, death)
    growth = np.expm1((1.0 - death) * STEP)
    beta = growth / (growth + 1.0 - death)
    alpha = death * beta
    lived = generator.binomial(counts, 1.0 - alpha)
    more = np.where(lived > 0, generator.negative_binomial(np.maximum(lived, 1), 1.0 - beta), 0)
    return lived + more


def slope(passed: list[float], since: float) -> float:
    """Return the speed from the time `since` on."""
    first = round(since / STEP)
    return (passed[-1] - passed[first]) / ((len(passed) - 1 - first) * STEP)


def main() -> None:
    """Run and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("numbers", type=float, nargs="+")
    asked.add_argument("--counts", action="store_true")
    asked.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    asked.add_argument("--between", type=float, nargs=2, default=BETWEEN)
    given = asked.parse_args()
    free = lattice_speed() if given.counts else 2.0
    for number in given.numbers:
        run = by_counts if given.counts else by_cells
        speeds = [run(number, seed, tuple(given.between)) for seed in given.seeds]
        slower = free - np.mean(speeds)
        constant = np.pi / np.sqrt(slower) - np.log(number) - 3.0 * np.log(np.log(number))
        print(
            f"N {number:.0e}: {np.mean(speeds):.4f} +- {np.std(speeds):.4f} of {free:.4f}; slower "
            f"by {slower:.4f}, formula with c = 0 {slowed(number):.4f}, leading term "
            f"{(np.pi / np.log(number)) ** 2:.4f}, c {constant:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
