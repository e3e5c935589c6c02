"""The visual predictive check: quantiles of what was measured among those of simulated tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.measured import Measured
from cartflow.analyses.fit.mixed.individual import with_effects
from cartflow.analyses.fit.mixed.marginal import Population

Array = np.ndarray
_MOST_BINS = 8
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False)
class Bin:
    """Values of an observable about a time (days): quantiles seen, and 90 % of those simulated.

    `seen`, `low`, `middle`, `high` have the 5th, 50th and 95th percentile.
    """

    observable: str
    time: float
    count: int
    seen: Array
    low: Array
    middle: Array
    high: Array


def visual_check(population: Population, vectors: Sequence[Array], seed: int) -> list[Bin]:
    """Return the bins of a visual predictive check of tables like the one measured.

    Each of `vectors`, a population, simulates one; without any there is no check.

    Subjects keep their times, doses and covariates; values below quantification count as the
    limit, here and there. A subject whose run fails is left out of that table.
    """
    if not vectors:
        return []
    random = np.random.default_rng(seed)
    tables = [_simulated(population, vector, random) for vector in vectors]
    names = list(
        dict.fromkeys(e.observable.name for one in population.individuals for e in one.measured)
    )
    return [each for name in names for each in _bins(population, name, tables)]


def _simulated(
    population: Population, vector: Array, random: np.random.Generator
) -> dict[str, Array]:
    layout = population.layout
    root, typical = layout.root(vector), layout.typical(vector)
    found: dict[str, list[Array]] = {}
    for k, one in enumerate(population.individuals):
        eta = root @ random.standard_normal(len(root))
        inner = with_effects(typical[k], layout.places, eta)
        at, values = one.evaluate(inner, slopes=False), one.values(inner)
        for each in one.measured:
            drawn = _drawn(each, at.predicted[each.entries], values, random)
            found.setdefault(each.observable.name, []).append(_limited(each, drawn))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _drawn(each: Measured, predicted: Array, values: Array, random: np.random.Generator) -> Array:
    if not np.isfinite(predicted).all():
        return np.full(len(predicted), np.nan)
    return each.error.draw(each.data, predicted, each.numbers(values), random)


def _limited(each: Measured, values: Array) -> Array:
    """Return values of which those below quantification are the limit."""
    limits = np.where(np.isfinite(each.data.lloq), each.data.lloq, -np.inf)
    return np.maximum(values, limits)


def _bins(population: Population, name: str, tables: list[dict[str, Array]]) -> list[Bin]:
    times, seen = [], []
    for one in population.individuals:
        for each in one.measured:
            if each.observable.name == name:
                times.append(one.measurements.time[each.entries])
                value = np.where(each.data.censored, each.data.lloq, each.data.value)
                seen.append(_limited(each, value))
    time, measured = np.concatenate(times), np.concatenate(seen)
    simulated = np.array([table[name] for table in tables])
    found = []
    for here in _parted(time):
        ours = np.nanquantile(simulated[:, here], QUANTILES, axis=1)
        low, middle, high = np.nanquantile(ours, [0.05, 0.5, 0.95], axis=1)
        found.append(
            Bin(
                observable=name,
                time=float(np.median(time[here])),
                count=int(here.sum()),
                seen=np.quantile(measured[here], QUANTILES),
                low=low,
                middle=middle,
                high=high,
            )
        )
    return found


def _parted(time: Array) -> list[Array]:
    """Return which values lie in each bin: each time, or where there are many, equal shares."""
    distinct = np.unique(time)
    if len(distinct) <= _MOST_BINS:
        return [time == each for each in distinct]
    edges = np.unique(np.quantile(time, np.linspace(0.0, 1.0, _MOST_BINS + 1)[1:-1]))
    place = np.searchsorted(edges, time, side="left")
    return [place == k for k in np.unique(place)]
