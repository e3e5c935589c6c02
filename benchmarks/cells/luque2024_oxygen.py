"""The oxygen that cells read in the code of Luque et al. 2024, by its scheme and in shorter steps.

``python -m benchmarks.cells.luque2024_oxygen Datos_1439.xyz`` takes snapshots of the stored run
(github.com/salva24/CART-ABM_for_comparison_with_CARTopiaX, folder outcomes) and lets oxygen come to
rest around the cells of each: in steps of 0.01 min along one axis after the other, implicitly, then
taken up by each cell. It prints the mean at living tumour cells before and after uptake, what is
stored for them, and the largest difference of one cell; with ``--uptake`` ``numbers`` every living
cell takes up as a whole one and no dead one, ``living`` leaves the dead out alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.linalg import solve_banded

Array = np.ndarray
SIDE, VOXEL, MARGIN = 50, 20.0, 500.0  # voxels, um, um
DIFFUSIVITY, DECAY, WALL = 1e5, 0.1, 38.0  # um^2/min, 1/min, mmHg
VOLUME = 2494.0 / VOXEL**3  # of a cell, in voxels
RADIUS = 8.412710547954228  # um
REST = 4.0  # min


def snapshot(path: Path) -> tuple[Array, Array, Array, Array, Array]:
    """Return the voxel (n, 3) of every cell, its share of its volume, and the oxygen stored.

    And which are tumour cells, and which dead.
    """
    lines = [line.split() for line in path.read_text().splitlines()]
    lines = [words for words in lines if len(words) > 14]
    rows = np.array([[float(word) for word in words[1:11]] for words in lines])
    voxel = np.floor((rows[:, 1:4] + MARGIN) / VOXEL).astype(int)
    dead = np.array([words[14] == "Apoptosis" for words in lines])
    return voxel, (rows[:, 4] / RADIUS) ** 3, rows[:, 6], rows[:, 9] == 0.0, dead


def uptake(volume: Array, of_tumour: Array, dead: Array, way: str) -> Array:
    """Return what each cell takes up, per min, of what is in the volume of a whole one.

    Tumour cells take up 10 /min of what is in their volume, CAR T cells 1 /min.
    """
    whole = np.where(of_tumour, 10.0, 1.0)
    if way == "volumes":
        return whole * volume
    return np.where(dead, 0.0, whole * (volume if way == "living" else 1.0))


def at_rest(taken: Array, step: float) -> tuple[Array, Array]:
    """Return oxygen (z, y, x) before and after uptake in steps of `step` min.

    `taken` is the sum over the cells of a voxel of ln(1 + uptake step), by which it keeps less.
    """
    left = np.exp(-taken)
    hop = DIFFUSIVITY * step / VOXEL**2
    matrix = np.zeros((3, SIDE))
    matrix[1] = 1.0 + step * DECAY / 3.0 + 2.0 * hop
    matrix[1, [0, -1]] -= hop
    matrix[0, 1:] = matrix[2, :-1] = -hop
    wall = np.ones((SIDE,) * 3, dtype=bool)
    wall[1:-1, 1:-1, 1:-1] = False
    before = after = np.full(wall.shape, WALL)
    for _ in range(round(REST / step)):
        before = after
        for axis in range(3):
            before = np.where(wall, WALL, before)
            rows = np.moveaxis(before, axis, 0).reshape(SIDE, -1)
            solved = solve_banded((1, 1), matrix, rows, check_finite=False)
            before = np.moveaxis(solved.reshape(wall.shape), 0, axis)
        before = np.where(wall, WALL, before)
        after = before * left
    return before, after


def main() -> None:
    """Run and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("snapshots", type=Path, nargs="+")
    asked.add_argument("--steps", type=float, nargs="+", default=[0.01, 0.0025])
    asked.add_argument("--uptake", choices=["volumes", "living", "numbers"], default="volumes")
    given = asked.parse_args()
    for path in given.snapshots:
        voxel, volume, stored, of_tumour, dead = snapshot(path)
        rate = uptake(volume, of_tumour, dead, given.uptake)
        seen = of_tumour & ~dead
        where = tuple(voxel[seen].T)
        for step in given.steps:
            taken = np.zeros((SIDE, SIDE, SIDE))
            np.add.at(taken, tuple(voxel.T), np.log1p(rate * step * VOLUME))
            before, after = (each[where] for each in at_rest(taken, step))
            gap = np.abs(after - stored[seen]).max()
            print(
                f"{path.stem}, step {step:g} min: before uptake {before.mean():.3f}, after "
                f"{after.mean():.3f}, stored {stored[seen].mean():.3f} mmHg, largest difference "
                f"{gap:.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
