"""A tumour by itself, without a body: adaptive steps from time to time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.stepping import (
    Limit,
    StepControl,
    StepLoop,
    error_estimate,
    extrapolated,
    relative_difference,
)
from cartflow.core.totals import totals
from cartflow.pde.engine import Account, Engine, check
from cartflow.pde.fast.engine import FastEngine

Array = np.ndarray
Watch = Callable[[float, float], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Evolution:
    """The states (times, species, cells) at `times` (days), and the account of the whole way.

    `error_sum` adds up the estimated relative errors of all accepted steps.
    """

    times: Array
    states: Array
    account: Account
    accepted_steps: int
    rejected_steps: int
    error_sum: float


def evolve(
    engine: Engine,
    state: Array,
    times: Sequence[float],
    *,
    tolerance: float = 1e-5,
    initial_step: float = 1e-3,
    maximum_step: float = np.inf,
    watch: Watch | None = None,
) -> Evolution:
    """Advance `state` (species, cells) from the first of `times` (days) to each of the others.

    By the engine's own steps, on any mesh; `cartflow.coupling.alone.evolve` is faster on a line.
    `tolerance` is the relative error allowed per step in each field's total amount;
    `watch(time, step)` is called after each. Where the fast engine's explicit steps with an
    estimate of their own are long enough, they are taken; else every step is taken whole and as
    two halves, and extrapolated to third order.
    Raises `StepFailed` with the field and the time, `InputError` for times that do not rise.
    """
    control = control_of(engine, state, times, tolerance, initial_step, maximum_step)
    return _Evolving(engine, np.array(state, dtype=float), control).run(times, watch)


def control_of(
    engine: Engine,
    state: Array,
    times: Sequence[float],
    tolerance: float,
    initial_step: float,
    maximum_step: float,
) -> StepControl:
    """Return how steps are controlled. Raises as `evolve` where it cannot take what is given."""
    if len(times) < 2 or not np.all(np.diff(times) > 0):
        msg = f"times: {list(times)[:5]} must be at least two and rise"
        raise InputError(msg)
    check(engine.problem, state)
    return StepControl(
        tolerance=tolerance,
        initial_step=min(initial_step, maximum_step),
        minimum_step=1e-12,
        maximum_step=maximum_step,
        growth=_FIRST_GROWTH,
    )


_Attempt = tuple[tuple[Array, Account], float, StepFailed]
# One stabilised step, whole and as halves, costs what so many explicit ones do or more.
_SHORTER = 5.0
# A first step that is far too short is left behind at once.
_FIRST_GROWTH = 100.0
_GROWTH = 5.0
# How exactly an implicit step is solved, as a share of the tolerance.
_EXACT = 1e-2
# The share of a field below zero in a stage from which on a step is given up: its error or what
# would have to be filled up refuses it in the end.
_BELOW = 0.05


class _Evolving:
    def __init__(self, engine: Engine, state: Array, control: StepControl) -> None:
        self.engine = engine
        self.fast = engine if isinstance(engine, FastEngine) else None
        self.state = state
        self.volumes = engine.problem.geometry.cell_volumes
        self.most = engine.problem.totals(state)
        self.loop: StepLoop[tuple[Array, Account]] = StepLoop(control=control, order=engine.order)
        self.later = replace(control, growth=_GROWTH)
        self.wished = control.initial_step
        self.room: Array | None = None

    def run(self, times: Sequence[float], watch: Watch | None) -> Evolution:
        time, states, accounts = float(times[0]), [self.state], []
        for end in times[1:]:
            while time < end:
                before, old = time, self.state
                attempt, limit = self._method(time)
                (self.state, account), time = self.loop.step(time, float(end), limit, attempt)
                self.loop.control = self.later
                self.room = None if old is states[-1] else old
                accounts.append(account)
                if watch is not None:
                    watch(time, time - before)
            states.append(self.state)
        return Evolution(
            times=np.array(times, dtype=float),
            states=np.array(states),
            account=_combined(accounts, [1.0] * len(accounts)),
            accepted_steps=self.loop.accepted,
            rejected_steps=self.loop.rejected,
            error_sum=self.loop.error_sum,
        )

    def _method(self, time: float) -> tuple[Callable[[float], _Attempt], Limit]:
        """Return how the next step is to be tried, and the longest that it may be."""
        try:
            limit = self.engine.step_limit(self.state)
            longest = 0.0
            if self.fast is not None:
                longest = self.fast.explicit_limit(self.state, self.loop.dt)
        except StepFailed as failure:
            raise StepFailed(failure.field, failure.reason, time) from None
        if max(self.wished, self.loop.dt) <= _SHORTER * longest:
            stable = Limit(days=longest, field="transport", reason="it allows no longer step")
            return self._explicit, min(limit, stable, key=lambda each: each.days)
        return self._implicit, limit

    def _implicit(self, dt: float) -> _Attempt:
        if self.fast is None:
            return self._doubled(dt)
        try:
            exactness = _EXACT * self.loop.control.tolerance
            found = self.fast.implicit_step(self.state, dt, exactness, _BELOW)
        except StepFailed as failure:
            return (self.state, _combined([], [])), np.inf, failure
        return self._doubled(dt) if found is None else self._estimated(dt, *found)

    def _explicit(self, dt: float) -> _Attempt:
        assert self.fast is not None
        try:
            found = self.fast.explicit_step(self.state, dt, self.room)
        except StepFailed as failure:
            return (self.state, _combined([], [])), np.inf, failure
        return self._estimated(dt, *found)

    def _estimated(
        self, dt: float, new: Array, account: Account, difference: Array, size: Array
    ) -> _Attempt:
        self.most = np.maximum(self.most, size)
        return self._judged(dt, new, account, difference / (size + self._floor()))

    def _doubled(self, dt: float) -> _Attempt:
        try:
            whole, whole_account = self.engine.step(self.state, dt)
            half, first = self.engine.step(self.state, 0.5 * dt, dt)
            halves, second = self.engine.step(half, 0.5 * dt, dt)
        except StepFailed as failure:
            return (self.state, _combined([], [])), np.inf, failure
        order = self.engine.order
        self.most = np.maximum(self.most, totals(halves, self.volumes))
        floor = self._floor()
        difference = relative_difference(whole, halves, self.volumes, floor)
        rows = [extrapolated(a, b, self.volumes, order) for a, b in zip(whole, halves, strict=True)]
        more = 1.0 / (2.0**order - 1.0)
        account = _combined([first, second, whole_account], [1.0 + more, 1.0 + more, -more])
        new, size = np.array([values for values, _ in rows]), totals(halves, self.volumes)
        moved = np.array([share for _, share in rows]) * (size / (size + floor))
        return self._judged(dt, new, account, difference, moved)

    def _floor(self) -> Array:
        """Return the size below which a field's error does not count, per species."""
        return np.asarray(1e-8 * self.most + 1e-300)

    def _judged(
        self, dt: float, new: Array, account: Account, difference: Array, moved: Array | float = 0.0
    ) -> _Attempt:
        """Return an attempt with its error in units of the tolerance, and note what it promises.

        Both methods' solutions are of one order more than that which `difference` shows.
        """
        order = self.engine.order
        errors = error_estimate(difference, np.broadcast_to(moved, difference.shape), order)
        worst = int(np.argmax(errors))
        error = float(errors[worst]) / self.loop.control.tolerance
        error = error if np.isfinite(error) else np.inf
        self.wished = dt * max(error, 1e-12) ** (-1.0 / (order + 2))
        too_fast = StepFailed(self.engine.problem.fields[worst].name, "it changes too fast")
        return (new, account), error, too_fast


def _combined(accounts: Sequence[Account], weights: Sequence[float]) -> Account:
    """Return the weighted sum of accounts."""
    sums = {
        item.name: sum(
            (w * getattr(a, item.name) for w, a in zip(weights, accounts, strict=True)), 0.0
        )
        for item in fields(Account)
    }
    return Account(**{name: np.asarray(value) for name, value in sums.items()})
