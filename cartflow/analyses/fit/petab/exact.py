"""What a PEtab problem predicts with exact slopes: each condition's model compiled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.alone.forward.run import Forward, forward
from cartflow.analyses.fit.observables import Observable
from cartflow.analyses.fit.petab.simulate import (
    Conditions,
    Simulated,
    alike,
    conditioned_model,
    empty,
    nominal,
)
from cartflow.analyses.fit.petab.tables import Tables
from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import Expression, Name, parse
from cartflow.kinetics.sbml.foreign import Foreign

Array = np.ndarray
# What changes is straight in these numbers, so that any two values tell the slope exactly.
_LOW, _HIGH = -1.0, 1.0


class Told(NamedTuple):
    """Values (n,) and their slopes to what is estimated (numbers, n)."""

    value: Array
    slopes: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class _Condition:
    """A condition's model, what of it follows which estimated number, times, and its entries."""

    model: Foreign
    forward: Forward
    elements: tuple[str, ...]
    follows: tuple[int, ...]
    times: Array
    places: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Exact:
    """Predictions and noise of all measurements, with slopes to the estimated `names`."""

    tables: Tables
    names: tuple[str, ...]
    conditions: tuple[_Condition, ...]

    def at(self, values: Mapping[str, float], slopes: bool) -> tuple[Simulated, Array]:
        """Return what is predicted for `values`, and slopes (2, numbers, measurements) of both.

        Raises `StepFailed` where a run fails.
        """
        size = len(self.tables.measurements)
        found, moves = np.full((2, size), np.nan), np.zeros((2, len(self.names), size))
        for condition in self.conditions:
            run = _Run(self, condition, values, slopes)
            for part, key in alike(self.tables, condition.places):
                here = condition.places[part]
                for row, told in enumerate(run.observed(key, part)):
                    found[row, here], moves[row, :, here] = told.value, told.slopes.T
        return Simulated(predicted=found[0], noise=found[1]), moves


def exact_of(tables: Tables, names: Sequence[str]) -> Exact | None:
    """Return the problem with exact slopes; None where these are not to be had.

    That is so where it comes to rest first or is measured at rest, where a start or a size follows
    what is estimated, and where events by condition or functions have no derivatives.
    """
    try:
        found = Exact(
            tables=tables,
            names=tuple(names),
            conditions=tuple(
                _condition(tables, names, *group) for group in Conditions(tables).groups()
            ),
        )
        for condition in found.conditions:
            for _, key in alike(tables, condition.places):
                _derived(tables, condition, key)
    except InputError:
        return None
    return found


def _condition(
    tables: Tables, names: Sequence[str], pre: str, name: str, places: Array
) -> _Condition:
    times = tables.measurements["time"].to_numpy(float)[places]
    if pre or not np.isfinite(times).all():
        raise InputError("it is at rest")
    known = Conditions(tables)
    model = conditioned_model(tables, known, nominal(tables), name, {})
    pairs = [(key, names.index(key)) for key in known.numbers if key in names]
    changed = {key: tables.conditions.loc[name, key] for key in known.columns}
    changed = {key: cell for key, cell in changed.items() if not empty(cell)}
    pairs = [(key, place) for key, place in pairs if key not in changed]
    pairs += [(k, names.index(str(cell))) for k, cell in changed.items() if str(cell) in names]
    elements = tuple(_own_name(model, key) for key, _ in pairs)
    numbers = [Number(key=key, unit="1", low=_LOW, high=_HIGH) for key in elements]
    end = max(float(times.max()), 1e-6) * model.days
    # The clock is a state like others.
    plain = replace(model.model, clock="")
    return _Condition(
        model=model,
        forward=forward(plain, "sbml", {"end": f"{end!r} day"}, numbers),
        elements=elements,
        follows=tuple(place for _, place in pairs),
        times=times,
        places=places,
    )


def _own_name(model: Foreign, key: str) -> str:
    """Return what a number of the file is called in the network. Raises `InputError`."""
    tree = model.meanings.get(key)
    if isinstance(tree, Name) and tree.name in model.model.network.parameters:
        return tree.name
    msg = f"'{key}' is no number of the model"
    raise InputError(msg)


