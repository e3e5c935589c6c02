"""A tumour by itself, without a body: adaptive steps from time to time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from cartflow.outcome import InputError, StepFailed
from cartflow.pde.engine import Account, Engine, check
from cartflow.stepping import (
    StepControl,
    StepLoop,
    error_estimate,
    extrapolated,
    relative_difference,
)

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

    Every step is taken whole and as two halves, and extrapolated; `tolerance` is the relative
    error allowed per step in each field's total amount; `watch(time, step)` is called after each.
    Raises `StepFailed` with the field and the time, `InputError` for times that do not rise.
    """
    if len(times) < 2 or not np.all(np.diff(times) > 0):
        msg = f"times: {list(times)[:5]} must be at least two and rise"
        raise InputError(msg)
    check(engine.problem, state)
    control = StepControl(
        tolerance=tolerance,
        initial_step=min(initial_step, maximum_step),
        minimum_step=1e-12,
        maximum_step=maximum_step,
    )
    return _Evolving(engine, np.array(state, dtype=float), control).run(times, watch)


class _Evolving:
    def __init__(self, engine: Engine, state: Array, control: StepControl) -> None:
        self.engine = engine
        self.state = state
        self.volumes = engine.problem.geometry.cell_volumes
        self.most = engine.problem.totals(state)
        self.loop: StepLoop[tuple[Array, Account]] = StepLoop(control=control, order=engine.order)

    def run(self, times: Sequence[float], watch: Watch | None) -> Evolution:
        time, states, accounts = float(times[0]), [self.state], []
        for end in times[1:]:
            while time < end:
                before = time
                (self.state, account), time = self.loop.step(
                    time, float(end), self._limit(time), self._attempt
                )
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

    def _limit(self, time: float) -> float:
        try:
            return self.engine.step_limit(self.state)
        except StepFailed as failure:
            raise StepFailed(failure.field, failure.reason, time) from None

    def _attempt(self, dt: float) -> tuple[tuple[Array, Account], float, StepFailed]:
        try:
            whole, whole_account = self.engine.step(self.state, dt)
            half, first = self.engine.step(self.state, 0.5 * dt, dt)
            halves, second = self.engine.step(half, 0.5 * dt, dt)
        except StepFailed as failure:
            return (self.state, _combined([], [])), np.inf, failure
        order = self.engine.order
        self.most = np.maximum(self.most, np.abs(halves) @ self.volumes)
        difference = relative_difference(whole, halves, self.volumes, 1e-8 * self.most + 1e-300)
        rows = [extrapolated(a, b, self.volumes, order) for a, b in zip(whole, halves, strict=True)]
        moved = np.array([share for _, share in rows])
        errors = error_estimate(difference, moved, order)
        worst = int(np.argmax(errors))
        error = float(errors[worst]) / self.loop.control.tolerance
        more = 1.0 / (2.0**order - 1.0)
        account = _combined([first, second, whole_account], [1.0 + more, 1.0 + more, -more])
        too_fast = StepFailed(self.engine.problem.fields[worst].name, "it changes too fast")
        new = np.array([values for values, _ in rows])
        return (new, account), error if np.isfinite(error) else np.inf, too_fast


def _combined(accounts: Sequence[Account], weights: Sequence[float]) -> Account:
    """Return the weighted sum of accounts."""
    sums = {
        item.name: sum(
            (w * getattr(a, item.name) for w, a in zip(weights, accounts, strict=True)), 0.0
        )
        for item in fields(Account)
    }
    return Account(**{name: np.asarray(value) for name, value in sums.items()})
