"""How long the next step may be: error control, growth, and where steps must land."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar

import numpy as np

from cartflow.core.compiling import summing
from cartflow.core.outcome import InputError, StepFailed

Array = np.ndarray
S = TypeVar("S")
_LEAST_POWER = 0.1
_MOST_GROWTH = 5.0  # from one step to the next, where what the last one erred is known


@dataclass(frozen=True, kw_only=True)
class StepControl:
    """Relative error allowed per step, and bounds of the step in days.

    With `extrapolate`, each step is taken once whole and once as two halves, and the two are
    extrapolated to one order more; without it, the halves stand as they are.
    `fixed` takes every step at `initial_step`, whole, without an estimate: for order studies.
    `time_check` says whether a coarser companion run tells the error in time; ``auto``: where that
    is cheap.
    """

    tolerance: float = 3e-7
    initial_step: float = 1e-5
    minimum_step: float = 1e-10
    maximum_step: float = 0.5
    growth: float = 2.0
    extrapolate: bool = True
    fixed: bool = False
    time_check: bool | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        if not 0 < self.minimum_step <= self.initial_step <= self.maximum_step:
            msg = (
                "solver: steps must satisfy 0 < minimum_step <= initial_step <= maximum_step; "
                f"got {self.minimum_step:g}, {self.initial_step:g}, {self.maximum_step:g} day"
            )
            raise InputError(msg)
        if not 0 < self.tolerance <= 0.1:
            msg = f"solver: tolerance {self.tolerance:g} is not within (0, 0.1]"
            raise InputError(msg)

    def after(self, days: float, wished: float, scaled: float, last: float, order: int) -> float:
        """Return the step after one of `days`, where `wished` were, of a method of this `order`.

        By a controller with memory (Gustafsson): `scaled` is its error over what is allowed, at
        least 1e-6, `last` that of the step before. A step cut short to land on an event does not
        shorten the one after it.
        """
        power = 1.0 / order
        factor = float(0.9 * scaled ** (-0.7 * power) * last ** (0.4 * power))
        grown = min(days * min(_MOST_GROWTH, max(0.2, factor)), self.maximum_step)
        return grown if days == wished else max(grown, wished)

    def coarser(
        self, tolerance: float = 10.0, longer: float = 10.0**0.25
    ) -> tuple[StepControl, float]:
        """Return control of a companion run with longer steps throughout, and how much it errs.

        It has `tolerance` times this one, and steps and bounds of them that are so much `longer`.
        Errors at the end are `longer`^3 times as large, of third order, as is seen where the rates
        of organs are stiff; errors of a step go with its fourth power, hence the two without more.
        """
        control = replace(
            self,
            tolerance=tolerance * self.tolerance,
            initial_step=longer * self.initial_step,
            maximum_step=longer * self.maximum_step,
            time_check=False,
        )
        return control, longer**3

    def next_step(self, dt: float, error: float, order: int) -> float:
        """Return the step after one of `dt` with `error` (in units of the tolerance).

        `order` is that of the steps before they are extrapolated.
        """
        if self.fixed:
            return self.initial_step
        factor = 0.9 * max(error, 1e-12) ** (-1.0 / (order + 1 + self.extrapolate))
        return float(min(dt * np.clip(factor, 0.2, self.growth), self.maximum_step))

    def shorter_step(
        self, dt: float, error: float, order: int, refused: tuple[float, float]
    ) -> float:
        """Return the step to try after one of `dt` was refused for its `error`.

        `refused` are the step and the error that were refused just before, or zeros. Where the
        error falls with a lower power of the step than that of the order, as from a start far from
        where fast fields settle, that power is taken (Gustafsson 1994).
        """
        shorter = self.next_step(dt, error, order)
        before, more = refused
        if self.fixed or not (
            before > dt and np.isfinite(error) and np.isfinite(more) and more > 0.0
        ):
            return shorter
        power = max(np.log(more / error) / np.log(before / dt), _LEAST_POWER)
        return float(min(shorter, dt * max(0.2, 0.9 * error ** (-1.0 / power))))


def extrapolated(whole: Array, halves: Array, weights: Array, order: int) -> tuple[Array, float]:
    """Return halves + (halves - whole) / (2^order - 1), kept nonnegative, and what that moved.

    Where the extrapolation would be negative (the far tail of a front) the halves stand, which
    the engine keeps nonnegative; all values are then scaled so that the weighted total is that of
    the full extrapolation. So the balance, which is linear, holds as it did before. Where even
    the total would be negative the halves stand; what was moved is a share of the total, or one.
    """
    values = np.empty_like(halves)
    wanted, got = _extrapolate(whole, halves, weights, 1.0 / (2.0**order - 1.0), values)
    if wanted == got:
        return values, 0.0
    if wanted <= 0.0 or got <= 0.0:
        return halves, 1.0
    return values * (wanted / got), abs(1.0 - wanted / got)


@summing
def _extrapolate(
    whole: Array, halves: Array, weights: Array, more: float, out: Array
) -> tuple[float, float]:
    """Write the extrapolation, or the halves where it is negative; return both weighted totals."""
    wanted, got = 0.0, 0.0
    for i in range(out.size):
        full = halves[i] + more * (halves[i] - whole[i])
        out[i] = halves[i] if full < 0.0 else full
        wanted += full * weights[i]
        got += out[i] * weights[i]
    return wanted, got


def relative_difference(whole: Array, halves: Array, volumes: Array, floor: Array) -> Array:
    """Return the distance of the two solutions of each field in the volume's 1-norm, relative."""
    differences, sizes = np.empty(len(whole)), np.empty(len(whole))
    _compare(whole, halves, volumes, differences, sizes)
    return np.asarray(differences / (sizes + floor))


