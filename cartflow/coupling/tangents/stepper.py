"""Takes the steps of a `LineStepper` again, with the derivatives of the state beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial

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
        self._known: dict[tuple[bool, ...], list[list[Array]]] = {}

    def advance(
        self, old: State, new: State, tangents: Sequence[State], floor: Array
    ) -> list[State]:
        """Return the slopes of `new`, which the stepper has just made of `old` with its `floor`."""
        u = _dual(old.tumour, [t.tumour for t in tangents])
        body = _dual(old.body.T, [t.body.T for t in tangents])
        supplies = self._supplies(old.time)
        infused = self.stepper.coupled.infusion(old.time)[0].T
        supply = _dual(infused, [body for body, _ in supplies])
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
            self._slope(
                was,
                new,
                (u[q].imag / SMALL, body[q].imag / SMALL),
                Counts(*(each[q].imag / SMALL for each in counts)),
                supplies[q],
            )
            for q, was in enumerate(tangents)
        ]

    def _slope(
        self,
        old: State,
        new: State,
        found: tuple[Array, Array],
        counts: Counts,
        supplied: Sequence[Array],
    ) -> State:
        """Return the slopes of the state `new`, which were `old`: tumour, body and accounts."""
        tumour, body = found
        # What is counted is linear in what happened, and so are their slopes.
        ledger = self.stepper.counted(old.ledger, counts, body)
        supply, injected = supplied
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
