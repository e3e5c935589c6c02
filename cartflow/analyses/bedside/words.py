"""What monitoring found in lines."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.analyses.bedside.research import RESEARCH

_FEW = 100.0  # of an effective sample size below which tails are not told well


def monitor_lines(dataset: xr.Dataset) -> list[str]:
    """Return the lines that ``cartflow monitor`` prints."""
    lines = [f"research      {RESEARCH}", f"population    {dataset.attrs['population']}"]
    for k, name in enumerate(dataset["patient"].values):
        lines += _patient(dataset.isel(patient=k), str(name), dataset)
    return lines


def _patient(one: xr.Dataset, name: str, whole: xr.Dataset) -> list[str]:
    mine = whole["subject"].values == name
    low = int(whole["censored"].values[mine].sum())
    text = f"{int(mine.sum())} values" + (f", {low} below quantification" if low else "")
    lines = [f"patient       {name}: {text}, the last on day {_last(whole, mine):.4g}"]
    lines += _table(_numbers(one))
    if "event" in one.dims:
        lines += _table(_events(one))
    draws = one.sizes["draw"]
    size = float(one["effective_size"])
    lines.append(f"draws         {draws}, worth {size:.0f} equal ones" + _failed(one))
    if size < _FEW:
        lines.append("              too few: chances and bands are rough; ask for more (--draws)")
    return lines


def _last(whole: xr.Dataset, mine: np.ndarray) -> float:
    return float(whole["value_time"].values[mine].max())


def _failed(one: xr.Dataset) -> str:
    failed = int(one["failed"])
    return f"; {failed} could not be run, and are left out" if failed else ""


def _numbers(one: xr.Dataset) -> list[list[str]]:
    rows = [["number", "before (90 %)", "after (90 %)", "unit"]]
    for k, key in enumerate(one["parameter"].values):
        cells = [str(key)]
        for when in ("prior", "posterior"):
            low, middle, high = (
                float(one[f"{when}_{part}"].values[k]) for part in ("low", "median", "high")
            )
            cells.append(f"{middle:.4g} ({low:.3g} to {high:.3g})")
        rows.append([*cells, str(one["parameter_unit"].values[k])])
    return rows


def _events(one: xr.Dataset) -> list[list[str]]:
    until = float(one["time"].values[-1])
    rows = [[f"by day {until:.4g}", "before", "after", "half of these by (90 %)"]]
    for k, name in enumerate(one["event"].values):
        cells = [str(name)]
        for when in ("prior_chance", "chance"):
            share, error = (
                float(one[f"{when}_{part}"].values[k, -1]) for part in ("by", "by_error")
            )
            cells.append(in_percent(share, error))
        rows.append([*cells, _when(one, k)])
    return rows


def in_percent(share: float, error: float) -> str:
    """Return a chance with its Monte Carlo error, as far as draws tell it."""
    if share < error:
        return f"below {200 * error:.2g} %"
    if 1.0 - share < error:
        return f"above {100 * (1.0 - 2.0 * error):.4g} %"
    return f"{100 * share:.3g} % (+- {100 * error:.2g})"


def _when(one: xr.Dataset, k: int) -> str:
    low, middle, high = (
        float(one[f"chance_when_{part}"].values[k]) for part in ("low", "median", "high")
    )
    share, error = (float(one[f"chance_{n}"].values[k, -1]) for n in ("by", "by_error"))
    told = np.isfinite(middle) and share > 2.0 * error
    return f"day {middle:.3g} ({low:.3g} to {high:.3g})" if told else ""


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in rows]
