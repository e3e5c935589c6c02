"""A sweep in lines of text."""

from __future__ import annotations

from collections import Counter

import numpy as np
import xarray as xr

from cartflow.analyses.sweep.ensemble import chance_lines
from cartflow.analyses.sweep.members import FINISHED
from cartflow.analyses.sweep.of_population import KIND
from cartflow.analyses.sweep.percentiles import percentile_lines
from cartflow.analyses.sweep.plan import MEMBER

_MOST_REASONS = 5
_NARROWEST = 20  # column of names


def sweep_lines(dataset: xr.Dataset) -> list[str]:
    """Return what the members came to: each outcome's range, and why some failed."""
    status = [str(text) for text in dataset["status"].values.ravel()]
    finished = sum(text == FINISHED for text in status)
    lines = [f"members       {finished} of {len(status)} finished"]
    if dataset.attrs.get("members") == KIND and dataset.attrs["axes"] == MEMBER:
        return [*lines, *percentile_lines(dataset), *_failures(status)]
    ranges = {
        str(name): _range(values.values, str(values.attrs.get("units", "1")))
        for name, values in dataset.data_vars.items()
        if _is_outcome(values, set(dataset.attrs["axes"].split()))
    }
    width = max(_NARROWEST, *(len(name) + 1 for name in ranges), 0)
    lines += [f"{name:{width}}{text}" for name, text in ranges.items()]
    return [*lines, *chance_lines(dataset), *_failures(status)]


def _is_outcome(values: xr.DataArray, axes: set[str]) -> bool:
    return values.dtype.kind == "f" and set(values.dims) == axes and "key" not in values.attrs


def _failures(status: list[str]) -> list[str]:
    reasons = Counter(text for text in status if text != FINISHED).most_common()
    lines = [f"failed        {count} x {text}" for text, count in reasons[:_MOST_REASONS]]
    if len(reasons) > _MOST_REASONS:
        lines.append(f"failed        and {len(reasons) - _MOST_REASONS} other reasons, in 'status'")
    return lines


def _range(numbers: np.ndarray, unit: str) -> str:
    known = numbers[np.isfinite(numbers)]
    if known.size == 0:
        return "no number"
    low, middle, high = np.quantile(known, [0.0, 0.5, 1.0])
    words = "" if unit == "1" else f" {unit}"
    return f"{low:.4g} to {high:.4g}{words}, median {middle:.4g}"
