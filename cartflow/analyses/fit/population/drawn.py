"""Draws of a population in the units of its numbers, and of each of its subjects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.bayes.chains import Chains
from cartflow.analyses.fit.bayes.predictive import of_each_value
from cartflow.analyses.fit.mixed.individual import mode_at, with_effects
from cartflow.analyses.fit.mixed.marginal import Marginal, Population
from cartflow.analyses.fit.mixed.search import Ended
from cartflow.analyses.fit.parameters import values_of
from cartflow.analyses.fit.population.numbers import Numbers
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """Draws (chain, draw, ...): values of numbers, correlations, effects and values of subjects.

    `correlation` is (random, random), `effects` and `own` are (subjects, random), the one on the
    scale that is sought, the other values in their units.
    """

    numbers: Numbers
    vectors: Array
    values: Array
    correlation: Array
    effects: Array
    own: Array

    @property
    def names(self) -> list[str]:
        """What each of the numbers is called, correlations last."""
        return [p.name for p in self.numbers.parameters] + [
            f"correlation of {self.numbers.layout.random[i]} with {self.numbers.layout.random[j]}"
            for i, j, _ in self.numbers.pairs
        ]

    def numbered(self) -> Array:
        """Return all draws of numbers, correlations last (chain, draw, numbers)."""
        own = [self.correlation[..., i, j] for i, j, _ in self.numbers.pairs]
        return np.concatenate([self.values, *[each[..., None] for each in own]], axis=-1)

    def taken(self, every: int) -> Iterator[tuple[Array, Array]]:
        """Yield the vector and the effects of each `every`-th draw, chain by chain."""
        for chain in range(self.vectors.shape[0]):
            for draw in range(0, self.vectors.shape[1], every):
                yield self.vectors[chain, draw], self.effects[chain, draw]


def drawn(numbers: Numbers, subjects: int, chains: Chains) -> Drawn:
    """Return what samples of a population's density are draws of."""
    layout, many = numbers.layout, chains.inner.shape[:2]
    inner = chains.inner[..., : numbers.size].reshape(-1, numbers.size)
    z = chains.inner[..., numbers.size :].reshape(len(inner), subjects, len(layout.random))
    effects, own = np.empty_like(z), np.empty_like(z)
    correlation = np.empty((len(inner), *[len(layout.random)] * 2))
    vectors = np.array([numbers.vector(each) for each in inner])
    values = np.array([values_of(numbers.parameters, e[: len(numbers.parameters)]) for e in inner])
    logged = np.array([layout.parameters[k].logarithmic for k in layout.places])
    for k, each in enumerate(inner):
        turned = numbers.correlation_root(each)
        correlation[k] = turned @ turned.T
        effects[k] = z[k] @ numbers.root(each).T
        mine = layout.typical(vectors[k])[:, layout.places] + effects[k]
        own[k] = np.where(logged, np.exp(np.where(logged, mine, 0.0)), mine)

    def parted(found: Array) -> Array:
        return found.reshape(*many, *found.shape[1:])

    return Drawn(
        numbers=numbers,
        vectors=parted(vectors),
        values=parted(values),
        correlation=parted(correlation),
        effects=parted(effects),
        own=parted(own),
    )


def middle(found: Drawn, individuals: Sequence[Problem]) -> tuple[Population, Ended]:
    """Return the population at the means of its draws, as a search would have ended there."""
    layout = found.numbers.layout
    vector, effects = found.vectors.mean(axis=(0, 1)), found.effects.mean(axis=(0, 1))
    root = layout.root(vector)
    precision = np.linalg.inv(root @ root.T)
    typical = layout.typical(vector)
    modes = [
        mode_at(one, typical[k], layout.places, precision, effects[k])
        for k, one in enumerate(individuals)
    ]
    population = Population(layout=layout, individuals=individuals, points=1, starts=[])
    losses = np.array([each.at.loss for each in modes])
    at = Marginal(losses, np.zeros((len(modes), layout.size)), modes)
    hessian = np.full((layout.size,) * 2, np.nan)
    ended = Ended(vector=vector, at=at, hessian=hessian, evaluations=0, converged=True)
    return population, ended


def pointwise(found: Drawn, problem: Problem, individuals: Sequence[Problem], every: int) -> Array:
    """Return ln L of each value, given its subject's own numbers, of each `every`-th draw."""
    layout = found.numbers.layout
    owners = np.array(problem.measurements.subject, dtype=object)
    rows = [np.flatnonzero(owners == subject.name) for subject in problem.subjects]
    logs = []
    for vector, effects in found.taken(every):
        here = np.full(problem.measurements.size, np.nan)
        for k, typical in enumerate(layout.typical(vector)):
            inner = with_effects(typical, layout.places, effects[k])
            here[rows[k]] = of_each_value(individuals[k], inner)
        logs.append(here)
    return np.array(logs).reshape(found.vectors.shape[0], -1, problem.measurements.size)
