"""Does a model give its published numbers? What is measured, beside what is expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.compile import Array, to_function
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.hybrid import hybrid_runs
from cartflow.kinetics.runs.rest import bisected, equilibrium, saddle_node
from cartflow.kinetics.runs.timeline import with_end
from cartflow.kinetics.runs.trajectory import Trajectory, run
from cartflow.kinetics.scenario import Check, CheckStanding, Dose, Scenario

_RUNS, _SEED = 2000, 20210229


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One number of a model: measured, expected and allowed difference, all in `unit`.

    `standing` is ``published`` (the publication prints or draws the number), ``released`` (the
    authors' own code does), ``recomputed`` (an independent integration of the published
    equations) or ``analytic``; `note` tells a known discrepancy.
    """

    name: str
    measured: float
    expected: float
    tolerance: float
    unit: str
    reference: str
    standing: CheckStanding
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the difference is at most the tolerance."""
        return bool(abs(self.measured - self.expected) <= self.tolerance)


def check_model(name_or_path: str | Path) -> list[CheckResult]:
    """Return a result for every check value in the file of a model."""
    return Checker(load_model(name_or_path)).results()


class Checker:
    """Runs the checks of one model; a scenario is integrated once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._runs: dict[str, Trajectory] = {}

    def results(self) -> list[CheckResult]:
        """Return one result for each check of the file."""
        return [self.result(check) for check in self.model.checks]

    def result(self, check: Check) -> CheckResult:
        """Return what `check` measures beside what it expects."""
        scenarios = check.median_over or (check.scenario,)
        measured = float(np.median([self.measure(check, name) for name in scenarios]))
        if check.relative_to:
            measured /= self.measure(check, check.relative_to)
        return CheckResult(
            name=f"{self.model.name}: {check.name}",
            measured=self._in_unit_expected(check, measured),
            expected=check.expected.value,
            tolerance=check.allowance(),
            unit=check.expected.unit,
            reference=check.source,
            standing=check.standing,
            note=check.note,
        )

    def trajectory(self, scenario: str) -> Trajectory:
        """Return the run of `scenario`."""
        if scenario not in self._runs:
            self._runs[scenario] = run(self.model, self.model.scenario(scenario))
        return self._runs[scenario]

    def measure(self, check: Check, scenario: str) -> float:
        """Return the number that `check` asks for, in internal units of its expression."""
        if check.kind in {"formula", "equilibrium", "saddle_node", "threshold"}:
            return self._without_run(check, scenario)
        if check.kind == "extinction_gap":
            return self._extinction_gap(scenario)
        course = self.trajectory(scenario)
        if check.kind == "value":
            return float(course.measure(check.of, check.at)[0])
        if check.kind in {"half_life", "doubling_time"}:
            first, last = course.measure(check.of, [check.since, check.until])
            return float(
                np.log(2) * ((check.until or 0.0) - check.since) / abs(np.log(last / first))
            )
        sampled = np.array(check.samples)
        times = sampled if sampled.size else course.grid(check.since, check.until)
        values = course.measure(check.of, times)
        if check.kind == "area":
            return float(np.trapezoid(values, times))
        if check.kind == "drift":
            return float(np.abs(values - values[0]).max() / np.abs(values[0]))
        if check.kind == "time_to_level":
            return first_crossing(times, values, check.level)
        if check.kind == "time_below":
            return time_below(times, values, check.level)
        if check.kind == "value_at_minimum":
            assert check.of_minimum is not None
            lowest = check.of_minimum
            when, _ = highest(lambda t: -course.measure(lowest, t), times)
            return float(course.measure(check.of, when)[0])
        sign = 1.0 if check.kind.endswith("maximum") else -1.0
        when, height = highest(lambda t: sign * course.measure(check.of, t), times)
        return when if check.kind.startswith("time") else sign * height

    def _extinction_gap(self, scenario: str) -> float:
        """Return by how much the share of hybrid runs that die out exceeds the closed form."""
        generator = np.random.default_rng(_SEED)
        found = hybrid_runs(self.model, self.model.scenario(scenario), _RUNS, generator)
        if found is None:
            msg = f"kinetics '{self.model.name}': no species falls below 'stochastic_below'"
            raise InputError(msg)
        return found.extinct() - float(found.probability[-1])

    def _without_run(self, check: Check, scenario: str) -> float:
        network = self.model.network
        if scenario:
            changed = self.model.scenario(scenario).parameters
            network = self.model.with_parameters(changed).network
        if check.kind == "saddle_node":
            return saddle_node(network, check.vary, check.range, check.guess)
        if check.kind == "threshold":
            return bisected(lambda value: self._above(check, scenario, value), check.range)
        values = {n: p.value for n, p in network.parameters.items()}
        if check.kind == "formula":
            return float(to_function(check.of, {}, values)(np.zeros(0)))
        rows = {n: i for i, n in enumerate(network.species_names)}
        return float(to_function(check.of, rows, values)(equilibrium(network, check.guess)))

    def _above(self, check: Check, scenario: str, value: float) -> bool:
        """Whether the expression exceeds the level at the time, with `value` put in."""
        changed = varied(self.model, self.model.scenario(scenario), check.vary, value)
        course = run(self.model, with_end(changed, check.at), rtol=1e-8)
        return bool(course.measure(check.of, check.at)[0] > check.level)

    def _in_unit_expected(self, check: Check, measured: float) -> float:
        unit = check.expected.unit
        if check.relative_to:
            return measured
        return self.model.scaling.like(measured, check.unit, unit)


def varied(model: Model, scenario: Scenario, key: str, value: float) -> Scenario:
    """Return `scenario` with a parameter, the start or every dose of a species put to `value`."""
    kind, _, name = key.partition(".")
    if kind == "dose":
        events = tuple(
            replace(e, amount=replace(e.amount, value=value))
            if isinstance(e, Dose) and e.species == name
            else e
            for e in scenario.events
        )
        return replace(scenario, events=events)
    if kind == "initial":
        old = scenario.initial[name]
        return replace(scenario, initial={**scenario.initial, name: replace(old, value=value)})
    old = model.network.parameters[key]
    changed = {**scenario.parameters, key: replace(old, value=value)}
    return replace(scenario, parameters=changed)


def highest(of: Callable[[Array], Array], times: Array) -> tuple[float, float]:
    """Return time and height of the maximum of `of`, refined between the solver's times."""
    for _ in range(3):
        values = of(times)
        peak = int(np.argmax(values))
        low, high = times[max(peak - 1, 0)], times[min(peak + 1, times.size - 1)]
        best = float(times[peak]), float(values[peak])
        times = np.unique([*np.linspace(low, high, 41), best[0]])
    return best


def first_crossing(times: Array, values: Array, level: float) -> float:
    """Return when `values` first pass `level`, interpolated between the solver's times."""
    above = values > level
    passed = np.flatnonzero(above[1:] != above[:-1])
    if passed.size == 0:
        msg = f"the level {level:g} is never passed"
        raise InputError(msg)
    i = int(passed[0])
    share = (level - values[i]) / (values[i + 1] - values[i])
    return float(times[i] + share * (times[i + 1] - times[i]))


def time_below(times: Array, values: Array, level: float) -> float:
    """Return for how long `values`, taken linear between `times`, are below `level`."""
    low = np.minimum(values[1:], values[:-1])
    high = np.maximum(values[1:], values[:-1])
    partly = np.divide(level - low, high - low, out=np.zeros_like(low), where=high > low)
    share = np.where(high < level, 1.0, np.clip(partly, 0.0, 1.0))
    return float(share @ np.diff(times))
