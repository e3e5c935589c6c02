"""The change of a network's state, its Jacobian, and the derivatives of both, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.compiling import serial
from cartflow.core.dual import SMALL
from cartflow.core.pointers import call

Array = np.ndarray


class Code(NamedTuple):
    """A network's blocks by address (plain, then dual), its stoichiometry, and what is clipped."""

    rates: int
    jacobian: int
    dual_rates: int
    dual_jacobian: int
    stoichiometry: Array
    clipped: Array


class Given(NamedTuple):
    """Parameters and supply (per day) of a stretch, and their derivatives in each direction."""

    parameters: Array
    supply: Array
    parameter_slopes: Array
    supply_slopes: Array


@serial
def change(code: Code, given: Given, state: Array, rates: Array, out: Array) -> None:
    """Write the change of `state` per day."""
    size, reactions = code.stoichiometry.shape
    here = np.empty((size, 1))
    for s in range(size):
        here[s, 0] = max(state[s], 0.0) if code.clipped[s] else state[s]
    call(code.rates, (here, 1, given.parameters, 0, 1, rates, 1))
    for s in range(size):
        total = given.supply[s]
        for r in range(reactions):
            total += code.stoichiometry[s, r] * rates[r, 0]
        out[s] = total


@serial
def jacobian(code: Code, given: Given, state: Array, slopes: Array, out: Array) -> None:
    """Write the Jacobian of `change`."""
    size, reactions = code.stoichiometry.shape
    here = np.empty((size, 1))
    for s in range(size):
        here[s, 0] = max(state[s], 0.0) if code.clipped[s] else state[s]
    call(code.jacobian, (here, 1, given.parameters, 0, 1, slopes, 1))
    for i in range(size):
        for j in range(size):
            total = 0.0
            for r in range(reactions):
                slope = slopes[r * size + j, 0]
                # An infinite slope would stop the step; without it only the estimate is worse.
                if abs(slope) < 1e300:
                    total += code.stoichiometry[i, r] * slope
            out[i, j] = total


@serial
def _dual_state(code: Code, state: Array, slope: Array, out: Array) -> None:
    for s in range(len(state)):
        below = code.clipped[s] and state[s] < 0.0
        out[s, 0] = 0j if below else complex(state[s], SMALL * slope[s])


@serial
def change_slope(
    code: Code, given: Given, direction: int, state: Array, slope: Array, out: Array
) -> None:
    """Write the derivative of `change` in a direction."""
    size, reactions = code.stoichiometry.shape
    here = np.empty((size, 1), np.complex128)
    rates = np.empty((reactions, 1), np.complex128)
    parameters = given.parameters + 1j * SMALL * given.parameter_slopes[direction]
    _dual_state(code, state, slope, here)
    call(code.dual_rates, (here, 1, parameters, 0, 1, rates, 1))
    for s in range(size):
        total = given.supply_slopes[direction, s]
        for r in range(reactions):
            total += code.stoichiometry[s, r] * (rates[r, 0].imag / SMALL)
        out[s] = total


@serial
def jacobian_slope(
    code: Code, given: Given, direction: int, state: Array, slope: Array, out: Array
) -> None:
    """Write the derivative of `jacobian` in a direction."""
    size, reactions = code.stoichiometry.shape
    here = np.empty((size, 1), np.complex128)
    slopes = np.empty((reactions * size, 1), np.complex128)
    parameters = given.parameters + 1j * SMALL * given.parameter_slopes[direction]
    _dual_state(code, state, slope, here)
    call(code.dual_jacobian, (here, 1, parameters, 0, 1, slopes, 1))
    for i in range(size):
        for j in range(size):
            total = 0.0
            for r in range(reactions):
                found = slopes[r * size + j, 0]
                bend = found.imag / SMALL
                if abs(found.real) < 1e300 and abs(bend) < 1e300:
                    total += code.stoichiometry[i, r] * bend
            out[i, j] = total
