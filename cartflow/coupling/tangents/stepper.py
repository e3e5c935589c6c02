"""Takes the steps of a `LineStepper` again, with the derivatives of the state beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.rows import side_by_side, whole
from cartflow.coupling.line.counting import Counts, none_counted
from cartflow.coupling.line.plan import plan
from cartflow.coupling.line.stepper import LineStepper
from cartflow.coupling.state import State
from cartflow.coupling.tangents.changes import Changes, changes, fixed, smooth
from cartflow.coupling.tangents.direction import Direction, System
from cartflow.coupling.tangents.lanes import Lanes, lanes
from cartflow.coupling.tangents.replay import Going, Made, parts_of, replay
from cartflow.coupling.tangents.stages import Slope
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
        many = stepper.saved + 1
        u = side_by_side([t.tumour.T.ravel() for t in tangents])
        inside = side_by_side([t.body.T for t in tangents])
        made = Made(
            u=np.empty((many, *u.shape)),
            body=np.empty((many, *inside.shape)),
            counts=self._none_counted(many),
        )
        made.u[-1], made.body[-1] = u, inside
        slope = Slope(
            u=made.u[-1], body=made.body[-1], supply=side_by_side([body for body, _ in supplies])
        )
        at = Going(
            u=np.array(old.tumour, order="C"),
            body=np.array(old.body.T, order="C"),
            supply=np.array(stepper.coupled.dosing.infusion(old.time)[0].T, order="C"),
            slope=slope,
        )
        replay(
            stepper.plan,
            self._changes,
            stepper.method,
            parts_of(stepper.steps, stepper.saves, stepper.saved),
            at,
            floor,
            made,
            stepper.room,
            self._lanes,
        )
        if not np.array_equal(at.u, new.tumour):
            raise RuntimeError("derivatives: the steps taken again are not those of the run")
        times = [*(state.time for state in stepper.passed), new.time]
        slopes = [self._slopes(was, times, made, q, supplies[q]) for q, was in enumerate(tangents)]
        return [list(each) for each in zip(*slopes, strict=True)]

    def _none_counted(self, *more: int) -> Counts:
        """Return the slopes of counts of nothing, with `more` dimensions first, numbers last."""
        places = len(self.stepper.coupled.engine.problem.places)
        none = none_counted(self.stepper.plan, places, *more)
        return Counts(*(np.zeros((*each.shape, whole(len(self._directions)))) for each in none))

    def _slopes(
        self, old: State, times: Sequence[float], made: Made, q: int, supplied: Sequence[Array]
    ) -> list[State]:
        """Return the slopes of the states at `times`, which were `old`, to the q-th number."""
        supply, injected = supplied
        given = supply.sum(axis=1) + self.stepper.coupled.of_all(injected)
        cells, body = len(self.stepper.plan.mesh.volumes), made.body[..., q].copy()
        # What is counted is linear in what happened, and so are their slopes.
        ledgers = self.stepper.counted(
            old.ledger,
            Counts(*(each[..., q] for each in made.counts)),
            body,
            np.outer(self.stepper.days, given),
        )
        tumour = made.u[..., q].reshape(len(times), cells, -1).swapaxes(1, 2)
        return [
            replace(old, time=time, body=inside.T.copy(), tumour=u.copy(), ledger=ledger)
            for time, inside, u, ledger in zip(times, body, tumour, ledgers, strict=True)
        ]

    @cached_property
    def _changes(self) -> Changes:
        code = dual_addresses(self.stepper.coupled.engine.problem.network)
        slopes = [each.slopes(self._smooth) for each in self._directions]
        return changes(self.stepper.plan, slopes, code)

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
    def _lanes(self) -> Lanes:
        curved = self._changes.curved.size
        return lanes(self.stepper.plan, self.stepper.method.m.size, len(self._directions), curved)


def _supply(system: System, time: float) -> tuple[Array, Array]:
    body, tumour = system.coupled.dosing.infusion(time)
    return body.T, tumour
