"""A posterior in lines, with warnings in plain words where samples are not enough."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.analyses.fit.parameters import several
from cartflow.analyses.fit.words import aligned, data_words

HIGHEST_R_HAT = 1.01
LEAST_OF_A_CHAIN = 100  # effective samples (Vehtari et al. 2021)
_LARGEST_SHAPE = 0.7


def bayes_lines(dataset: xr.Dataset) -> list[str]:
    """Return the lines that ``cartflow fit --bayes`` prints of its dataset."""
    a = dataset.attrs
    of = a["title"].rpartition(": a ")[0]
    lines = [f"sampled       {of} to {data_words(dataset)}"]
    lines.append(
        f"draws         {a['chains']} chains of {a['draws']} after {a['warm_up']} of warm-up; "
        f"{a['runs']} runs, {a['failed_runs']} failed"
    )
    lines += [f"prior         {words}" for words in a["priors_in_words"].split(" | ")]
    rows = [["parameter", "median", "mean", "sd", "90 %", "95 %", "unit"]]
    rows += [_row(dataset, k) for k in range(dataset.sizes["parameter"])]
    lines += aligned(rows)
    rows = [["samples of", "R-hat", "effective: bulk", "tail", "error of the mean"]]
    rows += [_quality(dataset, k) for k in range(dataset.sizes["parameter"])]
    lines += aligned(rows)
    lines.append(
        f"prediction    elpd {a['elpd_loo']:.5g} (standard error {a['elpd_loo_error']:.3g}) "
        f"by PSIS-LOO, {a['effective_parameters']:.3g} effective parameters"
    )
    return [*lines, *(f"warning       {words}" for words in warnings_of(dataset))]


def warnings_of(dataset: xr.Dataset) -> list[str]:
    """Return in plain words what speaks against trusting the samples."""
    a, names = dataset.attrs, dataset["parameter"].values.tolist()
    found = []
    r_hat = dataset["r_hat"].values
    mixed = [n for n, r in zip(names, r_hat, strict=True) if not r <= HIGHEST_R_HAT]
    if mixed:
        found.append(
            f"chains disagree about {several(mixed)} (R-hat {np.max(r_hat):.4f}, which should be "
            f"at most {HIGHEST_R_HAT}): do not use these numbers; sample longer, or look for two "
            "solutions"
        )
    least = LEAST_OF_A_CHAIN * a["chains"]
    few = np.minimum(dataset["effective_bulk"].values, dataset["effective_tail"].values)
    short = [n for n, size in zip(names, few, strict=True) if not size >= least]
    if short:
        found.append(
            f"few effective samples of {several(short)} ({np.min(few):.0f}; {least} are wanted): "
            "percentiles are rough; give more --draws"
        )
    if a["divergences"]:
        found.append(
            f"{a['divergences']} draws diverged: there are places where the sampler could not "
            "follow the posterior, and percentiles may leave them out; narrow priors, or vary less"
        )
    if a["deepest"]:
        found.append(
            f"{a['deepest']} draws ended at the longest path: the posterior is long and thin, "
            "and sampled slowly"
        )
    bold = int(np.sum(dataset["pareto_shape"].values > _LARGEST_SHAPE))
    if bold:
        found.append(
            f"elpd leans on {bold} of the values too much to be sampled without (Pareto shape "
            f"above {_LARGEST_SHAPE}): do not compare models by it"
        )
    return found


def _row(dataset: xr.Dataset, k: int) -> list[str]:
    one = dataset.isel(parameter=k)
    low, five, middle, ninety_five, high = one["percentile"].values
    return [
        str(one["parameter"].values),
        f"{middle:.5g}",
        f"{float(one['mean']):.5g}",
        f"{float(one['sd_of_samples']):.3g}",
        f"{five:.4g} to {ninety_five:.4g}",
        f"{low:.4g} to {high:.4g}",
        str(one["parameter_unit"].values),
    ]


def _quality(dataset: xr.Dataset, k: int) -> list[str]:
    one = dataset.isel(parameter=k)
    return [
        str(one["parameter"].values),
        f"{float(one['r_hat']):.4f}",
        f"{float(one['effective_bulk']):.0f}",
        f"{float(one['effective_tail']):.0f}",
        f"{float(one['error_of_mean']):.2g}",
    ]
