"""The 48 fits of Brummer et al. 2022, done once more from their data.

    python examples/fit_brummer2022.py FOLDER --out fits.json

FOLDER holds car_T_dex_pbt1_pbt2_lines.csv and fit_parameters.csv of
https://github.com/alexbbrummer/CARRGODEX.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cartflow import fit

# Their name, ours, and the range in which it is sought.
NUMBERS = {
    "rho": ("growth_rate", "[0.001, 1] 1/h"),
    "kappainv": ("crowding", "[0.01, 2]"),
    "c0": ("dexamethasone_kill", "[-2, 2] 1/h"),
    "kappac1": ("killing_constant", "[0.001, 40] 1/h"),
    "kappac2": ("stimulation_constant", "[0.0005, 1] 1/h"),
    "theta": ("death_rate", "linear:[0, 0.5] 1/h"),
    "c3": ("dexamethasone_cart_kill", "[-1, 1] 1/h"),
}
ROWS = 652


class Well(NamedTuple):
    """A pair of wells as it was fitted: rows of the series, doses, and what was published.

    `numbers` has value and standard error by their names, `varied` those that were estimated.
    """

    line: str
    column: str
    first: int
    last: int
    dexamethasone: float
    cart: float
    count: float
    numbers: dict[str, tuple[float, float]]
    chi_squared: float
    varied: tuple[str, ...]

    @property
    def name(self) -> str:
        """The line and the wells: ``PBT1 C1,C2``."""
        return f"{self.line} {self.column[2:-1]}"

    @property
    def plain(self) -> bool:
        """Whether residuals were taken in the index itself, and not in its standard deviations."""
        letters = {"PBT1": "CD", "PBT2": "EF"}[self.line]
        return self.column[2] in letters or self.column in ("Y(G9,G10)", "Y(G11,G12)")


def wells_of(folder: Path) -> list[Well]:
    """Return what was published of each fit."""
    return [_well(row) for row in _rows(folder / "fit_parameters.csv")]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def _well(row: dict[str, str]) -> Well:
    cart, dose = float(row["t_cell_start.ci."]), float(row["dex_.ug.ml."])
    first, last = int(row["t_start_.hr."]), int(row["t_end_.hr."])
    chi_squared = float(row["chi_sq"])
    values = (ROWS - first + 1) if cart else last - first
    # The degrees of freedom say how many numbers were estimated.
    many = round(values - chi_squared / float(row["red_chi_sq"]))
    sought = ["rho", "kappainv"] if not (cart and dose) else []
    sought += ["c0"] if dose else []
    sought += ["kappac1", "kappac2"] if cart else []
    sought += ["c3"] if cart and dose else []
    if len(sought) < many:
        sought.append("theta")
    return Well(
        line=row["tumor_line"],
        column=row["data_column"],
        first=first,
        last=last,
        dexamethasone=dose,
        cart=cart,
        count=float(row["t_cell_end.ci."]),
        numbers={k: (float(row[f"{k}_val"]), float(row[f"{k}_stderr"])) for k in NUMBERS},
        chi_squared=chi_squared,
        varied=tuple(sought),
    )


def table_of(folder: Path, well: Well) -> dict[str, list[Any]]:
    """Return the table to which a well was fitted.

    With T cells, what comes after the last row is taken as no tumour, and T cells were counted at
    the end. Where residuals are plain the index has a standard deviation of 1, to be scaled.
    """
    series = list(_rows(folder / "car_T_dex_pbt1_pbt2_lines.csv"))
    end = ROWS if well.cart else well.last
    hours = np.array([float(row["Time (Hour)"]) for row in series[well.first : end]])
    own = series[well.first : well.last]
    index = np.zeros(len(hours))
    index[: len(own)] = [float(row[well.column]) for row in own]
    known = np.array([float(row[well.column.replace("Y", "SD")]) for row in own])
    sd = np.full(len(hours), known.mean())
    sd[: len(own)] = np.where(known > 0, known, known.mean())
    if well.plain:
        sd[:] = 1.0
    counted = 1 if well.cart else 0
    return {
        "subject": [well.name] * (len(hours) + counted),
        "time": [*(hours - hours[0]).tolist(), *[float(hours[-1] - hours[0])] * counted],
        "time_unit": ["h"] * (len(hours) + counted),
        "observable": ["tumour"] * len(hours) + ["cart"] * counted,
        "value": [*index.tolist(), *[well.count] * counted],
        "sd": [*sd.tolist(), *[0.1 if well.plain else 0.02] * counted],
        "unit": ["1"] * (len(hours) + counted),
    }


def fitted(folder: Path, well: Well, starts: int = 12) -> dict[str, Any]:
    """Fit a well from the published numbers and other places; return what is compared.

    `first` is where the search from the published numbers ended, `there` stands for these numbers.
    """
    table = table_of(folder, well)
    settings: dict[str, Any] = {
        "initial.tumour": table["value"][0],
        "initial.cart": well.cart,
        "initial.dexamethasone": float(well.dexamethasone > 0),
    }
    for name, (ours, text) in NUMBERS.items():
        unit = " 1/h" if "1/h" in text else ""
        settings[ours] = f"{well.numbers[name][0]!r}{unit}"
    found = fit(
        "brummer2022",
        table,
        [f"{NUMBERS[name][0]}={NUMBERS[name][1]}" for name in well.varied],
        scenario="pbt1_cart_0125",
        settings=settings,
        errors=dict.fromkeys(set(table["observable"]), "weighted"),
        starts=starts,
        profile=False,
    )
    errors = found.dataset["standard_error"].values.tolist()
    value, sd = np.array(table["value"]), np.array(table["sd"])
    away = found.dataset["predicted"].values - value
    # Where the published numbers lie: the first start.
    inner = found.best.inner.copy()
    for k, name in enumerate(well.varied):
        parameter = found.problem.parameters[k]
        inner[k] = parameter.inner(np.clip(well.numbers[name][0], parameter.low, parameter.high))
    there = found.problem.evaluate(inner, slopes=False).predicted - value
    seen = slice(0, well.last - well.first)
    return {
        "well": well.name,
        "dexamethasone": well.dexamethasone,
        "cart": well.cart,
        "plain": well.plain,
        "varied": list(well.varied),
        "ours": [found.estimates[NUMBERS[name][0]] for name in well.varied],
        "error": errors[: len(well.varied)],
        "first": found.dataset["start_estimate"].values[0, : len(well.varied)].tolist(),
        "published": [well.numbers[name][0] for name in well.varied],
        "published_error": [well.numbers[name][1] for name in well.varied],
        "chi_squared": float(np.sum((away / sd) ** 2)),
        "chi_squared_there": float(np.sum((there / sd) ** 2)),
        "published_chi_squared": well.chi_squared,
        "rmse": float(np.sqrt(np.mean(away[seen] ** 2))),
        "rmse_there": float(np.sqrt(np.mean(there[seen] ** 2))),
        "rank": int(found.dataset.attrs["rank"]),
        "condition": float(found.dataset.attrs["condition"]),
        "best": int(np.sum(found.dataset["start_loss"].values < found.best.at.loss + 0.01)),
    }


def main() -> None:
    """Fit all wells, print a line of each, and write all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = []
    for well in wells_of(options.folder):
        rows.append(fitted(options.folder, well))
        print(line_of(rows[-1]), flush=True)
    options.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def line_of(row: dict[str, Any]) -> str:
    """Return a fit in a line: how far each number lies from the published one, in its errors."""
    away = [
        f"{name} {(ours - theirs) / error if error else np.nan:+.2f}"
        for name, ours, theirs, error in zip(
            row["varied"], row["ours"], row["published"], row["published_error"], strict=True
        )
    ]
    return (
        f"{row['well']:13} chi2 {row['chi_squared']:.5g} ({row['published_chi_squared']:.5g} "
        f"published, {row['chi_squared_there']:.5g} there)  rmse {row['rmse']:.4f} "
        f"({row['rmse_there']:.4f})  {row['best']} best  {'  '.join(away)}"
    )


if __name__ == "__main__":
    main()
