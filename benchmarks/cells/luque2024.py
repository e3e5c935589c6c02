"""CAR T cells on a spheroid by the rules of Luque et al. 2024, beside the run that they published.

``python -m benchmarks.cells.luque2024 --seeds 1 2 3 --lines FILE`` runs
examples/luque2024/luque2024.toml once for each seed, and prints for each saved day living tumour
cells, CAR T cells, R95 (um), CAR T cells inside it, and their median depth (um): the least, mean
and largest of the seeds, and theirs. Theirs is read from ../shared/data/luque2024_cart_abm, and
left out where that is not there. FILE keeps each run as one line, from where a run that was ended
goes on. ``--set KEY=VALUE`` changes the study, ``--without RULE`` leaves a rule of their code out
that beside its equations it has. ``--figure FILE`` draws the band of the seeds and their run.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.lines import kept
from cartflow.study.study import Study

Array = np.ndarray
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples/luque2024"
THEIRS = ROOT.parent / "shared/data/luque2024_cart_abm/summary.csv"
COLUMNS = ("tumour_alive", "cart_alive", "R95_um", "cart_inside_R95", "median_depth_um")
LABELS = (
    "living tumour cells",
    "living CAR T cells",
    "R95 (um)",
    "CAR T cells within R95",
    "their median depth (um)",
)
# How the lines of the study begin that state a rule of the code, and what stands there without it.
RULES = {
    "lattice": {'lattice = "rows"': "number = 3963"},
    "cubes": {"cubes =": "", "pull_rate =": ""},
    "remains": {"remains_time =": "", "remains_activity =": ""},
    "volumes": {"rates_see =": ""},
    "waited": {"due =": ""},
    "growth": {"growth_rate =": ""},
    "read": {},
}
# A step so short that the equation's own oxygen is read, and its own uptake.
UNREAD = {
    "kinetics.parameters.uptake_step": "1e-5 min",
    "kinetics.parameters.uptake": "2.494e-10 mm^3/cell",
    "kinetics.parameters.uptake_cart": "2.494e-11 mm^3/cell",
}


def study(
    seed: int, end: float, more: Sequence[tuple[str, str]] = (), without: Sequence[str] = ()
) -> Study:
    """Return the study, with the rules `without` left out."""
    settings = {"cells.seed": seed, "time.end": f"{end} days", **dict(more)}
    lines = (FOLDER / "luque2024.toml").read_text().splitlines()
    for rule in without:
        for start, instead in RULES[rule].items():
            where = [n for n, line in enumerate(lines) if line.startswith(start)]
            for n in where:
                lines[n] = instead
    if "read" in without:
        settings = {**UNREAD, **settings}
    return Study.from_text("\n".join(lines), folder=FOLDER, settings=settings)


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


def runs(
    seeds: Sequence[int],
    end: float,
    more: Sequence[tuple[str, str]],
    path: Path | None,
    without: Sequence[str] = (),
) -> Array:
    """Return rows (seeds, saved times, columns), those that `path` holds from it."""

    def made(seed: int) -> list[tuple[float, ...]]:
        return rows(study(seed, end, more, without).run().tree)

    key = {"end": end, "more": [list(pair) for pair in more], "without": sorted(without)}
    return np.array([kept(path, {**key, "seed": seed}, lambda s=seed: made(s)) for seed in seeds])


def published() -> Array:
    """Return the columns of the stored run (saved times, columns), or none of its times."""
    if not THEIRS.is_file():
        return np.zeros((0, len(COLUMNS)))
    with THEIRS.open() as file:
        return np.array([[float(row[name]) for name in COLUMNS] for row in csv.DictReader(file)])


def figure_of(found: Array, theirs: Array) -> Figure:
    """Return the band of the seeds, `found` (seeds, saved times, columns), and their run."""
    figure = Figure(figsize=(11, 6), layout="constrained")
    panels = figure.subplots(2, 3).ravel()
    days = found[0, :, 0]
    for column, (axes, label) in enumerate(zip(panels, LABELS, strict=False)):
        ours = found[:, :, column + 1]
        least, most = ours.min(axis=0), ours.max(axis=0)
        axes.fill_between(days, least, most, color="#0072b2", alpha=0.3, lw=0)
        axes.plot(days, ours.mean(axis=0), color="#0072b2")
        axes.plot(days[: len(theirs)], theirs[:, column], "o", color="#d55e00", ms=4)
        axes.set(xlabel="days", ylabel=label)
    panels[-1].axis("off")
    panels[-1].plot([], [], color="#0072b2", label=f"here, mean of {len(found)} seeds")
    panels[-1].fill([np.nan], [np.nan], color="#0072b2", alpha=0.3, label="least to largest")
    panels[-1].plot([], [], "o", color="#d55e00", ms=4, label="stored run, one seed")
    panels[-1].legend(loc="center", frameon=False)
    return figure


def main() -> None:
    """Run and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--seeds", type=int, nargs="+", default=[1])
    asked.add_argument("--end", type=float, default=10.0)
    asked.add_argument("--lines", type=Path, help="file of one line of JSON for each run")
    asked.add_argument("--set", action="append", default=[], help="KEY=VALUE of the study")
    asked.add_argument("--figure", type=Path)
    asked.add_argument("--without", nargs="+", choices=RULES, default=[])
    given = asked.parse_args()
    more = [tuple(pair.split("=", 1)) for pair in given.set]
    theirs = published()
    found = runs(given.seeds, given.end, more, given.lines, given.without)
    print("day; of each column least, mean, largest of the seeds, and published:")
    print("tumour cells, CAR T cells, R95, CAR T cells inside, their median depth")
    for number in range(found.shape[1]):
        of_day = found[:, number]
        words = [f"{of_day[0, 0]:5.1f}"]
        for column in range(1, of_day.shape[1]):
            one = of_day[:, column]
            least, most = np.min(one), np.max(one)
            there = f"{theirs[number, column - 1]:6.1f}" if number < len(theirs) else "     -"
            words.append(f"{least:7.1f} {one.mean():7.1f} {most:7.1f} {there}")
        print("  ".join(words), flush=True)
    if given.figure is not None:
        figure_of(found, theirs).savefig(given.figure, dpi=120)


if __name__ == "__main__":
    main()
