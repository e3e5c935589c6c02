"""A fit in lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr


def fit_lines(dataset: xr.Dataset) -> list[str]:
    """Return the lines that ``cartflow fit`` prints of a fit's dataset."""
    lines = [
        f"fitted        {dataset.attrs['title'].removesuffix(': a fit')} to {data_words(dataset)}"
    ]
    lines.append(f"searches      {_searches(dataset)}")
    rows = [["parameter", "estimate", "standard error", "95 % interval", "unit"]]
    rows += [_row(dataset, k) for k in range(dataset.sizes["parameter"])]
    lines += aligned(rows)
    for name, (scale, offset) in json.loads(dataset.attrs["scales"]).items():
        lines.append(f"scale         {name}: {scale:.5g}, offset {offset:.5g}")
    for name, (kind, *numbers) in json.loads(dataset.attrs["error_models"]).items():
        told = " ".join(f"{number:.4g}" for number in numbers)
        told = _in_sd(dataset, name) if kind == "measured" else told
        lines.append(f"errors        {name}: {kind} {told}".rstrip())
    a = dataset.attrs
    lines.append(
        f"likelihood    -2 ln L = {a['minus_two_log_likelihood']:.6g}, AIC {a['aic']:.6g}, "
        f"BIC {a['bic']:.6g} ({a['estimated']} estimated)"
    )
    lines.append(f"known         {_known(dataset)}")
    lines += [f"not known     {words}" for words in a["not_known"].split(" | ") if words]
    lines += [f"flat          {words}" for words in _flat(dataset)]
    lines += [f"next          {words}" for words in _next(dataset)]
    return lines


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of a table as lines, columns below each other."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in rows]


def _in_sd(dataset: xr.Dataset, name: str) -> str:
    """Return how far values lie from what is predicted, where their own sd are taken as known."""
    own = dataset["residual"].values[dataset["observable"].values == name]
    seen = own[np.isfinite(own)]
    if not seen.size:
        return ""
    return f"sd, of which residuals are {np.sqrt(np.mean(seen**2)):.3g} in the root mean square"


def data_words(dataset: xr.Dataset) -> str:
    """Return how many values there are, of how many subjects."""
    size, low = dataset.sizes["datum"], int(dataset["censored"].sum())
    subjects = len(set(dataset["subject"].values.tolist()))
    censored = f", {low} of them below quantification" if low else ""
    return f"{size} values{censored} of {subjects} subject{'s' if subjects > 1 else ''}"


def _searches(dataset: xr.Dataset) -> str:
    loss = dataset["start_loss"].values
    best = int(np.sum(loss <= np.nanmin(loss) + 0.01))
    converged = int(dataset["start_converged"].sum())
    runs = int(dataset["start_evaluations"].sum())
    return f"{len(loss)}, {converged} converged, {best} to the best within 0.01; {runs} runs"


def _row(dataset: xr.Dataset, k: int) -> list[str]:
    one = dataset.isel(parameter=k)
    low, high = one["interval_95"].values
    wide = float(one["standard_error"])
    bound = " (at its bound)" if int(one["at_bound"]) else ""
    ends = [f"{v:.4g}" if np.isfinite(v) else "open" for v in (low, high)]
    return [
        str(one["parameter"].values),
        f"{float(one['estimate']):.5g}{bound}",
        f"{wide:.3g}" if np.isfinite(wide) else "not known",
        " to ".join(ends) if "profile_value" in dataset else "",
        str(one["parameter_unit"].values),
    ]


def _known(dataset: xr.Dataset) -> str:
    rank, count = dataset.attrs["rank"], dataset.sizes["parameter"]
    condition = dataset.attrs["condition"]
    told = f", condition {condition:.3g}" if np.isfinite(condition) else ""
    return f"{rank} of {count} directions{told}"


def _flat(dataset: xr.Dataset) -> list[str]:
    if "profile_value" not in dataset:
        return []
    found = []
    for k, name in enumerate(dataset["parameter"].values):
        ends = dataset["interval_95"].values[k]
        sides = [w for w, v in zip(("below", "above"), ends, strict=True) if not np.isfinite(v)]
        if sides:
            found.append(
                f"{name}: within its range nothing speaks against values {' and '.join(sides)}"
            )
    return found


def _next(dataset: xr.Dataset) -> list[str]:
    """Return the value that would narrow each number most, if that was asked for."""
    if "curve_narrowing" not in dataset:
        return []
    found = []
    for k, name in enumerate(dataset["parameter"].values):
        error = float(dataset["standard_error"].values[k])
        known = np.isfinite(error) or "curve_opened" not in dataset
        after = dataset["curve_narrowing" if known else "curve_opened"].values[k]
        if not np.isfinite(after).any():
            found.append(f"{name}: no one value of what was measured makes it known")
            continue
        curve, point = np.unravel_index(np.nanargmin(after), after.shape)
        least = float(after[curve, point])
        words = f"{error:.3g} -> {error * least:.3g}" if known else f"not known -> {least:.3g}"
        found.append(f"{name}: {_where(dataset.isel(curve=curve), point)}, standard error {words}")
    return found


def _where(curve: xr.Dataset, point: Any) -> str:
    """Return what is measured at a point of a curve, and when."""
    return (
        f"{curve['curve_observable'].item()} of {curve['curve_subject'].item()} at "
        f"{float(curve['curve_time'][point]):.4g} day{_deep(curve, point)}"
    )


def _deep(curve: xr.Dataset, point: Any) -> str:
    """Return how deep a point of a curve is, if that is told."""
    if "curve_depth" not in curve or not np.isfinite(curve["curve_depth"][point]):
        return ""
    return f" and {float(curve['curve_depth'][point]):.4g} mm"
