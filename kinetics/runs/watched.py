"""Runs whose moments are found on the way: events by condition, and rates that jump."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.kinetics.expressions.compile import Array
from cartflow.kinetics.model import Model
from cartflow.kinetics.runs.conditions import close_calls, conditions, function_of
from cartflow.kinetics.runs.event_queue import EventQueue
from cartflow.kinetics.runs.frozen import Frozen
from cartflow.kinetics.runs.piece import Piece
from cartflow.kinetics.runs.timeline import Segment, Timeline

Jump = tuple[float, Array]
_FIRST_STEP = 1e-7
# Down to this part of its own largest value a state is followed with full relative accuracy,
_SMALLEST = 1e-20
# and down to this part of the largest state, which grows where rounding makes steps short.
_FLOORS = (1e-30, 1e-24, 1e-20)
_MANY_STEPS = 5000
_FINEST = 2000  # Looks in a run at least; more where a condition comes near its jump.
_DEEPEST = 4
_MOST_LOOKS = 200_000
_PARTS, _NARROWING = 32, 256
_MOST_PIECES = 30_000
# Pieces begin this little earlier, so that a time stated equal to an event's comes after it.
_EARLIER = 4e-16


def watched_pieces(model: Model, plan: Timeline, rtol: float) -> tuple[Piece, ...]:
    """Return the pieces of a run, cut wherever an event happens or a rate jumps.

    Moments are found to the last digit on the solution between the integrator's steps. Raises
    `StepFailed`.
    """
    # LSODA repeats as a warning what its status says.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return _Run(model, plan, rtol).pieces()


class _Run:
    """One run, piece by piece."""

    def __init__(self, model: Model, plan: Timeline, rtol: float) -> None:
        self.model, self.plan, self.rtol = model, plan, rtol
        names = plan.network.species_names
        self.clock = names.index(model.clock) if model.clock else None
        if model.clock:
            self.pace = float(plan.network.derivative(plan.start)[self.clock])
        self.queue = EventQueue(model.triggers, {name: row for row, name in enumerate(names)})
        self.span = plan.segments[-1].end
        self.largest = np.abs(plan.start)
        self.found: list[Piece] = []

    def pieces(self) -> tuple[Piece, ...]:
        state = self.plan.start
        for segment in self.plan.segments:
            self.network = segment.network
            self.queue.compile(lambda tree: function_of(tree, self.network))
            self.conditions = conditions(self.model, self.network)
            self.change = Frozen(segment, self.conditions.parts, self._at)
            state = state * segment.factors + segment.amounts
            state = self._segment(segment, self.queue.happen(segment.start, state))
        self.found.append(_still(self.span * (1.0 - _EARLIER), self.span, state))
        return tuple(self.found)

    def _segment(self, segment: Segment, state: Array) -> Array:
        begin = segment.start
        while begin < segment.end:
            end = min(segment.end, self.queue.next())
            piece, state = self._smooth(begin, end, state)
            self.found.append(piece)
            if len(self.found) > _MOST_PIECES:
                msg = f"more than {_MOST_PIECES} events, or jumps of its rates"
                raise StepFailed(self.network.name, msg, begin)
            begin = piece.end
            state = self.queue.happen(begin, self._at(begin, state))
        return state

    def _smooth(self, start: float, end: float, state: Array) -> tuple[Piece, Array]:
        """Return the solution up to `end`, or to the moment before it when something jumps."""
        if end - start <= 1e-14 * self.span:
            return _still(start * (1.0 - _EARLIER), end, state), state
        before = self.conditions.seen(state[:, None]).values[:, 0]
        self.change.held = before
        floors = [*_FLOORS]
        self.first = True
        solver = self._solver(start, end, state, floors.pop(0))
        times: list[float] = [start]
        parts: list[Any] = []
        idle = 0
        while solver.status == "running":
            if floors and len(parts) >= _MANY_STEPS * (len(_FLOORS) - len(floors)):
                solver = self._solver(times[-1], end, solver.y, floors.pop(0))
            message = solver.step()
            if solver.status == "failed" and not parts and self.first:
                # Where rates are far faster than the run is long LSODA has to find its first step.
                self.first = False
                solver = self._solver(start, end, state, _FLOORS[0])
                continue
            if solver.status == "failed":
                raise StepFailed(self.network.name, str(message), float(solver.t))
            if solver.t <= times[-1]:
                # Shorter than a digit of the time: the next one goes on from there.
                idle = self._counted(idle, times[-1])
                continue
            parts.append(solver.dense_output())
            times.append(float(solver.t))
            self.largest = np.maximum(self.largest, np.abs(solver.y))
            found = self._jump(parts[-1], times[-2], times[-1], before)
            if found is not None:
                moment, after = found
                return self._piece(start, moment, times, parts), after
        return self._piece(start, end, times, parts), self._at(end, solver.y)

    def _solver(self, start: float, end: float, state: Array, floor: float) -> Any:
        from scipy.integrate import LSODA

        self.largest = np.maximum(self.largest, np.abs(state))
        species = np.delete(self.largest, [] if self.clock is None else self.clock)
        atol = np.maximum(_SMALLEST * self.largest, floor * species.max(initial=0.0)) + 1e-300
        first = min(_FIRST_STEP * self.span, 0.01 * (end - start)) if self.first else None
        return LSODA(self.change, start, state, end, first_step=first, rtol=self.rtol, atol=atol)

    def _jump(self, part: Any, start: float, end: float, before: Array) -> Jump | None:
        """Return when in a step something has first jumped, and the state then, if it has."""
        if not before.size:
            return None
        self.looks = 0
        number = int(np.clip(_FINEST * (end - start) / self.span, 8, _FINEST))
        return self._look(part, start, end, before, number, _DEEPEST)

    def _look(
        self, part: Any, start: float, end: float, before: Array, number: int, depth: int
    ) -> Jump | None:
        """Look at `number` times; between those that leave doubt, or where it jumped, at more."""
        self._count(number, start)
        times = np.linspace(start, end, number + 1)
        states = self._at(times, part(times))
        seen = self.conditions.seen(states)
        differs = (seen.values != before[:, None]).any(axis=0)
        differs[0] = False
        first = int(np.argmax(differs)) if differs.any() else number + 1
        doubtful = np.flatnonzero(close_calls(seen)[: first - 1]) if depth else ()
        for place in doubtful:
            low, high = float(times[place]), float(times[place + 1])
            found = self._look(part, low, high, before, _PARTS, depth - 1)
            if found is not None:
                return found
        if first > number:
            return None
        low, high = float(times[first - 1]), float(times[first])
        if np.nextafter(low, high) >= high:
            return high, states[:, first].copy()
        return self._look(part, low, high, before, _NARROWING, max(depth - 1, 0))

    def _counted(self, idle: int, time: float) -> int:
        if idle >= _MANY_STEPS:
            raise StepFailed(self.network.name, "its steps are too short for the time", time)
        return idle + 1

    def _count(self, number: int, time: float) -> None:
        self.looks += number
        if self.looks > _MOST_LOOKS:
            msg = "its conditions change too fast to be watched"
            raise StepFailed(self.network.name, msg, time)

    def _piece(self, start: float, end: float, times: list[float], parts: list[Any]) -> Piece:
        from scipy.integrate import OdeSolution

        solution = OdeSolution(times, parts)
        inside = np.array([t for t in times if t < end] + [end])
        return Piece(
            start=start * (1.0 - _EARLIER),
            end=end,
            times=inside,
            dense=lambda when: self._at(when, solution(when)),
        )

    def _at(self, times: Any, states: Array) -> Array:
        """Return states with the clock, if there is one, at the times to the last digit."""
        if self.clock is not None:
            states[self.clock] = np.asarray(times) * self.pace
        return states


def _still(start: float, end: float, state: Array) -> Piece:
    kept = state.copy()
    return Piece(
        start=start,
        end=end,
        times=np.array([start, end]),
        dense=lambda when: np.repeat(kept[:, None], np.size(when), axis=1),
    )
