"""The chance that a kind of cells dies out, over an ensemble of seeds, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import xarray as xr

from cartflow.core.dataset import variable

Array = np.ndarray
SEED = "cells.seed"
CHANCE = "chance_"
LEVEL = 0.95
_OUTCOME = "extinct_"
_TIME = "extinct_at_"
_MOST_LINES = 20


def with_chances(dataset: xr.Dataset) -> xr.Dataset:
    """Return a sweep's dataset with the chances of dying out over its seeds, if it has any.

    ``chance_extinct_NAME`` is the share of the members that finished; beside it ``_low`` and
    ``_high`` are the ends of its exact binomial interval (Clopper and Pearson) of 95 %, and
    ``_of`` the number of members. They have the dimensions of the sweep but that of ``cells.seed``.
    """
    axis = seed_axis(dataset)
    if axis is None:
        return dataset
    names = [str(n) for n in dataset.data_vars if _is_outcome(str(n))]
    found: dict[str, xr.Variable] = {}
    for name in names:
        outcome = dataset[name]
        ended = outcome.notnull().sum(axis)
        lost = outcome.sum(axis)
        low, high = intervals(np.asarray(lost.values), np.asarray(ended.values))
        dims = tuple(map(str, lost.dims))
        with np.errstate(invalid="ignore"):
            share = np.asarray(lost.values) / np.asarray(ended.values)
        kind = name.removeprefix(_OUTCOME)
        text = f"share of the seeds in which no {kind} is left at the end"
        which = f"{LEVEL:.0%} interval of it (Clopper-Pearson)"
        whole = f"{CHANCE}{name}"
        found |= {
            whole: variable(dims, share, "1", text),
            f"{whole}_low": variable(dims, low, "1", f"lower end of the {which}"),
            f"{whole}_high": variable(dims, high, "1", f"upper end of the {which}"),
            f"{whole}_of": variable(dims, ended.values, "1", "seeds that finished"),
        }
    return dataset.assign(found)


def seed_axis(dataset: xr.Dataset) -> str | None:
    """Return the axis of a sweep along which the seed of cells varies, and nothing else."""
    for axis in str(dataset.attrs["axes"]).split():
        varied = [v.attrs["key"] for v in _along(dataset, axis) if "key" in v.attrs]
        if varied == [SEED]:
            return axis
    return None


def _along(dataset: xr.Dataset, axis: str) -> list[xr.Variable]:
    return [v for v in dataset.variables.values() if v.dims == (axis,)]


def _is_outcome(name: str) -> bool:
    return name.startswith(_OUTCOME) and not name.startswith(_TIME)


def intervals(lost: Array, ended: Array) -> tuple[Array, Array]:
    """Return the ends of the exact binomial interval for `lost` of `ended` (Clopper, Pearson).

    They are quantiles of beta distributions (Clopper and Pearson 1934, doi
    10.1093/biomet/26.4.404); nan where nothing ended.
    """
    from scipy.stats import beta

    tail = 0.5 * (1.0 - LEVEL)
    some = ended > 0
    low = np.where(lost > 0, beta.ppf(tail, np.maximum(lost, 1), ended - lost + 1), 0.0)
    high = np.where(lost < ended, beta.ppf(1.0 - tail, lost + 1, np.maximum(ended - lost, 1)), 1.0)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def chance_lines(dataset: xr.Dataset) -> list[str]:
    """Return each chance with its interval in a line, for each member of the other axes."""
    names = [str(n) for n in dataset.data_vars if f"{n}_of" in dataset]
    lines = []
    for name in names:
        places = list(product(*(range(n) for n in dataset[name].shape)))
        for place in places[:_MOST_LINES]:
            share, low, high, number = (
                float(dataset[f"{name}{end}"].values[place]) for end in ("", "_low", "_high", "_of")
            )
            where = _in_words(dataset, list(map(str, dataset[name].dims)), place)
            head = f"{name} " if len(name) >= 20 else f"{name:20}"
            of = f"{share * number:.0f} of {number:.0f} seeds"
            lines.append(f"{head}{where}{of}, {share:.4g} (95 % {low:.4g} to {high:.4g})")
        if len(places) > _MOST_LINES:
            lines.append(f"{name} and {len(places) - _MOST_LINES} more, in the dataset")
    return lines


def _in_words(dataset: xr.Dataset, dims: Sequence[str], place: Sequence[int]) -> str:
    said = [f"{dim} {dataset[dim].values[i]}" for dim, i in zip(dims, place, strict=True)]
    return f"{', '.join(said)}: " if said else ""
