"""The oxygen that cells read in the code of Luque et al. 2024, by its scheme and in shorter steps.

``python -m benchmarks.cells.luque2024_oxygen Datos_1439.xyz`` takes a snapshot of the stored run
(github.com/salva24/CART-ABM_for_comparison_with_CARTopiaX, folder outcomes) and lets oxygen come to
rest around its cells: in steps of 0.01 min along one axis after the other, implicitly, then taken
up by each cell. It prints the mean at tumour cells before and after uptake, what is stored for
them, and the largest difference of one cell.
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
REST = 4.0  # min


def snapshot(path: Path) -> tuple[Array, Array, Array]:
    """Return the voxel (n, 3) of every cell, which are tumour cells, and the oxygen stored."""
    lines = (line.split() for line in path.read_text().splitlines())
    rows = np.array([[float(word) for word in words[1:11]] for words in lines if len(words) > 11])
    voxel = np.floor((rows[:, 1:4] + MARGIN) / VOXEL).astype(int)
    return voxel, rows[:, 9] == 0.0, rows[:, 6]


def at_rest(tumour: Array, cart: Array, step: float) -> tuple[Array, Array]:
    """Return oxygen (z, y, x) before and after uptake by numbers of cells, in steps of `step` min.

    Tumour cells take up 10 /min of what is in their volume, CAR T cells 1 /min.
    """
    left = (1.0 + 10.0 * step * VOLUME) ** -tumour * (1.0 + step * VOLUME) ** -cart
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
    asked.add_argument("snapshot", type=Path)
    asked.add_argument("--steps", type=float, nargs="+", default=[0.01, 0.0025])
    given = asked.parse_args()
    voxel, of_tumour, stored = snapshot(given.snapshot)
    tumour, cart = np.zeros((2, SIDE, SIDE, SIDE))
    np.add.at(tumour, tuple(voxel[of_tumour].T), 1.0)
    np.add.at(cart, tuple(voxel[~of_tumour].T), 1.0)
    where, stored = tuple(voxel[of_tumour].T), stored[of_tumour]
    for step in given.steps:
        before, after = (each[where] for each in at_rest(tumour, cart, step))
        gap = np.abs(after - stored).max()
        print(
            f"step {step:g} min: before uptake {before.mean():.3f}, after {after.mean():.3f}, "
            f"stored {stored.mean():.3f} mmHg, largest difference {gap:.1e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
