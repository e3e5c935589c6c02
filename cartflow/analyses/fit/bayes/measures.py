"""Samples in numbers: where they lie, and whether they are enough."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.bayes.chains import Chains
from cartflow.analyses.fit.bayes.library import nutpie_and_arviz

Array = np.ndarray
Groups = dict[str, Array]
PERCENTILES = (2.5, 5.0, 50.0, 95.0, 97.5)
_TAILS = (0.05, 0.95)  # quantiles; ArviZ from version 1 on takes others unless they are named
_FORETOLD = 1000  # draws of which predictions are worked out


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
            tail=np.array([float(arviz.ess(one, method="tail", prob=_TAILS)) for one in each]),
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

    `each` (datum,) are the logarithms of the density of each value, given the others; `effective`
    is how many parameters the data move, `shape` (datum,) the Pareto shapes.
    """

    each: Array
    effective: float
    shape: Array

    @property
    def elpd(self) -> float:
        """The expected logarithm of the density of new values."""
        return float(self.each.sum())

    @property
    def error(self) -> float:
        """Its standard error."""
        return error_of_sum(self.each)


def error_of_sum(each: Array) -> float:
    """Return the standard error of the sum of independent values; nan of a single one.

    ArviZ below 1 divides by their number, from 1 on by one less, as Vehtari et al. 2017 do.
    """
    return float(each.std(ddof=1)) * each.size**0.5 if each.size > 1 else float("nan")


def thinning(chains: Chains) -> int:
    """Return of which draws predictions are worked out: each so-many-th, a thousand at most."""
    many, draws = chains.inner.shape[:2]
    return -(-many * draws // _FORETOLD)


def left_out(chains: Chains, pointwise: Array, every: int) -> LeftOut:
    """Return PSIS-LOO of log-likelihoods (chain, draw, datum) of each `every`-th draw."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of large shapes, which are told in our words
        each, effective, shape = _loo({"inner": chains.inner[:, ::every]}, {"value": pointwise})
    return LeftOut(each=each, effective=effective, shape=shape)


def _loo(posterior: Groups, log_likelihood: Groups) -> tuple[Array, float, Array]:
    """Return elpd (datum,), effective parameters and shapes, by ArviZ before or from 1 on."""
    _, arviz = nutpie_and_arviz()
    if arviz.__version__.startswith("0."):
        data = arviz.from_dict(posterior=posterior, log_likelihood=log_likelihood)
        old = arviz.loo(data, pointwise=True)
        return np.asarray(old.loo_i), float(old.p_loo), np.asarray(old.pareto_k)
    data = arviz.from_dict({"posterior": posterior, "log_likelihood": log_likelihood})
    new = arviz.loo(data, pointwise=True)
    return np.asarray(new.elpd_i), float(new.p), np.asarray(new.pareto_k)
