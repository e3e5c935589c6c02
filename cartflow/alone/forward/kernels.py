"""Compiled steps of a network well mixed, with the derivatives of the state carried along.

The method is RODAS5P (Steinebach 2022). Derivatives are those of the steps as they are taken:
each stage is differentiated, with the rates and their Jacobian in dual numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cartflow.alone.forward.change import (
    Code,
    Given,
    change,
    change_slope,
    jacobian,
    jacobian_slope,
)
from cartflow.core.compiling import serial
from cartflow.core.tableaus import RODAS5P

Array = np.ndarray
_GAMMA, _ORDER = RODAS5P.gamma, RODAS5P.order
_A, _C, _M = RODAS5P.a, RODAS5P.c, RODAS5P.m
_STAGES = len(RODAS5P.m)
_E = np.eye(_STAGES)[-1]  # the last stage is the error
# What the steps end with.
REACHED, FELL, TOO_SHORT, TOO_MANY = 0, 1, 2, 3
_MOST_STEPS = 200_000


@serial
def _factorise(matrix: Array, pivots: Array) -> bool:
    """Factorise in place, with row exchanges; False where it cannot be."""
    size = len(matrix)
    for k in range(size):
        best = k
        for i in range(k + 1, size):
            if abs(matrix[i, k]) > abs(matrix[best, k]):
                best = i
        pivots[k] = best
        if not 0.0 < abs(matrix[best, k]) < 1e300:
            return False
        if best != k:
            for j in range(size):
                matrix[k, j], matrix[best, j] = matrix[best, j], matrix[k, j]
        for i in range(k + 1, size):
            factor = matrix[i, k] / matrix[k, k]
            matrix[i, k] = factor
            if factor != 0.0:
                for j in range(k + 1, size):
                    matrix[i, j] -= factor * matrix[k, j]
    return True


@serial
def _solve(matrix: Array, pivots: Array, right: Array) -> None:
    size = len(right)
    for k in range(size):
        right[k], right[pivots[k]] = right[pivots[k]], right[k]
    for k in range(size):
        for i in range(k + 1, size):
            right[i] -= matrix[i, k] * right[k]
    for k in range(size - 1, -1, -1):
        for j in range(k + 1, size):
            right[k] -= matrix[k, j] * right[j]
        right[k] /= matrix[k, k]


@serial
def _attempt(
    code: Code, given: Given, state: Array, step: float, work: Any, new: Array, wrong: Array
) -> bool:
    """Try a step: its state in `new`, the estimate of its error in `wrong`; False if it fails."""
    rates, slopes, matrix, pivots, stages, inner = work
    size = len(state)
    jacobian(code, given, state, slopes, matrix)
    for i in range(size):
        for j in range(size):
            matrix[i, j] = -matrix[i, j]
        matrix[i, i] += 1.0 / (_GAMMA * step)
    if not _factorise(matrix, pivots):
        return False
    for i in range(_STAGES):
        for s in range(size):
            inner[s] = state[s]
            for j in range(i):
                inner[s] += _A[i, j] * stages[j, s]
        change(code, given, inner, rates, stages[i])
        for s in range(size):
            for j in range(i):
                stages[i, s] += _C[i, j] * stages[j, s] / step
        _solve(matrix, pivots, stages[i])
    for s in range(size):
        new[s], wrong[s] = state[s], 0.0
        for i in range(_STAGES):
            new[s] += _M[i] * stages[i, s]
            wrong[s] += _E[i] * stages[i, s]
    return True


@serial
def _carry(code: Code, given: Given, state: Array, slopes: Array, step: float, work: Any) -> None:
    """Carry the derivatives through the step that `_attempt` has just taken, in place."""
    _, _, matrix, pivots, stages, inner = work
    directions, size = slopes.shape
    bend = np.empty((size, size))
    tangents = np.empty((_STAGES, size))
    slope = np.empty(size)
    for d in range(directions):
        jacobian_slope(code, given, d, state, slopes[d], bend)
        for i in range(_STAGES):
            for s in range(size):
                inner[s], slope[s] = state[s], slopes[d, s]
                for j in range(i):
                    inner[s] += _A[i, j] * stages[j, s]
                    slope[s] += _A[i, j] * tangents[j, s]
            change_slope(code, given, d, inner, slope, tangents[i])
            for s in range(size):
                for j in range(i):
                    tangents[i, s] += _C[i, j] * tangents[j, s] / step
                for q in range(size):
                    tangents[i, s] += bend[s, q] * stages[i, q]
            _solve(matrix, pivots, tangents[i])
        for s in range(size):
            for i in range(_STAGES):
                slopes[d, s] += _M[i] * tangents[i, s]


@serial
def advance(
    code: Code,
    given: Given,
    state: Array,
    slopes: Array,
    largest: Array,
    thresholds: Array,
    span: Array,
    tolerance: float,
) -> int:
    """Step `state` and its `slopes` in place from span[0] to span[1]; return how that ended.

    span[2] is the step to begin with, and that to go on with. What falls below its threshold is
    the first such species: FELL, at the moment span[0], found on ever shorter steps.
    """
    size, reactions = code.stoichiometry.shape
    work = (
        np.empty((reactions, 1)),
        np.empty((reactions * size, 1)),
        np.empty((size, size)),
        np.empty(size, np.int64),
        np.empty((_STAGES, size)),
        np.empty(size),
    )
    new, wrong = np.empty(size), np.empty(size)
    for _ in range(_MOST_STEPS):
        left = span[1] - span[0]
        # Two times that differ in their last digits are one.
        if left <= 1e-13 * abs(span[1]):
            span[0] = span[1]
            return REACHED
        step, last = span[2], False
        if step >= left * (1.0 - 1e-12):
            step, last = left, True
        if not step > 1e-14 * max(abs(span[0]), left * 1e-6):
            return TOO_SHORT
        error, top = 1e300, 0.0
        if _attempt(code, given, state, step, work, new, wrong):
            for s in range(size):
                top = max(top, largest[s])
            error = 0.0
            for s in range(size):
                floor = 1e-14 * max(largest[s], 1e-6 * top) + 1e-290
                allowed = tolerance * max(abs(state[s]), abs(new[s])) + floor
                found = abs(wrong[s]) / allowed
                error = max(error, found if found + abs(new[s]) < 1e300 else 1e300)
        factor = min(6.0, max(0.2, 0.9 * max(error, 1e-10) ** (-1.0 / _ORDER)))
        if error > 1.0:
            span[2] = step * min(factor, 0.9)
            continue
        fallen = _falls(state, new, thresholds, step)
        if fallen < step:
            # The moment is between: a step that ends there, or so near that it counts.
            short = 1e-12 * max(abs(span[0]) + step, 1e-3)
            if step > short and fallen < step * (1.0 - 1e-9):
                span[2] = max(fallen, 1e-3 * step, 0.5 * short)
                continue
            _carry(code, given, state, slopes, step, work)
            state[:] = new
            span[0] += step
            return FELL
        _carry(code, given, state, slopes, step, work)
        state[:] = new
        for s in range(size):
            largest[s] = max(largest[s], abs(new[s]))
        span[0] = span[1] if last else span[0] + step
        # A step that was cut short says nothing of the next one.
        span[2] = max(span[2], step * factor) if last else step * factor
    return TOO_MANY


@serial
def _falls(state: Array, new: Array, thresholds: Array, step: float) -> float:
    """Return after how long the first species falls below its threshold; `step` or more if none."""
    first = 2.0 * step
    for s in range(len(state)):
        if thresholds[s] > 0.0 and state[s] >= thresholds[s] > new[s]:
            # Slowly changing on the logarithmic scale, as what dies is.
            low = max(new[s], 1e-3 * thresholds[s])
            if state[s] > low:
                part = np.log(state[s] / thresholds[s]) / np.log(state[s] / low)
                first = min(first, max(part, 0.0) * step)
            else:
                first = min(first, step)
    return first
