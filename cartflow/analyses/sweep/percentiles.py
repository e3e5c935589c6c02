"""A population in lines of text: percentiles of each outcome, and what moves it most."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.stats import norm

from cartflow.analyses.sweep.plan import MEMBER
from cartflow.results.figures.sweep.draws import rank_correlations
from cartflow.results.figures.sweep.shown import is_varied

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_RARE = 0.05
_HIDDEN = ("relative_residual",)


def percentile_lines(dataset: xr.Dataset) -> list[str]:
    """Return a table of percentiles: sizes of bodies, then outcomes with what moves each most."""
    head = "".join(f"{f'{100 * share:g} %':>11}" for share in SHARES)
    lines = [f"{'percentiles':20}{head}  unit     most moved by (rank correlation)"]
    varied = tuple(str(name) for name, values in dataset.data_vars.items() if is_varied(values))
    for name, values in dataset.data_vars.items():
        numbers = values.values
        if values.dims != (MEMBER,) or numbers.dtype.kind != "f" or str(name) in varied:
            continue
        known = numbers[np.isfinite(numbers)]
        if str(name) in _HIDDEN or not known.size or np.ptp(known) == 0:
            continue
        found = "".join(f"{value:11.4g}" for value in np.quantile(known, SHARES))
        unit = str(values.attrs.get("units", "1"))
        mover = "" if "role" in values.attrs else _mover(dataset, str(name), varied)
        lines.append(f"{name:20}{found}  {'' if unit == '1' else unit:8} {mover}".rstrip())
    return lines


def _mover(dataset: xr.Dataset, outcome: str, varied: tuple[str, ...]) -> str:
    """Return the number with the largest rank correlation, if it is not one of chance."""
    if not varied:
        return ""
    found = rank_correlations(dataset, outcome, varied)
    most = int(np.argmax(np.abs(found)))
    count = int(np.isfinite(dataset[outcome].values).sum())
    # What the largest of so many is by chance in one of twenty populations, near enough.
    chance = norm.isf(0.5 * _RARE / len(varied)) / np.sqrt(max(count - 1, 1))
    if not abs(found[most]) > chance:
        return "none beyond chance"
    return f"{dataset[varied[most]].attrs['key']} ({found[most]:+.2f})"
