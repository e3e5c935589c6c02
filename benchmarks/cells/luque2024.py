"""CAR T cells on a spheroid by the rules of Luque et al. 2024, beside the run that they published.

``python -m benchmarks.cells.luque2024 --seed 1 --end 10`` runs examples/luque2024/luque2024.toml
from the published start, and prints a table: day, living tumour cells, CAR T cells, R95 (um), CAR
T cells inside it, and their median depth (um), ours and theirs. Theirs is read from
../shared/data/luque2024_cart_abm, and left out where that is not there.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cartflow.study.study import Study

ROOT = Path(__file__).parents[2]
THEIRS = ROOT.parent / "shared/data/luque2024_cart_abm/summary.csv"
COLUMNS = ("tumour_alive", "cart_alive", "R95_um", "cart_inside_R95", "median_depth_um")
TUMOUR, CART, RADIUS = 3963, 991, 0.150


def study(seed: int, end: float, more: Sequence[tuple[str, str]] = ()) -> Study:
    """Return the study with cells where the published run has them."""
    settings = {"cells.seed": seed, "time.end": f"{end} days", **dict(more)}
    found = Study.from_file(ROOT / "examples/luque2024/luque2024.toml", settings=settings)
    far = np.linalg.norm(found.geometry.centres - 0.5, axis=1)
    for name, count, where in (
        ("tumour", TUMOUR, far < RADIUS),
        ("cart", CART, far > RADIUS + 0.05),
    ):
        volume = found.geometry.cell_volumes[where].sum()
        found = found.with_field(name, initial=np.where(where, count / volume, 0.0))
    return found


def rows(tree) -> list[tuple[float, ...]]:  # type: ignore[no-untyped-def]
    """Return one row for each saved time."""
    cells = tree["cells"].to_dataset()
    found = []
    for time, first, size in zip(tree["time"], cells["first_row"], cells["row_size"], strict=True):
        here = slice(int(first), int(first + size))
        place = np.stack([cells[axis][here] for axis in "xyz"], axis=1)
        kinds = cells["species_of_kind"].values[cells["kind"][here]]
        tumour, cart = place[kinds == "tumour"], place[kinds == "cart"]
        middle = tumour.mean(axis=0)
        edge = np.quantile(np.linalg.norm(tumour - middle, axis=1), 0.95)
        depth = edge - np.linalg.norm(cart - middle, axis=1)
        inside = depth[depth > 0]
        median = float(np.median(inside)) if inside.size else np.nan
        row = (float(time), len(tumour), len(cart), 1e3 * edge, inside.size, 1e3 * median)
        found.append(row)
    return found


def main() -> None:
    """Run and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--end", type=float, default=10.0)
    given = asked.parse_args()
    theirs = []
    if THEIRS.is_file():
        with THEIRS.open() as file:
            theirs = [[float(row[name]) for name in COLUMNS] for row in csv.DictReader(file)]
    result = study(given.seed, given.end).run()
    print("day, tumour, CAR T, R95, inside, depth; published: the same without the day")
    for number, row in enumerate(rows(result.tree)):
        beside = (
            "" if number >= len(theirs) else "   " + " ".join(f"{x:7.1f}" for x in theirs[number])
        )
        print(" ".join(f"{x:7.1f}" for x in row) + beside, flush=True)
    print(result.tree["cells/attached"].values.ravel(), result.tree["cells/killed"].values.ravel())


if __name__ == "__main__":
    main()
