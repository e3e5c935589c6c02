"""Nonlinear mixed effects: a model fitted to subjects that each have numbers of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.analyses.fit.build import problem_of
from cartflow.analyses.fit.fine import fine_subjects
from cartflow.analyses.fit.mixed.asked import AskedMixed
from cartflow.analyses.fit.mixed.build import layout_of
from cartflow.analyses.fit.mixed.check import visual_check
from cartflow.analyses.fit.mixed.curves import curves_of
from cartflow.analyses.fit.mixed.dataset import mixed_dataset
from cartflow.analyses.fit.mixed.individual import individuals
from cartflow.analyses.fit.mixed.marginal import Population
from cartflow.analyses.fit.mixed.search import Ended, likeliest, require_worked_out
from cartflow.analyses.fit.mixed.spread import spread_of
from cartflow.analyses.fit.mixed.words import mixed_lines
from cartflow.analyses.fit.optimise import best_of, searched
from cartflow.analyses.fit.parameters import Vary, read_vary
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.run import LARGEST_SEED, MOST_STARTS, choices_of
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.analyses.held import Held
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path

# Points of quadrature by the number of random effects; beyond these FOCEI, one point.
_POINTS = {1: 9, 2: 7, 3: 5}
_MOST_POINTS, _MOST_NODES, MOST_SIMULATIONS = 40, 5000, 10_000
Watch = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedMixed(Held):
    """A population's fit: `dataset` holds all of it, the rest is what it was worked out from."""

    population: Population
    ended: Ended

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG: courses, observed against predicted, predictive check."""
        from cartflow.results.figures.mixed_fit import plot_mixed_fit

        plot_mixed_fit(self.dataset, as_path(path, "FittedMixed.plot"))

    def summary_lines(self) -> list[str]:
        """Return the lines that ``cartflow fit --random`` prints."""
        return mixed_lines(self.dataset)

    @property
    def estimates(self) -> dict[str, float]:
        """The typical values, sizes of covariates and of errors, by name, each in its unit."""
        names = self.dataset["parameter"].values.tolist()
        return dict(zip(names, self.dataset["estimate"].values.tolist(), strict=True))


def fit_mixed(
    what: str | Path,
    data: Any,
    vary: Vary,
    random: Sequence[str],
    *,
    covariates: Mapping[str, Sequence[str]] | None = None,
    observables: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    scenario: str | None = None,
    settings: Mapping[str, Any] | None = None,
    dose_into: str | None = None,
    names: Mapping[str, str] | None = None,
    points: int | None = None,
    starts: int = 5,
    seed: int = 1,
    simulations: int = 200,
    exact: bool = True,
    threads: int | None = None,
    watch: Watch | None = None,
) -> FittedMixed:
    """Fit a model to subjects with numbers of their own, by maximum likelihood.

    As `cartflow.fit`; keys in `random` have random effects, normal on the scale on which they
    are sought (log-normal numbers for ranges above 0), correlated where a text joins them:
    ``["absorption", "clearance, volume"]``. `covariates` by key: ``{"clearance":
    ["(weight/70)^?"]}``. The likelihood is by adaptive quadrature of `points` in each direction,
    1 for FOCEI (None: 9, 7, 5 for one to three random effects, FOCEI for more). The check
    simulates the table `simulations` times. `watch` is told how often the likelihood was worked
    out. Raises `InputError`, `RunStopped`.
    """
    count = 1 if threads is None else arguments.whole_number(threads, "threads", 1, 256)
    starts = arguments.whole_number(starts, "starts", 1, MOST_STARTS)
    seed = arguments.whole_number(seed, "seed", 0, LARGEST_SEED)
    simulations = arguments.whole_number(simulations, "simulations", 0, MOST_SIMULATIONS)
    told = arguments.table(settings, "settings")
    choices = choices_of(observables, errors, dose_into=dose_into)
    measurements = data if isinstance(data, Measurements) else read_measurements(data, names)
    source = source_of(what, scenario, told, exact)
    problem = problem_of(measurements, source, read_vary(vary), choices)
    layout = layout_of(problem, random, arguments.table(covariates, "covariates"))
    population = Population(
        layout=layout,
        individuals=individuals(problem),
        points=_points(points, len(layout.random)),
        starts=[np.zeros(len(layout.random)) for _ in problem.subjects],
    )
    ended = _ended(problem, population, starts, seed, count, watch)
    asked = AskedMixed(
        identity=source.identity(),
        settings=told,
        choices=choices,
        vary=vary,
        covariates=arguments.table(covariates, "covariates"),
        starts=starts,
        seed=seed,
        simulations=simulations,
    )
    dataset = mixed_dataset(
        problem,
        population,
        ended,
        spread_of(layout, ended),
        visual_check(population, [ended.vector] * simulations, seed),
        curves_of(population, ended, fine_subjects(problem, source, dose_into)),
        asked,
    )
    return FittedMixed(dataset=dataset, population=population, ended=ended)


def _points(points: int | None, dimensions: int) -> int:
    if points is None:
        return _POINTS.get(dimensions, 1)
    found = arguments.whole_number(points, "points", 1, _MOST_POINTS)
    if found**dimensions > _MOST_NODES:
        msg = f"points: {found} in each of {dimensions} directions are {found**dimensions}; "
        raise InputError(msg + f"at most {_MOST_NODES} in all are possible, 1 is FOCEI")
    return found


def _ended(
    problem: Problem,
    population: Population,
    starts: int,
    seed: int,
    threads: int,
    watch: Watch | None,
) -> Ended:
    """Return the end of the search, which begins where all subjects are taken as alike."""
    alike = best_of(searched(problem, starts, seed, threads), "fit")
    with np.errstate(all="ignore"):
        ended = likeliest(population, population.layout.start(alike.inner), watch)
    require_worked_out(ended.at.losses)
    return ended
