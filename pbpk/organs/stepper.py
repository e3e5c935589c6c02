"""One step of organ kinetics after another, for a body that something else acts on in between."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import StepFailed
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.organs.plan import Plan
from cartflow.pbpk.organs.result import one_animal
from cartflow.pbpk.organs.run import FLOOR, advance, scales
from cartflow.pbpk.organs.system import OrganSystem, organ_system
from cartflow.pbpk.organs.turned import Turned, tallies, turned

Array = NDArray[np.float64]
_ROUNDING = 1e-8  # of all there was and that was made


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganStepper:
    """Steps the state (size,) of organ kinetics over any time, to a tolerance.

    The same state and time give the same result whatever went before, so that a run can go on
    from a saved state. Amounts are followed relative to themselves down to `least` (size,), if
    that is given.
    """

    kinetics: OrganKinetics
    tolerance: float = 1e-4
    least: Array | None = None

    def step(
        self,
        state: Array,
        dt: float,
        supply: Array | None = None,
        final_supply: Array | None = None,
    ) -> tuple[Array, Turned]:
        """Return the state after `dt` days with `supply` (size,) per day, and what happened.

        The supply stays as it is, or changes linearly to `final_supply` at the end. Cells lost
        in organs and handed over are in the state, where the organ network gathers them. Raises
        `StepFailed` if numbers grow out of bounds, or `dt` is negative.
        """
        if not (0 <= dt < math.inf):
            raise StepFailed("body", f"cannot step over {dt:g} day")
        given = np.zeros(self.kinetics.size) if supply is None else supply
        last = given if final_supply is None else final_supply
        if dt == 0:
            return state, turned(self.kinetics, np.zeros(len(self._tallies)))
        segment = Plan(
            times=np.array([0.0, dt]),
            ends=np.array([dt]),
            kept=np.ones(1, dtype=np.int64),
            given=np.zeros((1, self.kinetics.size)),
            supplied=given[None],
            rising=((last - given) / dt)[None],
        )
        animal = replace(one_animal(self.kinetics), start=state[None])
        most = state + 0.5 * dt * (given + last)
        scale = scales(self.kinetics, most)
        if self.least is not None:
            scale = np.minimum(scale, self.least / FLOOR)
        rules = self.tolerance, scale
        states, events, report = advance(self.kinetics, self._system, animal, segment, rules)
        steps = report[0, 1:].tolist()
        done = turned(self.kinetics, self._tallies @ events[0, -1].sum(axis=0), *steps)
        self._close(states[0, -1], most, done)
        return states[0, -1], done

    def _close(self, new: Array, given: Array, done: Turned) -> None:
        """Scale what circulates to what was there and given, made and used, in place.

        Thousands of steps add up rounding, no more: raise `StepFailed` where it is more.
        """
        kinetics = self.kinetics
        for number, (first, end) in enumerate(kinetics.carried_rows):
            size = given[first:end].sum() + done.made[number]
            wanted, got = size - done.used[number], new[first:end].sum()
            if not abs(wanted - got) <= _ROUNDING * size:
                raise StepFailed(kinetics.circulating[number].species, "its balance is lost")
            if wanted > 0.0 and got > 0.0:
                new[first:end] *= wanted / got

    @cached_property
    def _tallies(self) -> Array:
        return tallies(self.kinetics)

    @cached_property
    def _system(self) -> OrganSystem:
        return organ_system(self.kinetics, self.kinetics.organs.rates != 0)
