"""Takes the steps of a `LineStepper` again, with the derivatives of the state beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from cartflow.core.dual import SMALL
from cartflow.core.outcome import InputError
from cartflow.coupling.line.arrays import Plan
from cartflow.coupling.line.ends import Counts, none_counted
from cartflow.coupling.line.plan import plan
from cartflow.coupling.line.room import room
from cartflow.coupling.line.stepper import LineStepper
from cartflow.coupling.state import State
from cartflow.coupling.tangents.direction import Direction, System
from cartflow.coupling.tangents.dual_plan import dual_plans, fixed, smooth
from cartflow.coupling.tangents.replay import replay
from cartflow.coupling.tangents.stages import Rooms
from cartflow.kinetics.compiled.network import dual_addresses

Array = np.ndarray


class TangentStepper:
    """The system of `stepper` with its slopes in `directions`, from `time` on as it is then."""

    def __init__(self, stepper: LineStepper, directions: Sequence[Direction], time: float) -> None:
        self.stepper = stepper
        self._directions = directions
        self._time = time

    def advance(
        self, old: State, new: State, tangents: Sequence[State], floor: Array
    ) -> list[State]:
        """Return the slopes of `new`, which the stepper has just made of `old` with its `floor`."""
        u = _dual(old.tumour, [t.tumour for t in tangents])
        body = _dual(old.body.T, [t.body.T for t in tangents])
        infused = self.stepper.coupled.infusion(self._time)[0].T
        supply = _dual(infused, [body for body, _ in self._supplies])
        places = len(self.stepper.coupled.engine.problem.places)
        counts = none_counted(self.stepper.plan, places, len(tangents), kind=complex)
        replay(
            self.stepper.plan,
            self._plans,
            self.stepper.method,
            self.stepper.steps,
            u,
            body,
            supply,
            floor,
            counts,
            self._rooms,
        )
        if not np.array_equal(u[0].real, new.tumour):
            raise RuntimeError("derivatives: the steps taken again are not those of the run")
        return [
            self._slope(old, new, q, u[q].imag / SMALL, body[q].imag / SMALL, counts)
            for q, old in enumerate(tangents)
        ]

    def _slope(
        self, old: State, new: State, q: int, tumour: Array, body: Array, counts: Counts
    ) -> State:
        """Return the slopes of the state `new` in direction `q`, which were `old`."""
        mine = Counts(*(each[q].imag / SMALL for each in counts))
        # What is counted is linear in what happened, and so are their slopes.
        ledger = self.stepper.counted(old.ledger, mine, body)
        supply, injected = self._supplies[q]
        given = supply.sum(axis=1) + self.stepper.coupled.of_all(injected)
        ledger.infused += given * self.stepper.days
        return replace(old, time=new.time, body=body.T.copy(), tumour=tumour, ledger=ledger)

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

    @cached_property
    def _supplies(self) -> list[list[Array]]:
        """The slopes of what is infused into the body (products, compartments) and the tumour."""
        return [each.slopes(self._supply) for each in self._directions]

    def _supply(self, system: System) -> tuple[Array, Array]:
        body, tumour = system.coupled.infusion(self._time)
        return body.T, tumour

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


def _dual(values: Array, slopes: Sequence[Array]) -> Array:
    """Return `values` as dual numbers, one array a direction."""
    return np.array([values + 1j * SMALL * slope for slope in slopes])
