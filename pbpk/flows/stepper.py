"""Exact steps of the organ network, never negative, with every cell kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import StepFailed
from cartflow.pbpk.flows.network import OrganNetwork

Array = NDArray[np.float64]
_JUMPS = 8.0  # mean number of jumps in the shortest step, where the series is summed
_TERMS = 60  # the Poisson weight of more jumps than this is below 1e-30
_BLOCK = 8  # powers of the rates worked out at once
_KEPT = 256  # step sizes whose matrices are kept


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkStepper:
    """Steps cells (n, p) of n compartments and p phenotypes over any time, exactly.

    With M the rates, a step is `exp(M dt) x + integral of exp(M s) supply(dt - s) ds`, for a
    supply that is constant or changes linearly. The matrices are power series in M/q + 1, q the
    fastest rate, weighted with Poisson probabilities (so that no term is negative), then doubled
    in time; columns are kept at the sums that conserve cells.
    """

    network: OrganNetwork
    _cache: dict[float, tuple[Array, Array, Array]] = field(
        default_factory=dict, init=False, repr=False
    )

    def step(
        self,
        cells: Array,
        dt: float,
        supply: Array | None = None,
        final_supply: Array | None = None,
    ) -> Array:
        """Return the cells (n, p) after `dt` days, with `supply` (n, p) in cells/day if given.

        The supply stays as it is, or changes linearly to `final_supply` at the end. Raises
        `StepFailed` if numbers are not finite, or `dt` is negative.
        """
        if not (0 <= dt < math.inf):
            raise StepFailed("body", f"cannot step over {dt:g} day")
        propagator, collected, ramp = self._matrices(dt)
        result: Array = propagator @ cells
        if supply is not None:
            result = result + collected @ supply
            if final_supply is not None and dt > 0:
                result = result + ramp @ ((final_supply - supply) / dt)
        if not np.isfinite(result).all():
            raise StepFailed("body", "the number of cells is not finite")
        return result

    def matrices(self, dt: float) -> tuple[Array, Array]:
        """Return `exp(M dt)` (n, n) and its integral over dt (n, n, in days)."""
        return self._matrices(dt)[:2]

    def _matrices(self, dt: float) -> tuple[Array, Array, Array]:
        """Return also the integral of the integral (n, n, in days^2), for a supply that rises."""
        if dt not in self._cache:
            while len(self._cache) >= _KEPT:
                self._cache.pop(next(iter(self._cache)))
            # A step's halves are due next, and their matrices on the way to its own.
            for time, found in _doubled(self.network.rates, dt)[-2:]:
                self._cache[time] = found
        return self._cache[dt]


def _doubled(rates: Array, dt: float) -> list[tuple[float, tuple[Array, Array, Array]]]:
    """Return the matrices of `dt`, and before them those of its half, quarter and so on."""
    unit = np.eye(len(rates))
    fastest = float(np.abs(np.diag(rates)).max())
    if fastest * dt == 0:
        return [(dt, (unit, dt * unit, 0.5 * dt**2 * unit))]
    doublings = max(0, math.ceil(math.log2(fastest * dt / _JUMPS)))
    short = dt / 2**doublings
    propagator, collected, ramp = _series(_to_sum(rates / fastest + unit, 1.0), fastest, short)
    found = [(short, (propagator, collected, ramp))]
    for _ in range(doublings):
        ramp = _to_sum(ramp + propagator @ ramp + short * collected, 2 * short**2)
        collected = _to_sum(collected + propagator @ collected, 2 * short)
        propagator = _to_sum(propagator @ propagator, 1.0)
        short *= 2
        found.append((short, (propagator, collected, ramp)))
    return found


def _series(jump: Array, fastest: float, dt: float) -> tuple[Array, Array, Array]:
    """Sum over the number of jumps k: P(k jumps in dt), its integral, and the integral of that.

    The integral of P(k) over time is P(more than k) / fastest.
    """
    mean = fastest * dt
    log_weights = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(_TERMS)]
    weights = np.exp(log_weights)
    more = np.append(np.cumsum(weights[:0:-1])[::-1], 0.0) / fastest
    yet_more = (np.arange(_TERMS) + 1.0) / fastest * np.append(more[1:], 0.0)
    rising = np.maximum(dt * more - yet_more, 0.0)
    sums = np.array((weights, more, rising)) @ _powers(jump).reshape(_TERMS, -1)
    propagator, collected, ramp = sums.reshape(3, *jump.shape)
    return _to_sum(propagator, 1.0), _to_sum(collected, dt), _to_sum(ramp, 0.5 * dt**2)


def _powers(jump: Array) -> Array:
    """Return the powers 0, 1, ... of a matrix, worked out a block at a time."""
    powers = np.empty((_TERMS, *jump.shape))
    powers[0] = np.eye(len(jump))
    for k in range(1, _BLOCK):
        powers[k] = jump @ powers[k - 1]
    further = jump @ powers[_BLOCK - 1]
    for k in range(_BLOCK, _TERMS, _BLOCK):
        size = min(_BLOCK, _TERMS - k)
        np.matmul(further, powers[k - _BLOCK : k - _BLOCK + size], out=powers[k : k + size])
    return powers


def _to_sum(matrix: Array, total: float) -> Array:
    """Return the matrix with every column scaled to sum to `total`: rounding, nothing else."""
    return np.asarray(matrix * (total / matrix.sum(axis=0)))
