"""Hybrid runs: deterministic while there are many cells, a birth-death process while few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from cartflow.core.outcome import InputError, require_known
from cartflow.kinetics.expressions.compile import Array
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.trajectory import Trajectory, quick_rates, run
from cartflow.kinetics.scenario import Jump, Scenario

_POINTS = 4000


@dataclass(frozen=True, kw_only=True, eq=False)
class BirthDeath:
    """Births and deaths per cell and day over `times`, with their exact integrals between."""

    times: Array
    births: Array
    deaths: Array

    def growth(self) -> Array:
        """Return the integral of births - deaths from the first time to each."""
        return _integral(self.times, self.births - self.deaths)

    def extinction(self, cells: float) -> Array:
        """Return the probability that `cells` at the first time have died out at each.

        Kendall: p = (I/(1 + I))^cells with I = int d(s) exp(int_0^s (d - b)) ds.
        """
        grown = self.growth()
        weight = _integral(self.times, self.deaths * np.exp(-grown))
        return np.asarray((weight / (1.0 + weight)) ** cells)


@dataclass(frozen=True, kw_only=True, eq=False)
class HybridRuns:
    """Numbers of the few species in each run, shape (runs, times), and the closed form.

    `since` is when the deterministic run first falls below the threshold; `probability` is
    that of extinction at `times` by Kendall's formula for the threshold's cells.
    """

    species: str
    since: float
    threshold: float
    times: Array
    numbers: Array
    probability: Array

    def extinct(self) -> float:
        """Return the share of runs in which the species has died out at the end."""
        return float(np.mean(self.numbers[:, -1] == 0))

    def times_of_extinction(self) -> Array:
        """Return when each run that died out did so (days)."""
        gone = self.numbers[:, -1] == 0
        return np.asarray(self.times[np.argmax(self.numbers[gone] == 0, axis=1)])


def hybrid_runs(
    model: Model,
    scenario: Scenario,
    runs: int,
    generator: Generator,
    species: str | None = None,
    threshold: float | None = None,
) -> HybridRuns | None:
    """Return `runs` hybrid runs of `scenario`; None if the species never falls so low.

    All is deterministic until `species` falls below `threshold` cells; from then on it is a
    birth-death process in the surroundings of the deterministic run, sampled exactly between
    times at which its rates are taken as constant; a run that grows above the threshold
    follows the mean until it falls below it again. Few cells do not act on the others.
    Species and threshold are those of the model's ``stochastic_below`` unless given.
    """
    model.require_countable()
    name, cells, volume = _few(model, species, threshold)
    if any(isinstance(e, Jump) for e in (*model.events, *scenario.events)):
        raise InputError("jumps are not part of hybrid runs")
    course = run(model, scenario)
    row = course.network.index(name)
    grid = course.grid()
    low = np.flatnonzero(course.at(grid)[:, row] * volume < cells)
    low = low[low > 0]
    if low.size == 0:
        return None
    since, end = float(grid[low[0]]), float(grid[-1])
    times = np.linspace(since, end, _POINTS)
    rates = per_cell_rates(course, name, times)
    first = int(np.rint(course.at(since)[0, row] * volume))
    return HybridRuns(
        species=name,
        since=since,
        threshold=cells,
        times=times,
        numbers=sample(rates, first, cells, runs, generator),
        probability=rates.extinction(first),
    )


def _few(model: Model, species: str | None, threshold: float | None) -> tuple[str, float, float]:
    where = f"kinetics '{model.name}'"
    volume = model.volume or 1.0
    if species is None:
        if not model.few:
            msg = f"{where}: no species has 'stochastic_below'; state it in the file"
            raise InputError(msg)
        species = next(iter(model.few))
    require_known(species, model.network.species_names, f"{where}: species")
    if threshold is None:
        threshold = model.few[species].value * volume if species in model.few else 100.0
    return species, threshold, volume


def per_cell_rates(course: Trajectory, name: str, times: Array) -> BirthDeath:
    """Return births and deaths of the species `name` per cell and day along `course`.

    Raises `InputError` where a reaction makes it without it, makes or takes several at once,
    or grows with its number in another way than in proportion.
    """
    network = course.network
    row = network.index(name)
    column = network.stoichiometry[row]
    states = np.maximum(course.at(times), 0.0)
    rates = np.zeros((2, times.size))
    for number in np.flatnonzero(column):
        if abs(column[number]) != 1:
            msg = f"reactions.{network.reactions[number].name}: not one cell at a time"
            raise InputError(msg)
    for place, state in enumerate(states):
        # Few cells: their own number only enters in proportion.
        one, two = state.copy(), state.copy()
        one[row], two[row] = 1e-12, 2e-12
        single, double = quick_rates(network, one), quick_rates(network, two)
        for number in np.flatnonzero(column):
            signed = column[number] * single[number] / one[row]
            if abs(double[number] - 2 * single[number]) > 1e-6 * abs(double[number]):
                msg = f"reactions.{network.reactions[number].name}: not in proportion to '{name}'"
                raise InputError(msg)
            rates[0 if signed > 0 else 1, place] += abs(signed)
    return BirthDeath(times=times, births=rates[0], deaths=rates[1])


def sample(
    rates: BirthDeath, first: int, threshold: float, runs: int, generator: Generator
) -> Array:
    """Return numbers, shape (runs, times), of linear birth-death processes from `first` cells.

    Between two times with constant rates a cell's line dies out with probability a, else
    leaves a geometric number of cells with ratio b; above `threshold` the mean is followed.
    """
    numbers = np.empty((runs, rates.times.size))
    state = np.full(runs, float(first))
    numbers[:, 0] = state
    steps = np.diff(rates.times)
    births = 0.5 * (rates.births[1:] + rates.births[:-1])
    deaths = 0.5 * (rates.deaths[1:] + rates.deaths[:-1])
    for place, (step, b, d) in enumerate(zip(steps, births, deaths, strict=True)):
        lost, ratio = _line(b, d, step)
        few = (state > 0) & (state <= threshold)
        many = state > threshold
        left = generator.binomial(np.rint(state[few]).astype(np.int64), 1.0 - lost)
        extra = np.zeros(left.size)
        alive = left > 0
        if ratio > 0 and alive.any():
            extra[alive] = generator.negative_binomial(left[alive], 1.0 - ratio)
        state[few] = left + extra
        state[many] *= np.exp((b - d) * step)
        numbers[:, place + 1] = state
    return numbers


def _line(birth: float, death: float, step: float) -> tuple[float, float]:
    """Return the chance that one cell's line dies out in `step`, and its geometric ratio."""
    gain = np.expm1((birth - death) * step)
    if abs(birth - death) * step < 1e-12:
        lost = death * step / (1.0 + death * step)
        return float(lost), float(birth * step / (1.0 + birth * step))
    below = birth * (gain + 1.0) - death
    return float(death * gain / below), float(birth * gain / below)


def _integral(times: Array, values: Array) -> Array:
    parts = 0.5 * (values[1:] + values[:-1]) * np.diff(times)
    return np.concatenate([[0.0], np.cumsum(parts)])
