"""What a decision on a virtual cohort came to, as one dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.decide.adaptive import Compared, mean_interval
from cartflow.analyses.decide.debulked import Debulked
from cartflow.analyses.decide.worth import Worth
from cartflow.analyses.risk.judged import wilson
from cartflow.core.dataset import label, without_fill

Array = np.ndarray


def _plain(values: Any, text: str, *dims: str) -> xr.Variable:
    return xr.Variable(dims, np.asarray(values), {"long_name": text, "units": "1"})


def dosing_dataset(
    found: Compared,
    happened: Array,
    options: Sequence[str],
    worths: Sequence[Worth],
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """Return the dataset of adaptive dosing; `happened` is (members, options, worths)."""
    each = found.utilities
    means = np.array([mean_interval(each[:, k]) for k in range(len(options))])
    mine = np.take_along_axis(happened, found.chosen[:, None, None], axis=1)[:, 0]
    rows = {
        "adaptive": found.adaptive,
        "fixed": each[:, found.fixed],
        "known": each.max(axis=1),
        "gain": found.gains,
    }
    totals = {name: mean_interval(values) for name, values in rows.items()}
    dataset = xr.Dataset(
        {
            "option": label(("option",), list(options), "option"),
            "worth": label(("worth",), [w.name for w in worths], "what counts"),
            "weight": _plain([w.weight for w in worths], "weight of what counts", "worth"),
            "utility": _plain(each, "utility of a member with an option", "member", "option"),
            "expected_utility": _plain(
                found.expected, "expected utility after a member's counts", "member", "option"
            ),
            "chosen": _plain(found.chosen, "option chosen by a member's counts", "member"),
            "effective_size": _plain(
                found.sizes, "effective sample size of a member's posterior", "member"
            ),
            "mean_utility": _plain(means[:, 0], "mean utility, the same for all", "option"),
            "mean_utility_low": _plain(means[:, 1], "lower end of its 95 % interval", "option"),
            "mean_utility_high": _plain(means[:, 2], "upper end of its 95 % interval", "option"),
            "share_fixed": _plain(
                happened[:, found.fixed].mean(axis=0), "share with the fixed option", "worth"
            ),
            "share_adaptive": _plain(mine.mean(axis=0), "share with the adaptive one", "worth"),
        }
    )
    for name, ends in totals.items():
        for part, value in zip(("", "_low", "_high"), ends, strict=True):
            dataset.attrs[f"{name}_utility{part}"] = value
    dataset.attrs = {**attributes, **dataset.attrs, "fixed_option": options[found.fixed]}
    return without_fill(dataset.set_coords(["option", "worth"]))


def debulking_dataset(found: Debulked, attributes: Mapping[str, Any]) -> xr.Dataset:
    """Return the dataset of debulking."""
    count = len(found.well)
    ends = np.array([wilson(int(hits), count) for hits in found.well.sum(axis=0)])
    dataset = xr.Dataset(
        {
            "removed": _plain(found.removed, "fraction removed before the dose", "removed"),
            "well": _plain(found.well.astype(np.int8), "success", "member", "removed"),
            "chance": _plain(found.well.mean(axis=0), "share of members with success", "removed"),
            "chance_low": _plain(ends[:, 0], "lower end of its 95 % interval", "removed"),
            "chance_high": _plain(ends[:, 1], "upper end of its 95 % interval", "removed"),
            "least": _plain(
                found.least,
                "least fraction from which on a member has success, inf: none",
                "member",
            ),
        }
    )
    dataset.attrs = dict(attributes)
    return without_fill(dataset)
