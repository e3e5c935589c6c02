"""A posterior as one dataset: samples by chain and draw, their measures, data, curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.fit.bands import Band
from cartflow.analyses.fit.bayes.asked import AskedBayes, attributes
from cartflow.analyses.fit.bayes.chains import Chains
from cartflow.analyses.fit.bayes.density import Density
from cartflow.analyses.fit.bayes.measures import PERCENTILES, LeftOut, Measures
from cartflow.analyses.fit.bayes.prior import Prior
from cartflow.analyses.fit.dataset import curve_variables, data_variables, start_variables
from cartflow.analyses.fit.optimise import Found
from cartflow.core.dataset import label, without_fill

Array = np.ndarray
_ONE, _EACH = ("parameter",), ("chain", "draw")
_BANDS = {
    "middle": ("middle", "median of the prediction, in the observable's unit"),
    "low": ("low", "5th percentile of the prediction"),
    "high": ("high", "95th percentile of the prediction"),
    "new_low": ("new_low", "5th percentile of new values"),
    "new_high": ("new_high", "95th percentile of new values"),
}


def bayes_dataset(
    density: Density,
    ended: Sequence[Found],
    priors: Sequence[Prior],
    chains: Chains,
    values: Array,
    told: Measures,
    out: LeftOut,
    curves: Sequence[Band],
    asked: AskedBayes,
) -> xr.Dataset:
    """Return the dataset of a posterior; its attributes say what was asked, seed and versions.

    `values` (chain, draw, parameter) are the samples in the units of their parameters.
    """
    problem = density.problem
    variables = {
        "parameter": label(_ONE, [p.name for p in problem.parameters], "parameter"),
        "parameter_unit": label(
            _ONE, [p.unit for p in problem.parameters], "unit of the parameter"
        ),
        **sample_variables(chains, values),
        **measured_variables(told),
        **prior_variables(priors),
        "mode": _plain(
            problem.values(density.best.inner),
            "values of the largest density on the scale that is sought, in parameter_unit",
            _ONE,
        ),
        **data_variables(problem, density.best),
        **left_out_variables(out),
        **start_variables(problem, ended),
        **curve_variables(curves, _BANDS),
    }
    dataset = xr.Dataset(variables).set_coords([n for n in COORDINATES if n in variables])
    dataset.attrs = attributes(density, priors, chains, out, asked)
    return without_fill(dataset)


COORDINATES = (
    "parameter",
    "chain",
    "draw",
    "percentage",
    "subject",
    "time",
    "observable",
    "curve_subject",
    "curve_observable",
)


def _plain(values: Any, text: str, dims: tuple[str, ...]) -> xr.Variable:
    return xr.Variable(dims, values, {"long_name": text})


def sample_variables(chains: Chains, values: Array) -> dict[str, xr.Variable]:
    """Return the samples (chain, draw, parameter), with what the sampler says of each."""
    return {
        "chain": _plain(np.arange(values.shape[0]), "chain", ("chain",)),
        "draw": _plain(np.arange(values.shape[1]), "draw after the warm-up", ("draw",)),
        "sample": _plain(values, "sample, in parameter_unit", (*_EACH, "parameter")),
        "log_density": _plain(
            chains.log_density, "ln of the density sampled, but for a constant", _EACH
        ),
        "diverging": _plain(chains.diverging.astype(np.int8), "whether it diverged", _EACH),
        "steps": _plain(chains.steps, "runs of the model for the draw", _EACH),
    }


def measured_variables(told: Measures) -> dict[str, xr.Variable]:
    """Return percentiles and the like by parameter, and whether samples are enough."""
    return {
        "percentage": _plain(np.array(PERCENTILES), "percentage below", ("percentage",)),
        "percentile": _plain(
            told.percentile, "percentile, in parameter_unit", (*_ONE, "percentage")
        ),
        "mean": _plain(told.mean, "mean, in parameter_unit", _ONE),
        "sd_of_samples": _plain(told.sd, "standard deviation, in parameter_unit", _ONE),
        "error_of_mean": _plain(told.error, "Monte Carlo error of the mean", _ONE),
        "r_hat": _plain(told.r_hat, "R-hat, rank-normalised, of samples and folded", _ONE),
        "effective_bulk": _plain(told.bulk, "effective sample size of the bulk", _ONE),
        "effective_tail": _plain(told.tail, "effective sample size of the tails", _ONE),
    }


def left_out_variables(out: LeftOut) -> dict[str, xr.Variable]:
    """Return how well each value is foretold by the others."""
    return {
        "elpd": _plain(out.each, "ln of the density of each value, given the others", ("datum",)),
        "pareto_shape": _plain(out.shape, "Pareto shape of each value left out", ("datum",)),
    }


def prior_variables(priors: Sequence[Prior]) -> dict[str, xr.Variable]:
    """Return the priors by parameter."""
    ends = np.array([p.middle95 or (np.nan, np.nan) for p in priors])
    return {
        "lowest": _plain([p.low for p in priors], "lower end of the prior", _ONE),
        "highest": _plain([p.high for p in priors], "upper end of the prior", _ONE),
        "logarithmic": _plain(
            np.array([p.logarithmic for p in priors], dtype=np.int8),
            "whether sought on a logarithmic scale",
            _ONE,
        ),
        "prior_95": _plain(
            ends,
            "where 95 % of a prior lie that is normal on the scale sought; nan if even there",
            (*_ONE, "end"),
        ),
        "prior_origin": label(_ONE, [p.origin for p in priors], "where the prior is from"),
    }
