"""Samples in numbers: where they lie, and whether they are enough."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.bayes.chains import Chains
from cartflow.analyses.fit.bayes.library import nutpie_and_arviz

Array = np.ndarray
PERCENTILES = (2.5, 5.0, 50.0, 95.0, 97.5)


@dataclass(frozen=True, kw_only=True, eq=False)
class Measures:
    """By parameter: mean, sd, `percentile` (parameters, percentiles) of values; and of chains.

    `r_hat` is the larger of those of rank-normalised and of folded samples (Vehtari et al. 2021);
    `bulk` and `tail` are effective sample sizes, `error` the Monte Carlo error of the mean.
    """

    mean: Array
    sd: Array
    percentile: Array
    r_hat: Array
    bulk: Array
    tail: Array
    error: Array


def measures(values: Array) -> Measures:
    """Return the measures of values (chain, draw, parameter)."""
    _, arviz = nutpie_and_arviz()
    each = [np.ascontiguousarray(values[..., k]) for k in range(values.shape[-1])]
    flat = values.reshape(-1, values.shape[-1])
    with np.errstate(all="ignore"):
        return Measures(
            mean=flat.mean(axis=0),
            sd=flat.std(axis=0, ddof=1),
            percentile=np.percentile(flat, PERCENTILES, axis=0).T,
            r_hat=np.array([float(arviz.rhat(one)) for one in each]),
            bulk=np.array([float(arviz.ess(one, method="bulk")) for one in each]),
            tail=np.array([float(arviz.ess(one, method="tail")) for one in each]),
            error=np.array(
                [
                    float(one.std(ddof=1)) / float(arviz.ess(one, method="mean")) ** 0.5
                    for one in each
                ]
            ),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class LeftOut:
    """How well each value is foretold by the others: PSIS-LOO (Vehtari, Gelman, Gabry 2017).

    `elpd` is the expected logarithm of the density of new values, `error` its standard error,
    `effective` how many parameters the data move, `shape` (datum,) the Pareto shapes.
    """

    elpd: float
    error: float
    effective: float
    shape: Array


def left_out(chains: Chains, pointwise: Array, every: int) -> LeftOut:
    """Return PSIS-LOO of log-likelihoods (chain, draw, datum) of each `every`-th draw."""
    _, arviz = nutpie_and_arviz()
    data = arviz.from_dict(
        posterior={"inner": chains.inner[:, ::every]}, log_likelihood={"value": pointwise}
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of large shapes, which are told in our words
        found = arviz.loo(data, pointwise=True)
    return LeftOut(
        elpd=float(found.elpd_loo),
        error=float(found.se),
        effective=float(found.p_loo),
        shape=np.asarray(found.pareto_k.values, dtype=float),
    )
