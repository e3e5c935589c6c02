"""A population's posterior as one dataset: samples of numbers and subjects, data, check, curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.fit.bayes.chains import Chains
from cartflow.analyses.fit.bayes.dataset import (
    left_out_variables,
    measured_variables,
    prior_variables,
    sample_variables,
)
from cartflow.analyses.fit.bayes.measures import left_out, measures, thinning
from cartflow.analyses.fit.bayes.prior import Prior
from cartflow.analyses.fit.dataset import curve_variables
from cartflow.analyses.fit.mixed.check import visual_check
from cartflow.analyses.fit.mixed.curves import curves_of
from cartflow.analyses.fit.mixed.dataset import CURVES, check_variables, data_variables
from cartflow.analyses.fit.population.asked import AskedPopulation, attributes
from cartflow.analyses.fit.population.density import PopulationDensity
from cartflow.analyses.fit.population.drawn import Drawn, middle, pointwise
from cartflow.analyses.fit.population.priors import Posed
from cartflow.analyses.fit.problem import Subject
from cartflow.core.dataset import label, without_fill

Array = np.ndarray
_COORDINATES = (
    "parameter",
    "chain",
    "draw",
    "percentage",
    "random",
    "subject_name",
    "subject",
    "observable",
    "time",
)


def population_dataset(
    posed: Posed,
    density: PopulationDensity,
    chains: Chains,
    found: Drawn,
    fine: Sequence[Subject],
    asked: AskedPopulation,
) -> xr.Dataset:
    """Return the dataset of a population's posterior; its attributes say what was asked for."""
    problem, individuals = posed.problem, density.individuals
    population, ended = middle(found, individuals)
    values = found.numbered()
    every = thinning(chains)
    out = left_out(chains, pointwise(found, problem, individuals, every), every)
    variables = {
        "parameter": label(("parameter",), found.names, "parameter"),
        "parameter_unit": label(("parameter",), _units(found), "unit of the parameter"),
        **sample_variables(chains, values),
        **measured_variables(measures(values)),
        **prior_variables(_priors(posed)),
        **_random(found),
        **_subjects(problem.subjects, found),
        **data_variables(problem, population, ended),
        **left_out_variables(out),
        **check_variables(visual_check(population, _tables(found, asked.simulations), asked.seed)),
        **curve_variables(curves_of(population, ended, fine), CURVES),
    }
    dataset = xr.Dataset(variables).set_coords(list(_COORDINATES))
    dataset.attrs = attributes(posed, density, chains, out, asked)
    return without_fill(dataset)


def _plain(values: Any, text: str, *dims: str) -> xr.Variable:
    return xr.Variable(dims, values, {"long_name": text})


def _units(found: Drawn) -> list[str]:
    numbers = found.numbers
    return [p.unit for p in numbers.parameters] + ["1"] * len(numbers.pairs)


def _priors(posed: Posed) -> list[Prior]:
    """Return all priors; of correlations of more than two, which are even together, no law."""
    numbers = posed.numbers
    sizes = [len(block) for block in numbers.layout.blocks for _ in block]
    own = [
        Prior(
            low=-1.0 if sizes[i] == 2 else np.nan,
            high=1.0 if sizes[i] == 2 else np.nan,
            logarithmic=False,
            middle95=None,
            origin="even over all correlation matrices",
        )
        for i, *_ in numbers.pairs
    ]
    return [*posed.priors, *own]


def _tables(found: Drawn, simulations: int) -> list[Array]:
    """Return the population of as many draws as tables are simulated, spread over all."""
    flat = found.vectors.reshape(-1, found.vectors.shape[-1])
    return list(flat[np.linspace(0, len(flat) - 1, simulations).astype(int)])


def _random(found: Drawn) -> dict[str, xr.Variable]:
    """Return how subjects differ, of the middle of draws, and how far data show it."""
    layout, one = found.numbers.layout, ("random",)
    logged = np.array([layout.parameters[k].logarithmic for k in layout.places])
    first = len(found.numbers.parameters) - len(layout.random)
    omega = np.median(found.values[..., first:], axis=(0, 1))
    effects = found.effects.mean(axis=(0, 1))
    # The mean of correlation matrices is one.
    correlation = found.correlation.mean(axis=(0, 1))
    return {
        "estimate": _plain(
            np.median(found.numbered(), axis=(0, 1)), "median, in parameter_unit", "parameter"
        ),
        "random": label(one, layout.random, "number that differs between subjects"),
        "omega": _plain(omega, "median standard deviation of the effect on the scale sought", *one),
        "variation": _plain(
            np.where(logged, np.sqrt(np.expm1(omega**2)), np.nan),
            "coefficient of variation, sqrt(exp(omega^2) - 1)",
            *one,
        ),
        "correlation": _plain(correlation, "mean correlation", "random", "other_random"),
        "shrinkage": _plain(
            1.0 - effects.std(axis=0, ddof=1) / omega, "1 - sd(mean effects)/omega", *one
        ),
    }


def _subjects(subjects: Sequence[Subject], found: Drawn) -> dict[str, xr.Variable]:
    """Return each subject's own numbers, and whether their samples are enough."""
    dims = ("subject_name", "random")
    many, shape = found.own.shape[:2], found.own.shape[2:]
    told = measures(found.own.reshape(*many, -1))
    low, median, high = np.percentile(found.own, [5.0, 50.0, 95.0], axis=(0, 1))
    return {
        "subject_name": label(("subject_name",), [s.name for s in subjects], "subject"),
        "individual_sample": _plain(
            found.own, "sample of the subject's own value", "chain", "draw", *dims
        ),
        "individual_estimate": _plain(median, "median of the subject's own value", *dims),
        "individual_low": _plain(low, "5th percentile of it", *dims),
        "individual_high": _plain(high, "95th percentile of it", *dims),
        "individual_r_hat": _plain(told.r_hat.reshape(shape), "R-hat of it", *dims),
        "individual_effective": _plain(
            np.minimum(told.bulk, told.tail).reshape(shape),
            "effective sample size of it, the smaller of bulk and tails",
            *dims,
        ),
        "random_effect": _plain(
            found.effects.mean(axis=(0, 1)), "mean random effect (empirical Bayes)", *dims
        ),
        "random_effect_deviation": _plain(
            found.effects.std(axis=(0, 1), ddof=1), "its standard deviation", *dims
        ),
    }
