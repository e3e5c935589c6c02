"""Which events by condition are triggered, which wait, and what they set when they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.kinetics.expressions.compile import Array, Function
from cartflow.kinetics.expressions.grammar import Expression
from cartflow.kinetics.triggered import Triggered

_MOST_AT_ONCE = 1000
_SEED = 20210229  # The order of equals is by lot, and the same in every run.


@dataclass(frozen=True, kw_only=True, eq=False)
class Waiting:
    """An event that was triggered: when it comes, and what it sets if that is known already."""

    time: float
    number: int
    values: tuple[float, ...] | None


class EventQueue:
    """The events of a run; `rows` are those of the species in a state."""

    def __init__(self, triggers: Sequence[Triggered], rows: dict[str, int]) -> None:
        self.triggers, self.rows = triggers, rows
        self.truth = [trigger.starts_true for trigger in triggers]
        self.waiting: list[Waiting] = []
        self.lot = np.random.default_rng(_SEED)

    def compile(self, function: Callable[[Expression], Function]) -> None:
        """Take the functions of all formulas, as the parameters now are."""

        def optional(tree: Expression | None) -> Function | None:
            return None if tree is None else function(tree)

        self._trigger = [function(t.trigger) for t in self.triggers]
        self._delay = [optional(t.delay) for t in self.triggers]
        self._priority = [optional(t.priority) for t in self.triggers]
        self._changes = [[function(tree) for tree in t.changes.values()] for t in self.triggers]
        self._scales = [{n: function(tree) for n, tree in t.scales.items()} for t in self.triggers]

    def next(self) -> float:
        """Return when the next waiting event comes, infinity if none waits."""
        return min((w.time for w in self.waiting), default=np.inf)

    def happen(self, time: float, state: Array) -> Array:
        """Return the state after all that happens at `time`; raise `StepFailed` for no end."""
        self._look(time, state)
        for _ in range(_MOST_AT_ONCE):
            due = [w for w in self.waiting if w.time <= time]
            if not due:
                return state
            first = self._chosen(due, state)
            self.waiting.remove(first)
            state = self._set(first, time, state)
            self._look(time, state)
        msg = f"more than {_MOST_AT_ONCE} events at one time"
        raise StepFailed(self.triggers[first.number].name, msg, time)

    def _look(self, time: float, state: Array) -> None:
        """Find out which triggers have become true, or false."""
        for number, trigger in enumerate(self.triggers):
            true = bool(_value(self._trigger[number], state) != 0)
            if true and not self.truth[number]:
                self._wait(number, time, state)
            if not true and self.truth[number] and not trigger.persistent:
                self.waiting = [w for w in self.waiting if w.number != number]
            self.truth[number] = true

    def _wait(self, number: int, time: float, state: Array) -> None:
        delay = self._delay[number]
        lasting = 0.0 if delay is None else _value(delay, state)
        if not (np.isfinite(lasting) and lasting >= 0):
            raise StepFailed(self.triggers[number].name, f"its delay is {lasting:g} days", time)
        values = self._values(number, state) if self.triggers[number].at_trigger_time else None
        self.waiting.append(Waiting(time=time + lasting, number=number, values=values))

    def _values(self, number: int, state: Array) -> tuple[float, ...]:
        return tuple(_value(function, state) for function in self._changes[number])

    def _chosen(self, due: list[Waiting], state: Array) -> Waiting:
        """Return the one that comes first, by lot among those of equal priority."""
        ranks = [self._rank(w, state) for w in due]
        first = [w for w, rank in zip(due, ranks, strict=True) if rank == max(ranks)]
        return first[int(self.lot.integers(len(first)))] if len(first) > 1 else first[0]

    def _rank(self, waiting: Waiting, state: Array) -> float:
        priority = self._priority[waiting.number]
        return -np.inf if priority is None else _value(priority, state)

    def _set(self, waiting: Waiting, time: float, state: Array) -> Array:
        trigger = self.triggers[waiting.number]
        values = waiting.values
        if values is None:
            values = self._values(waiting.number, state)
        result = state.copy()
        for name, value in zip(trigger.changes, values, strict=True):
            if not np.isfinite(value):
                msg = f"it sets '{name}' to what is not a finite number"
                raise StepFailed(trigger.name, msg, time)
            result[self.rows[name]] = value
        scales = self._scales[waiting.number]
        factors = {name: _value(function, state) for name, function in scales.items()}
        for name, factor in factors.items():
            result[self.rows[name]] *= factor
        return result


def _value(function: Function, state: Array) -> float:
    return float(function(state))
