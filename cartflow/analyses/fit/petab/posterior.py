"""Samples of the posterior of a PEtab problem's parameters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from cartflow.analyses.fit.bayes.asked import AskedBayes, sampler_attributes
from cartflow.analyses.fit.bayes.chains import Chains, sampled
from cartflow.analyses.fit.bayes.dataset import (
    COORDINATES,
    left_out_variables,
    measured_variables,
    prior_variables,
    sample_variables,
)
from cartflow.analyses.fit.bayes.density import Density, beginnings
from cartflow.analyses.fit.bayes.library import nutpie_and_arviz
from cartflow.analyses.fit.bayes.measures import left_out, measures, thinning
from cartflow.analyses.fit.bayes.prior import Prior
from cartflow.analyses.fit.bayes.run import Posterior, length_of
from cartflow.analyses.fit.dataset import start_variables
from cartflow.analyses.fit.optimise import best_of, searched
from cartflow.analyses.fit.petab.likelihood import drawn, said
from cartflow.analyses.fit.petab.problem import PetabProblem, estimated, petab_problem
from cartflow.analyses.fit.petab.simulate import Simulated
from cartflow.analyses.fit.petab.tables import read_tables
from cartflow.analyses.fit.petab.variables import BANDS, curve_variables, data_variables
from cartflow.analyses.fit.run import MOST_STARTS, Watch, choices_of, counted
from cartflow.core import arguments
from cartflow.core.dataset import label, without_fill
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path
from cartflow.core.provenance import installed_version

Array = np.ndarray


def fit_petab_bayes(
    path: str | Path,
    *,
    chains: int = 4,
    draws: int = 1000,
    warm_up: int = 500,
    starts: int = 5,
    seed: int = 1,
    threads: int = 1,
    watch: Watch | None = None,
) -> Posterior:
    """Sample the posterior of a PEtab problem's parameters, by the No-U-Turn sampler of nutpie.

    As `cartflow.fit_bayes`; each parameter has even chances within its bounds, on its scale, as
    PEtab has it where no prior is stated. Raises `InputError` naming what is not read, also where
    slopes would have to be differences, `RunStopped` where nothing could be run.
    """
    nutpie_and_arviz()
    length = length_of(chains, draws, warm_up, seed)
    starts = arguments.whole_number(starts, "starts", 1, MOST_STARTS)
    tables = read_tables(as_path(path, "fit_petab_bayes"))
    problem = petab_problem(tables, estimated(tables))
    if problem.exact is None:
        msg = f"{tables.name}: is not sampled: its slopes would be differences of runs that read "
        msg += "the model anew (it comes to rest, a start follows what is estimated, or its events "
        raise InputError(msg + "and functions have no derivatives)")
    ended = searched(problem, starts, seed, threads, counted(watch, "search", starts))
    density = Density(problem=problem, best=best_of(ended, tables.name))
    begin = beginnings(density, ended, length.chains, seed)
    total = length.chains * (length.draws + length.warm_up)
    found = sampled(density, begin, length, threads, counted(watch, "draw", total))
    asked = AskedBayes(
        identity={"model": tables.name, "source": f"cartflow {installed_version('cartflow')}"},
        settings={},
        choices=choices_of(),
        vary=[],
        starts=starts,
        seed=seed,
        length=length,
        prior={},
        exact=True,
    )
    values = np.array([[problem.values(one) for one in chain] for chain in found.inner])
    every = thinning(found)
    foretold = [problem.predicted(one, False)[0] for one in _thinned(found, every)]
    each = np.array([-said(tables, one).loss for one in foretold])
    out = left_out(found, each.reshape(length.chains, -1, each.shape[-1]), every)
    variables = {
        "parameter": label(("parameter",), [p.name for p in problem.parameters], "parameter"),
        "parameter_unit": label(("parameter",), ["1"] * len(problem.parameters), "unit"),
        **sample_variables(found, values),
        **measured_variables(measures(values)),
        **prior_variables(_priors(problem)),
        **data_variables(problem, density.best.inner),
        **left_out_variables(out),
        **start_variables(problem, ended),
        **curve_variables(problem, _bands(problem, foretold, seed)),
    }
    dataset = xr.Dataset(variables).set_coords([n for n in COORDINATES if n in variables])
    dataset.attrs = {
        "Conventions": "CF-1.11",
        "analysis": "bayes fit",
        "title": asked.of_whom("a posterior"),
        **asked.attributes(problem.measurements),
        **sampler_attributes(asked, found, density.counter, out),
        "model_text": tables.sbml,
        "priors_in_words": " | ".join(
            f"{p.name}: {prior.words('1')}"
            for p, prior in zip(problem.parameters, _priors(problem), strict=True)
        ),
        "error_models": json.dumps({}),
        "observable_units": json.dumps({}),
    }
    return Posterior(dataset=without_fill(dataset), density=density)


def _thinned(found: Chains, every: int) -> Array:
    return found.inner[:, ::every].reshape(-1, found.inner.shape[-1])


def _priors(problem: PetabProblem) -> list[Prior]:
    return [
        Prior(low=p.low, high=p.high, logarithmic=p.logarithmic, middle95=None, origin="bounds")
        for p in problem.parameters
    ]


def _bands(problem: PetabProblem, foretold: Sequence[Simulated], seed: int) -> dict[str, Array]:
    """Return percentiles of each measurement, predicted and measured anew."""
    random = np.random.default_rng([seed, 1])
    seen = np.array([each.predicted for each in foretold])
    new = np.concatenate([drawn(problem.tables, each, random) for each in foretold])
    percentiles = (*np.percentile(seen, [50, 5, 95], axis=0), *np.percentile(new, [5, 95], axis=0))
    return dict(zip(BANDS, percentiles, strict=True))
