"""CAR T cells in a dish over doses and affinities, beside the stored outcomes of CARCADE.

``python -m benchmarks.cells.carcade`` runs examples/carcade/carcade.toml for every row of `TABLE`
and prints what is left of cancer and healthy cells and what has come of CAR T cells, each relative
to the start, ours and theirs, and the rank correlation of each column. ``--seeds 1 2 3`` takes the
mean and the spread between seeds, and ``--lines FILE`` keeps each run as a line of that file, from
where a run that was ended goes on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.lines import kept
from cartflow.study.study import Study

ROOT = Path(__file__).parents[2]
# Dose, antigens of healthy cells, affinity (M); cancer, healthy, CAR T cells on day 7 over those at
# the start: averages in bagherilab/carcade_mapping_design_space, commit dd6d8af4, CD4:CD8 1:1 and
# 1000 antigens of cancer cells.
TABLE = (
    (250, 0, 1e-6, 4.3358, 0.9420, 92.57),
    (500, 0, 1e-6, 3.8760, 0.9400, 57.12),
    (1000, 0, 1e-6, 3.3568, 0.9394, 34.65),
    (250, 0, 1e-7, 1.3085, 0.9591, 204.49),
    (500, 0, 1e-7, 0.4007, 0.9581, 130.78),
    (1000, 0, 1e-7, 0.1197, 0.9629, 69.89),
    (250, 0, 1e-8, 0.3199, 1.0498, 277.06),
    (500, 0, 1e-8, 0.0213, 1.0878, 151.67),
    (1000, 0, 1e-8, 0.0007, 1.1363, 75.85),
    (250, 100, 1e-7, 1.2962, 0.7022, 212.64),
    (500, 100, 1e-7, 0.4178, 0.5048, 137.30),
    (1000, 100, 1e-7, 0.0964, 0.3143, 75.15),
)
_HALF_OF_MOLAR = 6781e-15 * 6.022e23 * 0.01 / 0.2
_CELLS_OF_DOSE = 0.5 / 4  # those that kill, in a quarter of the dish


def outcome(dose: float, antigens: float, affinity: float, seed: int = 1) -> tuple[float, ...]:
    """Return cancer, healthy and CAR T cells at the end over those at the start."""
    number = round(dose * _CELLS_OF_DOSE)
    settings = {
        "cells.seed": seed,
        "fields.cart.initial": f"{number / (0.81 * 0.81 * 0.0087)} cells/mm^3",
        "fields.healthy.traits.antigens.value": antigens,
    }
    for contact in range(4):
        settings[f"cells.contacts.{contact}.half"] = affinity * _HALF_OF_MOLAR
    path = ROOT / "examples/carcade/carcade.toml"
    tree = Study.from_file(path, settings=settings).run().tree
    counts = {
        name: (tree[f"tumour/{name}"] * tree["tumour/cell_volume"]).sum(("x", "y", "z")).values
        for name in ("cancer", "healthy", "cart", "active", "spent")
    }
    cart = counts["cart"] + counts["active"] + counts["spent"]
    return tuple(float(n[-1] / n[0]) for n in (counts["cancer"], counts["healthy"], cart))


def table(seeds: Sequence[int], path: Path | None) -> np.ndarray:
    """Return outcomes (seeds, rows of `TABLE`, 3), those that `path` holds from it."""

    def one(row: tuple[float, ...], seed: int) -> tuple[float, ...]:
        key = {"row": row[:3], "seed": seed}
        return kept(path, key, lambda: outcome(row[0], row[1], row[2], seed))

    return np.array([[one(row, seed) for row in TABLE] for seed in seeds])


def main() -> None:
    """Run and print."""
    from scipy.stats import spearmanr

    asked = argparse.ArgumentParser()
    asked.add_argument("--seeds", type=int, nargs="+", default=[1])
    asked.add_argument("--lines", type=Path, help="file of one line of JSON for each run")
    given = asked.parse_args()
    ours, theirs = table(given.seeds, given.lines), np.array([row[3:] for row in TABLE])
    print(f"seeds {given.seeds}: mean +- standard deviation between seeds, CARCADE")
    print("dose, healthy's antigens, affinity: cancer, healthy, CAR T")
    mean, spread = ours.mean(axis=0), ours.std(axis=0, ddof=min(1, len(ours) - 1))
    for number, (dose, antigens, affinity, *_) in enumerate(TABLE):
        one = "  ".join(
            f"{m:8.3f} +- {s:6.3f} {t:8.3f}"
            for m, s, t in zip(mean[number], spread[number], theirs[number], strict=True)
        )
        print(f"{dose:5d} {antigens:4d} {affinity:7.0e}  {one}")
    for column, name in enumerate(("cancer", "healthy", "CAR T")):
        ranks = [spearmanr(run[:, column], theirs[:, column]).statistic for run in ours]
        whole = spearmanr(mean[:, column], theirs[:, column]).statistic
        print(
            f"rank correlation of {name}: {whole:.2f} of means, {min(ranks):.2f} to "
            f"{max(ranks):.2f} by seeds"
        )


if __name__ == "__main__":
    main()
