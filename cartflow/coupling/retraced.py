"""A run over again with steps twice as long, to tell the error in time of the first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.coupling.record import Companion
from cartflow.coupling.state import State
from cartflow.coupling.stations import Stations
from cartflow.coupling.turns import B, InTurns
from cartflow.coupling.under_way import Watch
from cartflow.pde.fast.engine import FastEngine

# Beyond this share of the steps of the run before, they are not long enough to tell anything.
_TOO_MANY = 0.7
# Steps x mesh cells x species that take some ten seconds; what takes more is checked if asked for.
LITTLE = 1e8


class Unchecked(Exception):
    """Why no companion tells the error in time."""


class Retraced(InTurns[B]):
    """Takes the steps of a run two by two, each whole and as halves, whatever their error.

    Where the engine allows no step so long, or a step fails, it takes one at a time, and where
    one fails, a part of it.
    """

    before: Stations

    def retrace(self, run: InTurns[B], watch: Watch | None) -> None:
        """Go by the stations of the `run` before to where it is. Raises `StepFailed`."""
        self.before = run.stations
        self.advance_to(run.state.time, watch)

    def tells(self) -> bool:
        """Return whether steps were long enough to tell the error of the run before."""
        return bool(self.loop.accepted <= _TOO_MANY * max(self.before.times.size - 1, 2))

    def _taken(self, event: float) -> State:
        now, longest = self.state.time, self._limit().days
        both = min(event, self.before.next_but_one(now))
        one = min(event, self.before.next(now))
        targets = [both, one] if both - now <= longest else [one]
        least = max(self.control.minimum_step, 8.0 * float(np.spacing(now)))
        while True:
            with np.errstate(all="ignore"):
                new, error, failure = self._attempt(targets[0] - now)
            if np.isfinite(error):
                self.loop.accepted += 1
                return replace(new, time=targets[0])
            targets = targets[1:] or [now + 0.5 * (targets[0] - now)]
            if targets[0] - now < least:
                raise StepFailed(failure.field, failure.reason, now)

    def _next_look(self) -> float:
        return self.before.next_but_one(self.state.time)


def companion_in_turns(again: Retraced[B], run: InTurns[B], watch: Watch | None) -> Companion:
    """Return how the finished `run` ends with steps twice as long, which are `again`'s.

    Raises `Unchecked` with the reason where that is not to be had, or dear and not asked for.
    """
    if run.control.time_check is not True and _is_dear(run):
        raise Unchecked("it would cost half as much again: solver.time_check = true")
    try:
        again.retrace(run, watch)
    except (StepFailed, KeyboardInterrupt):
        # Also where a user has had enough of it: the run itself is whole.
        raise Unchecked("the companion run did not finish") from None
    if not again.tells():
        raise Unchecked("steps are as long as drift or kinetics allow, so that none are longer")
    order = run.loop.order + run.control.extrapolate
    return Companion(state=again.state, ratio=2.0**order, last=run.last_step())


def _is_dear(run: InTurns[B]) -> bool:
    fast = all(isinstance(tissue.engine, FastEngine) for tissue in run.coupled.tissues)
    return not fast or run.loop.accepted * run.state.tumour.size > LITTLE