@summing
def _compare(whole: Array, halves: Array, volumes: Array, differences: Array, sizes: Array) -> None:
    """Write the volume-weighted 1-norms of each row's difference and of the halves."""
    for s in range(whole.shape[0]):
        difference, size = 0.0, 0.0
        for c in range(whole.shape[1]):
            difference += abs(whole[s, c] - halves[s, c]) * volumes[c]
            size += abs(halves[s, c]) * volumes[c]
        differences[s], sizes[s] = difference, size


def error_estimate(difference: Array, moved: Array, order: int) -> Array:
    """Return the error left in each field after extrapolation.

    difference^((order + 2) / (order + 1)) stands for the next order, as (k dt)^3 does to
    (k dt)^2 where the steps are of first order; what the limit on negative values moved counts
    in full.
    """
    return np.asarray(np.maximum(moved, difference ** ((order + 2.0) / (order + 1.0))))


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The longest step that a method can take, in days, and which field sets it, and why."""

    days: float = np.inf
    field: str = ""
    reason: str = ""


def landing(time: float, dt: float, event: float) -> float:
    """Return a step that lands on `event` exactly and never leaves a sliver before it."""
    left = event - time
    if dt >= left * (1.0 - 1e-9):
        return left
    return min(dt, 0.5 * left) if dt > 0.5 * left else dt


@dataclass(kw_only=True)
class StepLoop(Generic[S]):
    """Takes steps that pass the error control, and counts them.

    `order` is that of the steps that it is given; `error_sum` adds up the estimated relative
    errors of the accepted ones.
    """

    control: StepControl
    order: int
    dt: float = 0.0
    accepted: int = 0
    rejected: int = 0
    error_sum: float = 0.0
    worst: StepFailed = field(default_factory=lambda: StepFailed("", ""))

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin again with the initial step, as after a dose."""
        self.dt = self.control.initial_step

    def step(
        self,
        time: float,
        event: float,
        limit: Limit,
        attempt: Callable[[float], tuple[S, float, StepFailed]],
    ) -> tuple[S, float]:
        """Take one accepted step from `time`, at most to `event`; return the state and its time.

        `attempt` tries a step: the new state, its error in units of the tolerance, and the worst
        field. No step is longer than `limit`. Raises `StepFailed` when the step underflows.
        """
        if limit.days < self.dt:
            self.worst = StepFailed(limit.field, limit.reason)
        dt = self._first(time, event, limit.days)
        # A step cut short to land on an event does not shorten the step after it.
        wished = self.dt if dt < self.dt else 0.0
        refused = (0.0, 0.0)
        while True:
            with np.errstate(all="ignore"):
                new, error, self.worst = attempt(dt)
            if error <= 1.0:
                break
            self.rejected += 1
            shorter = self.control.shorter_step(dt, error, self.order, refused)
            wished, refused, dt = 0.0, (dt, error), _rounded(time, shorter)
            if dt < self.control.minimum_step:
                raise self._underflow(time)
        self.accepted += 1
        self.error_sum += error * self.control.tolerance
        self.dt = max(self.control.next_step(dt, error, self.order), wished)
        return new, event if dt == event - time else time + dt

    def _first(self, time: float, event: float, limit: float) -> float:
        """Return the step to try first."""
        left, least = event - time, self.control.minimum_step
        dt = landing(time, min(self.dt, limit), event)
        if dt >= left:
            return left
        if dt < least:
            # Between two events that are so near there is no other step than the whole way.
            if limit < left or left > 2.0 * least:
                raise self._underflow(time)
            return left
        return _rounded(time, dt)

    def _underflow(self, time: float) -> StepFailed:
        reason = f"the step fell below {self.control.minimum_step:g} day ({self.worst.reason})"
        return StepFailed(self.worst.field, reason, time)


def _rounded(time: float, dt: float) -> float:
    """Return the step as the difference of two times, so that steps add up to what passes."""
    return (time + dt) - time