def _derived(tables: Tables, condition: _Condition, key: tuple[str, str, str]) -> None:
    """Raise `InputError` where an observable, or its noise, has no derivatives."""
    row = tables.observables.loc[key[0]]
    trees = [_formula(str(row[c])).expression for c in ("observableFormula", "noiseFormula")]
    for tree in trees:
        for name in Observable(name="formula", expression=tree).names:
            meaning = condition.model.meanings.get(name)
            if meaning is not None:
                _observable(meaning).slopes({n: np.ones(1) for n in _observable(meaning).names})
        formula = Observable(name="formula", expression=tree)
        formula.slopes({n: np.ones(1) for n in formula.names})


@cache
def _formula(text: str) -> Observable:
    observable = Observable(name="formula", expression=parse(text))
    if observable.names:
        return observable
    return Observable(name="formula", expression=parse(f"{text} + 0*time"))


@cache
def _observable(tree: Expression) -> Observable:
    return Observable(name="meaning", expression=tree)


class _Run:
    """A condition's course at values, and what is seen of it."""

    def __init__(
        self, exact: Exact, condition: _Condition, values: Mapping[str, float], slopes: bool
    ) -> None:
        self.exact, self.condition, self.values, self.slopes = exact, condition, values, slopes
        own = np.array([values[exact.names[place]] for place in condition.follows])
        times, self.back = np.unique(condition.times, return_inverse=True)
        days = times * condition.model.days
        states, tangents = condition.forward.run(own, days, slopes)
        count = len(exact.names)
        whole = np.zeros((count, *states.shape))
        if slopes:
            np.add.at(whole, list(condition.follows), tangents)
        network = condition.forward.plan.network
        self.states = {
            name: Told(states[:, row], whole[:, :, row])
            for row, name in enumerate(network.species_names)
        }
        self.numbers = {name: number.value for name, number in network.parameters.items()}
        self.times = times

    def observed(self, key: tuple[str, str, str], part: Array) -> tuple[Told, Told]:
        """Return an observable and its noise at the measurements `part` of the condition."""
        name, observed, noisy = key
        row = self.exact.tables.observables.loc[name]
        placed = {
            **self._placed(f"observableParameter{{}}_{name}", observed),
            **self._placed(f"noiseParameter{{}}_{name}", noisy),
        }
        seen = self._of(_formula(str(row["observableFormula"])), placed)
        noise = self._of(_formula(str(row["noiseFormula"])), {**placed, name: seen})
        at = self.back[part]
        return tuple(Told(each.value[at], each.slopes[:, at]) for each in (seen, noise))  # type: ignore[return-value]

    def _placed(self, form: str, text: str) -> dict[str, Told]:
        parts = [each.strip() for each in text.split(";")] if text else []
        return {form.format(k): self._cell(part) for k, part in enumerate(parts, start=1)}

    def _cell(self, text: str) -> Told:
        """Return a number, or the parameter that a cell names."""
        try:
            return self._constant(float(text), None)
        except ValueError:
            return self._parameter(text)

    def _parameter(self, name: str) -> Told:
        names = self.exact.names
        return self._constant(self.values[name], names.index(name) if name in names else None)

    def _constant(self, value: float, place: int | None) -> Told:
        slopes = np.zeros((len(self.exact.names), len(self.times)))
        if place is not None:
            slopes[place] = 1.0
        return Told(np.full(len(self.times), value), slopes)

    def _of(self, observable: Observable, placed: Mapping[str, Told]) -> Told:
        """Return an expression of names as formulas have them."""
        return self._chained(observable, {n: self._named(n, placed) for n in observable.names})

    def _named(self, name: str, placed: Mapping[str, Told]) -> Told:
        if name in placed:
            return placed[name]
        if name == "time":
            return Told(self.times, np.zeros((len(self.exact.names), len(self.times))))
        meaning = self.condition.model.meanings.get(name)
        if meaning is None:
            return self._parameter(name)
        inner = _observable(meaning)
        if not inner.names:
            return self._constant(float(inner.value({})), None)
        return self._chained(inner, {each: self._internal(each) for each in inner.names})

    def _internal(self, name: str) -> Told:
        """Return a state or a number of the network."""
        if name in self.states:
            return self.states[name]
        if name in self.condition.elements:
            place = self.condition.follows[self.condition.elements.index(name)]
            return self._parameter(self.exact.names[place])
        return self._constant(self.numbers[name], None)

    def _chained(self, observable: Observable, told: Mapping[str, Told]) -> Told:
        found = {name: each.value for name, each in told.items()}
        value = observable.value(found)
        slopes = np.zeros((len(self.exact.names), len(self.times)))
        if self.slopes:
            for name, slope in observable.slopes(found).items():
                slopes += slope * told[name].slopes
        return Told(value, slopes)
