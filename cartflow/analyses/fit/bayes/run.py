"""Full Bayes: samples of the posterior of a model's numbers, by the exact likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.analyses.fit.bayes.asked import AskedBayes
from cartflow.analyses.fit.bayes.chain import Length
from cartflow.analyses.fit.bayes.chains import Chains, sampled
from cartflow.analyses.fit.bayes.dataset import bayes_dataset
from cartflow.analyses.fit.bayes.density import Density, beginnings
from cartflow.analyses.fit.bayes.library import nutpie_and_arviz
from cartflow.analyses.fit.bayes.measures import left_out, measures, thinning
from cartflow.analyses.fit.bayes.predictive import pointwise, predictive_bands
from cartflow.analyses.fit.bayes.prior import Prior
from cartflow.analyses.fit.bayes.priors import all_priors, priors_of, read_given
from cartflow.analyses.fit.bayes.words import bayes_lines
from cartflow.analyses.fit.build import problem_of
from cartflow.analyses.fit.fine import fine_subjects
from cartflow.analyses.fit.optimise import Found, best_of, searched
from cartflow.analyses.fit.parameters import Vary, read_vary
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.run import (
    LARGEST_SEED,
    MOST_STARTS,
    Watch,
    choices_of,
    counted,
)
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.sources.source import Source
from cartflow.analyses.fit.subjects import Choices
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.analyses.held import Held
from cartflow.core import arguments
from cartflow.core.paths import as_path

Array = np.ndarray
_MOST_CHAINS, _MOST_DRAWS, _LEAST_DRAWS = 64, 1_000_000, 10


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples(Held):
    """Samples of a posterior."""

    @property
    def samples(self) -> dict[str, Array]:
        """The samples (chain, draw) by parameter, each in its unit."""
        names = self.dataset["parameter"].values.tolist()
        return {n: self.dataset["sample"].values[..., k] for k, n in enumerate(names)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior(Samples):
    """Samples of a posterior: `dataset` holds all of it."""

    density: Density

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG: data with predictive bands, marginals with priors, pairs."""
        from cartflow.results.figures.posterior import plot_posterior

        plot_posterior(self.dataset, as_path(path, "Posterior.plot"))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow fit --bayes`` prints."""
        return bayes_lines(self.dataset)


def fit_bayes(
    what: str | Path,
    data: Any,
    vary: Vary,
    *,
    prior: Mapping[str, str] | None = None,
    observables: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    each: Sequence[str] = (),
    scenario: str | None = None,
    settings: Mapping[str, Any] | None = None,
    dose_into: str | None = None,
    names: Mapping[str, str] | None = None,
    priors: bool = False,
    chains: int = 4,
    draws: int = 1000,
    warm_up: int = 500,
    starts: int = 5,
    seed: int = 1,
    exact: bool = True,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Posterior:
    """Sample the posterior of numbers of a model or study, by the No-U-Turn sampler of nutpie.

    As `cartflow.fit`. A range of `vary` has even chances within on the scale that is sought, or
    with `priors` 95 % of a normal prior; a key without one takes the number's published range
    so. `prior` by name states 95 % within that range: ``{"sd of tumour": "[0.05, 0.5]"}``. Chains
    begin about ends of `starts` searches; the same `seed` gives the same bits for any number of
    `threads`. Raises `InputError` in one line, also where nutpie is missing (extra ``bayes``) or
    a number has no width known; `RunStopped` where nothing could be run.
    """
    nutpie_and_arviz()
    length = length_of(chains, draws, warm_up, seed)
    starts = arguments.whole_number(starts, "starts", 1, MOST_STARTS)
    told = arguments.table(settings, "settings")
    choices = choices_of(observables, errors, each=each, dose_into=dose_into, priors=priors)
    measurements = data if isinstance(data, Measurements) else read_measurements(data, names)
    source = source_of(what, scenario, told, exact)
    problem, stated = posterior_problem(measurements, source, vary, prior, choices)
    count = arguments.threads(threads)
    ended = searched(problem, starts, seed, count, counted(watch, "search", starts))
    best = best_of(ended, source.name)
    density = Density(problem=problem, best=best)
    total = length.chains * (length.draws + length.warm_up)
    begin = beginnings(density, ended, length.chains, seed)
    found = sampled(density, begin, length, count, counted(watch, "draw", total))
    asked = AskedBayes(
        identity=source.identity(),
        settings=told,
        choices=choices,
        vary=vary,
        starts=starts,
        seed=seed,
        length=length,
        prior=arguments.table(prior, "prior"),
        exact=exact,
    )
    return _posterior(density, ended, stated, found, source, asked)


def length_of(chains: int, draws: int, warm_up: int, seed: int) -> Length:
    """Return how long to sample, from the arguments that say so. Raises `InputError`."""
    return Length(
        chains=arguments.whole_number(chains, "chains", 2, _MOST_CHAINS),
        draws=arguments.whole_number(draws, "draws", _LEAST_DRAWS, _MOST_DRAWS),
        warm_up=arguments.whole_number(warm_up, "warm_up", _LEAST_DRAWS, _MOST_DRAWS),
        seed=arguments.whole_number(seed, "seed", 0, LARGEST_SEED),
    )


def posterior_problem(
    data: Measurements,
    source: Source,
    vary: Vary,
    prior: Mapping[str, str] | None,
    choices: Choices,
) -> tuple[Problem, list[Prior]]:
    """Return the problem within the limits of its priors, and the priors."""
    given = read_given(arguments.table(prior, "prior"))
    ranged, by_key = priors_of(source, read_vary(vary), given, choices.priors)
    problem = problem_of(data, source, ranged, replace(choices, priors=False))
    stated = all_priors(problem.parameters, by_key, given)
    return replace(problem, priors=[each.normal for each in stated]), stated


def _posterior(
    density: Density,
    ended: Sequence[Found],
    priors: Sequence[Prior],
    found: Chains,
    source: Source,
    asked: AskedBayes,
) -> Posterior:
    """Return the posterior with what its samples foretell, of a thousand draws at most."""
    problem, every = density.problem, thinning(found)
    values = np.array([[problem.values(one) for one in chain] for chain in found.inner])
    fine = fine_subjects(problem, source, asked.choices.dose_into)
    dataset = bayes_dataset(
        density,
        ended,
        priors,
        found,
        values,
        measures(values),
        left_out(found, pointwise(problem, found, every), every),
        predictive_bands(problem, fine, found, every, asked.length.seed),
        asked,
    )
    return Posterior(dataset=dataset, density=density)
