"""A scenario as arrays that depend on a few of its numbers in straight lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.alone.settings import chosen_scenario
from cartflow.core.outcome import InputError
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.runs.timeline import Timeline, timeline

Array = np.ndarray
_ROUND_OFF = 1e-11


@dataclass(frozen=True, kw_only=True, eq=False)
class Number:
    """A setting of a model that may vary: its `key`, the `unit` of its values, and a range."""

    key: str
    unit: str
    low: float
    high: float

    def setting(self, value: float) -> str | float:
        """Return a value as ``--set`` takes it."""
        return value if self.unit == "1" else f"{value!r} {self.unit}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretch:
    """What holds from `start` to `end`: what happens at its start, then what drives the change."""

    start: Array
    end: Array
    factors: Array
    amounts: Array
    parameters: Array
    supply: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """The flat numbers of a scenario, ``base + (values - middle) @ slopes``, and how they part.

    `thresholds` (species,) are the densities below which species die out, -1 where they do not.
    """

    network: Network
    base: Array
    middle: Array
    slopes: Array
    thresholds: Array
    stretches: int

    def at(self, values: Array) -> tuple[Array, list[Stretch]]:
        """Return the start and the stretches for `values` of the numbers."""
        return self._parted(self.base + (values - self.middle) @ self.slopes)

    def directions(self) -> tuple[Array, list[Stretch]]:
        """Return the derivatives of start and stretches: first axis the numbers."""
        return self._parted(self.slopes)

    def _parted(self, flat: Array) -> tuple[Array, list[Stretch]]:
        size, many = len(self.network.species), len(self.network.parameters)
        sizes = [size] + [1, 1, size, size, many, size] * self.stretches
        parts = np.split(flat, np.cumsum(sizes)[:-1], axis=-1)
        found = []
        for k in range(self.stretches):
            start, end, factors, amounts, parameters, supply = parts[1 + 6 * k : 7 + 6 * k]
            found.append(
                Stretch(
                    start=start[..., 0],
                    end=end[..., 0],
                    factors=factors,
                    amounts=amounts,
                    parameters=np.ascontiguousarray(parameters),
                    supply=np.ascontiguousarray(supply),
                )
            )
        return parts[0], found


def plan_of(
    model: Model, scenario: str | None, settings: Mapping[str, Any], numbers: Sequence[Number]
) -> Plan:
    """Return the plan of a model's scenario with `settings`, over the ranges of `numbers`.

    Raises `InputError` where a number does not go in along a straight line, or changes the order
    of what happens within its range.
    """

    def lines(values: Array) -> Timeline:
        varied = {n.key: n.setting(float(v)) for n, v in zip(numbers, values, strict=True)}
        given = {**settings, **varied}
        return timeline(model, chosen_scenario(model, scenario, given))

    low = np.array([n.low for n in numbers])
    high = np.array([n.high for n in numbers])
    middle = 0.5 * (low + high)
    first = lines(middle)
    base = _flat(first)
    slopes = np.zeros((len(numbers), base.size))
    for k, number in enumerate(numbers):
        ends = [_replaced(middle, k, end) for end in (low[k], high[k])]
        below, above = (_same_size(_flat(lines(e)), base, model, number) for e in ends)
        slopes[k] = (above - below) / (high[k] - low[k])
        # What does not depend on it is not to carry round-off along.
        slopes[k, above == below] = 0.0
        size = np.maximum(np.abs(above), np.abs(below))
        if np.any(np.abs(0.5 * (above + below) - base) > _ROUND_OFF * size):
            raise _bent(model, number.key)
    _require_straight(base, slopes, middle, low, high, lambda v: _flat(lines(v)), model)
    thresholds = np.full(len(first.network.species), -1.0)
    for row, threshold in first.extinction.items():
        thresholds[row] = threshold
    return Plan(
        network=first.network,
        base=base,
        middle=middle,
        slopes=slopes,
        thresholds=thresholds,
        stretches=len(first.segments),
    )


def _require_straight(
    base: Array,
    slopes: Array,
    middle: Array,
    low: Array,
    high: Array,
    flat: Callable[[Array], Array],
    model: Model,
) -> None:
    """Raise `InputError` where numbers that are varied together do not add up."""
    if len(low) < 2:
        return
    shares = np.random.default_rng(1).uniform(size=(2, len(low)))
    for values in low + shares * (high - low):
        found, wanted = flat(values), base + (values - middle) @ slopes
        size = np.abs(base) + np.abs((values - middle) @ np.abs(slopes)) + np.abs(found)
        if found.shape != wanted.shape or np.any(np.abs(found - wanted) > _ROUND_OFF * size):
            raise _bent(model, "the numbers together")


def _replaced(values: Array, place: int, value: float) -> Array:
    result = values.copy()
    result[place] = value
    return result


def _same_size(found: Array, like: Array, model: Model, number: Number) -> Array:
    if found.shape == like.shape:
        return found
    msg = f"kinetics '{model.name}': {number.key}: within its range it changes what happens when"
    raise InputError(msg)


def _bent(model: Model, key: str) -> InputError:
    msg = f"kinetics '{model.name}': {key}: what it changes is not proportional to it"
    return InputError(msg)


def _flat(found: Timeline) -> Array:
    parts = [found.start]
    for segment in found.segments:
        values = [p.value for p in segment.network.parameters.values()]
        parts += [
            np.array([segment.start, segment.end]),
            segment.factors,
            segment.amounts,
            np.array(values),
            segment.supply,
        ]
    return np.concatenate(parts)
