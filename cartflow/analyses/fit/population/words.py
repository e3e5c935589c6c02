"""A population's posterior in lines, with warnings where samples are not enough."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.analyses.fit.bayes.words import HIGHEST_R_HAT, LEAST_OF_A_CHAIN, bayes_lines
from cartflow.analyses.fit.words import aligned


def population_lines(dataset: xr.Dataset) -> list[str]:
    """Return the lines that ``cartflow fit --random --bayes`` prints of its dataset."""
    lines = bayes_lines(dataset)
    place = next(k for k, line in enumerate(lines) if line.startswith("samples of"))
    rows = [["differs between subjects", "variation", "shrinkage"]]
    rows += [_random(dataset, k) for k in range(dataset.sizes["random"])]
    return [
        *lines[:place],
        *aligned(rows),
        *lines[place:],
        *(f"warning       {words}" for words in _of_subjects(dataset)),
    ]


def _random(dataset: xr.Dataset, k: int) -> list[str]:
    one = dataset.isel(random=k)
    variation = float(one["variation"])
    return [
        str(one["random"].values),
        f"{100 * variation:.3g} %" if np.isfinite(variation) else "",
        f"{100 * float(one['shrinkage']):.3g} %",
    ]


def _of_subjects(dataset: xr.Dataset) -> list[str]:
    """Return in words of how many subjects' own numbers there are not enough samples."""
    r_hat, size = dataset["individual_r_hat"].values, dataset["individual_effective"].values
    least = LEAST_OF_A_CHAIN * dataset.attrs["chains"]
    found = []
    apart = ~(r_hat <= HIGHEST_R_HAT)
    if apart.any():
        found.append(
            f"chains disagree about numbers of {int(apart.any(axis=1).sum())} of {len(r_hat)} "
            f"subjects (R-hat up to {np.max(r_hat):.4f}): do not use those; sample longer"
        )
    few = ~(size >= least)
    if few.any():
        found.append(
            f"few effective samples of numbers of {int(few.any(axis=1).sum())} of {len(size)} "
            f"subjects ({np.min(size):.0f}; {least} are wanted): their percentiles are rough"
        )
    return found
