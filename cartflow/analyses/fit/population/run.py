"""Full Bayes for populations: samples of numbers, of how subjects differ, and of each subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.analyses.fit.bayes.chains import sampled
from cartflow.analyses.fit.bayes.density import beginning
from cartflow.analyses.fit.bayes.library import nutpie_and_arviz
from cartflow.analyses.fit.bayes.run import Samples, length_of
from cartflow.analyses.fit.fine import fine_subjects
from cartflow.analyses.fit.mixed.individual import individuals
from cartflow.analyses.fit.mixed.marginal import Population
from cartflow.analyses.fit.mixed.run import MOST_SIMULATIONS
from cartflow.analyses.fit.mixed.search import require_worked_out, roughly
from cartflow.analyses.fit.optimise import best_of, searched
from cartflow.analyses.fit.parameters import Vary
from cartflow.analyses.fit.population.asked import AskedPopulation
from cartflow.analyses.fit.population.coordinates import bowl
from cartflow.analyses.fit.population.dataset import population_dataset
from cartflow.analyses.fit.population.density import PopulationDensity
from cartflow.analyses.fit.population.drawn import drawn
from cartflow.analyses.fit.population.priors import Posed, posed
from cartflow.analyses.fit.population.words import population_lines
from cartflow.analyses.fit.run import MOST_STARTS, Watch, choices_of, counted
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.core import arguments
from cartflow.core.paths import as_path

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class PopulationPosterior(Samples):
    """Samples of a population's posterior: `dataset` holds all of it."""

    density: PopulationDensity

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG: courses of subjects, predictive check, marginals, pairs."""
        from cartflow.results.figures.population_posterior import plot_population_posterior

        plot_population_posterior(self.dataset, as_path(path, "PopulationPosterior.plot"))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow fit --random --bayes`` prints."""
        return population_lines(self.dataset)


def fit_mixed_bayes(
    what: str | Path,
    data: Any,
    vary: Vary,
    random: Sequence[str],
    *,
    covariates: Mapping[str, Sequence[str]] | None = None,
    prior: Mapping[str, str] | None = None,
    observables: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
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
    simulations: int = 200,
    exact: bool = True,
    threads: int | None = None,
    watch: Watch | None = None,
) -> PopulationPosterior:
    """Sample the posterior of a population: numbers, how much subjects differ, each subject's own.

    As `cartflow.fit_mixed`, with priors as in `cartflow.fit_bayes`. ``"omega of KEY"`` (default:
    log-normal, 95 % within 0.03 to 3) and ``"COLUMN on KEY"`` (no default) are names of `prior`,
    too; correlations are even over all matrices. Random effects are sampled as standard normal
    ones times a factor. The check simulates `simulations` tables, each of another draw. Raises
    `InputError` in one line, `RunStopped` where nothing could be run.
    """
    nutpie_and_arviz()
    length = length_of(chains, draws, warm_up, seed)
    starts = arguments.whole_number(starts, "starts", 1, MOST_STARTS)
    simulations = arguments.whole_number(simulations, "simulations", 0, MOST_SIMULATIONS)
    told = arguments.table(settings, "settings")
    choices = choices_of(observables, errors, dose_into=dose_into, priors=priors)
    measurements = data if isinstance(data, Measurements) else read_measurements(data, names)
    source = source_of(what, scenario, told, exact)
    asked = AskedPopulation(
        identity=source.identity(),
        settings=told,
        choices=choices,
        vary=vary,
        starts=starts,
        seed=length.seed,
        length=length,
        prior=arguments.table(prior, "prior"),
        exact=exact,
        covariates=arguments.table(covariates, "covariates"),
        simulations=simulations,
    )
    found = posed(measurements, source, vary, random, asked.covariates, asked.prior, choices)
    count = arguments.threads(threads)
    density = _density(found, starts, seed, count, counted(watch, "search", starts))
    begin = [beginning(density, np.zeros(density.size), seed, k) for k in range(length.chains)]
    total = length.chains * (length.draws + length.warm_up)
    samples = sampled(density, begin, length, count, counted(watch, "draw", total))
    fine = fine_subjects(found.problem, source, dose_into)
    own = drawn(found.numbers, len(density.individuals), samples)
    dataset = population_dataset(found, density, samples, own, fine, asked)
    return PopulationPosterior(dataset=dataset, density=density)


def _density(found: Posed, starts: int, seed: int, threads: int, watch: Any) -> PopulationDensity:
    """Return the density with its coordinates about the likeliest population by FOCEI."""
    alike = best_of(searched(found.problem, starts, seed, threads, watch), "fit")
    each, numbers = individuals(found.problem), found.numbers
    layout = numbers.layout
    begin = [np.zeros(len(layout.random)) for _ in each]
    population = Population(layout=layout, individuals=each, points=1, starts=begin)
    with np.errstate(all="ignore"):
        vector, at = roughly(population, layout.start(alike.inner))
    require_worked_out(at.losses)
    inner = numbers.inner(vector)
    root = numbers.root(inner)
    z = np.array([np.linalg.solve(root, mode.eta) for mode in at.modes])
    typical = layout.typical(vector)[:, layout.places]
    return PopulationDensity(
        numbers=numbers,
        individuals=each,
        bowls=[bowl(one, layout.places, own) for one, own in zip(at.modes, typical, strict=True)],
        normals=[prior.normal for prior in found.priors],
        start=(inner, z),
    )
