"""Takes the steps of a `LineStepper` again, with the derivatives of the state beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from cartflow.core.dual import SMALL
from cartflow.core.outcome import InputError
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.counting import Counts, none_counted
from cartflow.coupling.line.plan import plan
from cartflow.coupling.line.room import room
from cartflow.coupling.line.stepper import LineStepper
from cartflow.coupling.state import State
from cartflow.coupling.tangents.direction import Direction, System
from cartflow.coupling.tangents.dual_plan import dual_plans, fixed, smooth
from cartflow.coupling.tangents.replay import Going, Made, replay
from cartflow.coupling.tangents.stages import Rooms
from cartflow.kinetics.compiled.network import dual_addresses

Array = np.ndarray


class TangentStepper:
    """The system of `stepper` with its slopes in `directions`, from `time` on as it is then."""

    def __init__(self, stepper: LineStepper, directions: Sequence[Direction], time: float) -> None:
        self.stepper = stepper
        self._directions = directions
        self._time = time
        self._known: dict[tuple[bool, ...], list[list[Array]]] = {}

    def advance(
        self, old: State, new: State, tangents: Sequence[State], floor: Array
    ) -> list[list[State]]:
        """Return the slopes at the times that were passed and of `new`, by direction.

        The stepper has just made it of `old` with its `floor`.
        """
        stepper, supplies = self.stepper, self._supplies(old.time)
        infused = stepper.coupled.infusion(old.time)[0].T
        places = len(stepper.coupled.engine.problem.places)
        more, many = len(tangents), stepper.saved + 1
        at = Going(
            u=_dual(old.tumour, [t.tumour for t in tangents]),
            body=_dual(old.body.T, [t.body.T for t in tangents]),
            supply=_dual(infused, [body for body, _ in supplies]),
            counts=none_counted(stepper.plan, places, more, kind=complex),
        )
        made = Made(
            u=np.empty((many, *at.u.shape), dtype=complex),
            body=np.empty((many, *at.body.shape), dtype=complex),
            counts=none_counted(stepper.plan, places, many, more, kind=complex),
        )
        replay(
            stepper.plan,
            self._plans,
            stepper.method,
            stepper.steps,
            stepper.saves,
            at,
            floor,
            made,
            self._rooms,
        )
        if not np.array_equal(made.u[-1, 0].real, new.tumour):
            raise RuntimeError("derivatives: the steps taken again are not those of the run")
        times = [*(state.time for state in stepper.passed), new.time]
        slopes = [
            self._slopes(
                was,
                times,
                (made.u[:, q].imag / SMALL, made.body[:, q].imag / SMALL),
                Counts(*(each[:, q].imag / SMALL for each in made.counts)),
                supplies[q],
            )
            for q, was in enumerate(tangents)
        ]
        return [list(each) for each in zip(*slopes, strict=True)]

    def _slopes(
        self,
        old: State,
        times: Sequence[float],
        found: tuple[Array, Array],
        counts: Counts,
        supplied: Sequence[Array],
    ) -> list[State]:
        """Return the slopes of the states at `times`, which were `old`: tumour, body, accounts."""
        tumour, body = found
        supply, injected = supplied
        given = supply.sum(axis=1) + self.stepper.coupled.of_all(injected)
        # What is counted is linear in what happened, and so are their slopes.
        infused = np.outer(self.stepper.days, given)
        ledgers = self.stepper.counted(old.ledger, counts, body, infused)
        return [
            replace(old, time=time, body=cells.T.copy(), tumour=u, ledger=ledger)
            for time, cells, u, ledger in zip(times, body, tumour, ledgers, strict=True)
        ]

    @cached_property
    def _plans(self) -> Plan:
        real = self.stepper.plan
        slopes = [each.slopes(self._smooth) for each in self._directions]
        return dual_plans(real, slopes, dual_addresses(self.stepper.coupled.engine.problem.network))

    def _smooth(self, system: System) -> tuple[Array, ...]:
        """Return the arrays of another system's plan; raises `InputError` where they differ."""
        other, mine = plan(system.coupled.at(self._time)), self.stepper.plan
        if not all(np.array_equal(a, b) for a, b in zip(fixed(other), fixed(mine), strict=True)):
            raise InputError("the structure of the study changes with it")
        return smooth(other)

    def _supplies(self, time: float) -> list[list[Array]]:
        """Return the slopes of what is infused into the body (products, compartments) and tumour.

        They are worked out once for all times at which the same doses are under way.
        """
        under_way = tuple(d.time <= time < d.end for d in self.stepper.coupled.doses)
        if under_way not in self._known:
            parts = partial(_supply, time=time)
            self._known[under_way] = [each.slopes(parts) for each in self._directions]
        return self._known[under_way]

    @cached_property
    def _rooms(self) -> Rooms:
        stages, real = self.stepper.method.m.size, self.stepper.room
        slope = room(self.stepper.plan, stages)
        own = {name: getattr(slope, name) for name in ("k", "kb", "x", "through")}
        return Rooms(
            real=real,
            slope=real._replace(**own),
            dual=room(self.stepper.plan, stages, complex),
        )


def _supply(system: System, time: float) -> tuple[Array, Array]:
    body, tumour = system.coupled.infusion(time)
    return body.T, tumour


def _dual(values: Array, slopes: Sequence[Array]) -> Array:
    """Return `values` as dual numbers, one array a direction."""
    return np.array([values + 1j * SMALL * slope for slope in slopes])
