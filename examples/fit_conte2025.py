"""The fits of Conte et al. 2025 of glioma, CAR T cells and a virus, done once more from their data.

    python examples/fit_conte2025.py FOLDER --out fits.json

FOLDER holds cell_index.csv, with the columns condition, hours and cell_index_1 to 3, put together
from the files of https://github.com/mconte93/CAR-OV-study_ConteEtAl2025, and
fitted_parameters.csv, with the columns file, name and value, from its .mat files.
"""

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cartflow import fit

# Theirs, ours, and the range in which it is sought.
ALONE = {
    "alfa": ("growth_rate", "[0.01, 5] 1/h"),
    "k1": ("killing_constant", "[0.001, 10] 1/h"),
    "k3": ("stimulation_constant", "[0.001, 1] 1/h"),
    "delta": ("death_rate", "linear:[0, 1] 1/h"),
}
TOGETHER = {
    "alfa": ("growth_rate", "[0.01, 1] 1/h"),
    "beta": ("infection_constant", "[0.001, 10] 1/h"),
    "theta1": ("killing_constant", "[0.01, 10] 1/h"),
    "theta2": ("infected_killing_constant", "linear:[0, 40] 1/h"),
    "theta3": ("cart_infection_constant", "linear:[0, 10] 1/h"),
}
# What the index shows without cells; and readings, counted from 0, of about hour 60.
OFFSET, COUNTED, ALONE_READ, TOGETHER_READ = 0.1602, 222, 222, 219


class Wells(NamedTuple):
    """A condition: its name in the data, tumour cells to one T cell, virus, numbers by name."""

    condition: str
    ratio: float
    virus: float
    sought: dict[str, tuple[str, str]]
    settings: dict[str, Any]
    published: dict[str, float]
    read: int


def series(folder: Path, condition: str, well: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return hours since the first reading, and the index of a well or the mean of all three."""
    with (folder / "cell_index.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["condition"] == condition]
    hours = np.array([float(row["hours"]) for row in rows])
    index = np.array([[float(row[f"cell_index_{k}"]) for k in (1, 2, 3)] for row in rows])
    return hours - hours[0], index.mean(axis=1) if well is None else index[:, well - 1]


def stored(folder: Path) -> dict[tuple[str, str], float]:
    """Return what the authors' files hold, by file and name."""
    with (folder / "fitted_parameters.csv").open() as file:
        return {
            (row["file"].rpartition("/")[2].removesuffix(".mat"), row["name"]): float(row["value"])
            for row in csv.DictReader(file)
        }


def alone(folder: Path, ratio: int) -> Wells:
    """Return the wells with one T cell to `ratio` tumour cells; growth stops at their capacity."""
    told = stored(folder)
    return Wells(
        condition=f"car_1_{ratio}",
        ratio=ratio,
        virus=0.0,
        sought=ALONE,
        settings={"carrying_capacity": told["K_opt_Tonly", "K_opt"]},
        published={name: told[f"alfak1k3delta_opt_T{ratio}", f"{name}_opt"] for name in ALONE},
        read=ALONE_READ,
    )


def together(folder: Path, ratio: int, virus: str) -> Wells:
    """Return the wells with T cells and virus; what single treatments gave is held."""
    told, digits = stored(folder), virus.removeprefix("0.")
    numbers = {
        "carrying_capacity": told["K_opt_Tonly", "K_opt"],
        "lysis_rate": f"{told[f'alfabetagamma_opt_OV{digits}_c25', 'gamma_opt']!r} 1/h",
        "death_rate": f"{told[f'alfak1k3delta_opt_T{ratio}', 'delta_opt']!r} 1/h",
        "stimulation_constant": f"{told[f'alfak1k3delta_opt_T{ratio}', 'k3_opt']!r} 1/h",
    }
    means = "MeanParameterValues_theta123alfabeta"
    return Wells(
        condition=f"car_1_{ratio}_ov_{virus}",
        ratio=ratio,
        virus=float(virus),
        sought=TOGETHER,
        settings=numbers,
        published={n: told[means, f"{n}_{ratio}_{digits}_ave"] for n in TOGETHER},
        read=TOGETHER_READ,
    )


def table_of(hours: np.ndarray, index: np.ndarray, count: float | None) -> dict[str, list[Any]]:
    """Return the table: the index, and with a `count` the T cells at about hour 60.

    All have the standard deviation 1, to be scaled: the fit is plain least squares.
    """
    times, seen = [*hours.tolist()], ["index"] * len(hours)
    values = index.tolist()
    if count is not None:
        times.append(float(hours[COUNTED]))
        seen.append("cart")
        values.append(count)
    size = len(times)
    return {
        "subject": ["wells"] * size,
        "time": times,
        "time_unit": ["h"] * size,
        "observable": seen,
        "value": values,
        "sd": [1.0] * size,
        "unit": ["1"] * size,
    }


def fitted(
    folder: Path, wells: Wells, well: int | None = None, *, counted: bool = True, starts: int = 1
) -> dict[str, Any]:
    """Fit a condition's mean or one `well`, with four T cells to a tumour cell if `counted`.

    One start goes down from the published numbers; more look for lower minima elsewhere.
    """
    hours, index = series(folder, wells.condition, well)
    count = 4 * (index[wells.read] - OFFSET) + OFFSET if counted else None
    table = table_of(hours, index, count)
    start = {name: f"{wells.published[name]!r} 1/h" for name in wells.sought}
    found = fit(
        "conte2025",
        table,
        [f"{key}={text}" for key, text in wells.sought.values()],
        scenario="cart_1_10",
        settings={
            "initial.tumour": index[0],
            "initial.cart": (index[0] - OFFSET) / wells.ratio + OFFSET,
            "initial.virus": wells.virus,
            **wells.settings,
            **{key: start[name] for name, (key, _) in wells.sought.items()},
        },
        observables={"index": "tumour + infected"},
        errors=dict.fromkeys(set(table["observable"]), "weighted"),
        starts=starts,
        profile=False,
    )
    away = found.dataset["predicted"].values - np.array(table["value"])
    inner = found.best.inner.copy()
    for k, name in enumerate(wells.sought):
        inner[k] = found.problem.parameters[k].inner(wells.published[name])
    there = found.problem.evaluate(inner, slopes=False).predicted - np.array(table["value"])
    size, numbers = len(hours), len(wells.sought)
    return {
        "condition": wells.condition,
        "well": well,
        "counted": counted,
        "starts": starts,
        "numbers": list(wells.sought),
        "ours": [found.estimates[key] for key, _ in wells.sought.values()],
        "error": found.dataset["standard_error"].values[:numbers].tolist(),
        "published": list(wells.published.values()),
        "squares": float(np.sum(away**2)),
        "squares_there": float(np.sum(there**2)),
        "rmse": float(np.sqrt(np.mean(away[:size] ** 2))),
        "rmse_there": float(np.sqrt(np.mean(there[:size] ** 2))),
        "hours": hours.tolist(),
        "index": index.tolist(),
        "predicted": (away[:size] + index).tolist(),
        "predicted_there": (there[:size] + index).tolist(),
        "condition_number": float(found.dataset.attrs["condition"]),
        "best": int(np.sum(found.dataset["start_loss"].values < found.best.at.loss + 0.01)),
    }


def untreated(folder: Path) -> dict[str, Any]:
    """Fit growth and capacity of the wells without treatment, as all other fits take it."""
    hours, index = series(folder, "tumour_only", None)
    told = stored(folder)
    found = fit(
        "conte2025",
        table_of(hours, index, None),
        ["growth_rate=[0.01, 1] 1/h", "carrying_capacity=[3, 10]"],
        scenario="tumour_alone",
        settings={"initial.tumour": index[0]},
        observables={"index": "tumour"},
        errors={"index": "weighted"},
        starts=4,
        profile=False,
    )
    return {
        "condition": "tumour_only",
        "well": None,
        "numbers": ["alfa", "K"],
        "ours": list(found.estimates.values())[:2],
        "error": found.dataset["standard_error"].values[:2].tolist(),
        "published": [told["K_opt_Tonly", "alfa_opt"], told["K_opt_Tonly", "K_opt"]],
        "rmse": found.estimates["factor of all sd"],
    }


def all_fits(folder: Path) -> list[dict[str, Any]]:
    """Return all fits: untreated wells, CAR T cells alone, and with virus."""
    rows = [untreated(folder)]
    for ratio in (10, 25, 50):
        wells = alone(folder, ratio)
        rows.append(fitted(folder, wells, counted=False, starts=6))
        rows += [fitted(folder, wells, well) for well in (None, 1, 2, 3)]
    for ratio in (25, 50):
        for virus in ("0.0008", "0.002"):
            wells = together(folder, ratio, virus)
            rows += [fitted(folder, wells), fitted(folder, wells, starts=6)]
    return rows


def line_of(row: dict[str, Any]) -> str:
    """Return a fit in a line: each number beside the published one."""
    pairs: Sequence[str] = [
        f"{name} {ours:.5g} +- {error:.2g} ({theirs:.5g})"
        for name, ours, error, theirs in zip(
            row["numbers"], row["ours"], row["error"], row["published"], strict=True
        )
    ]
    which = "mean" if row["well"] is None else f"well {row['well']}"
    alone_ = "" if row.get("counted", True) else ", no count"
    return f"{row['condition']} {which}{alone_}: rmse {row['rmse']:.4f}  {'  '.join(pairs)}"


def main() -> None:
    """Do all fits, print a line of each, and write all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = all_fits(options.folder)
    print("\n".join(line_of(row) for row in rows))
    options.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
