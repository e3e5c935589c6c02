"""The mice of the case `body` by SciPy's `solve_ivp` with LSODA, on compiled equations."""

from __future__ import annotations

import time
from typing import Any

import numba
import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.mice import DAYS, Mice
from cartflow.kinetics.compiled.network import compiled

Array = np.ndarray


class Lsoda:
    """Right-hand side and Jacobian of one mouse, compiled by numba, sparse in the transport."""

    def __init__(self, mice: Mice) -> None:
        self.mice = mice
        kinetics = mice.kinetics
        code = compiled(kinetics.network)
        self.rates, self.jacobian = code.rates_block, code.jacobian_block
        self.targets, self.sources = np.nonzero((mice.animals.rates != 0).any(axis=0))
        self.places = np.ascontiguousarray(kinetics.places[0])
        self.stoichiometry = np.ascontiguousarray(kinetics.network.stoichiometry)

    def arguments(self, animal: int) -> tuple[Any, ...]:
        """Return what the compiled functions take besides time and state."""
        animals = self.mice.animals
        return (
            self.rates,
            self.jacobian,
            self.targets,
            self.sources,
            animals.rates[animal][self.targets, self.sources],
            animals.parameters[animal, 0].copy(),
            float(animals.volumes[animal, 0]),
            self.places,
            self.stoichiometry,
        )

    def course(
        self, animal: int, tolerance: float, absolute: float, given: bool
    ) -> tuple[Array, float]:
        """Return the states on all days and the seconds that they took."""
        arguments, start = self.arguments(animal), self.mice.state(animal)
        before = time.perf_counter()
        found = solve_ivp(
            change,
            (DAYS[0], DAYS[-1]),
            start,
            "LSODA",
            t_eval=DAYS,
            args=arguments,
            rtol=tolerance,
            atol=tolerance * absolute,
            jac=slopes if given else None,
        )
        seconds = time.perf_counter() - before
        if not found.success:
            raise RuntimeError(found.message)
        return found.y.T, seconds


@numba.njit(error_model="numpy")
def change(
    t: float,
    y: Array,
    rates: Any,
    jacobian: Any,
    targets: Array,
    sources: Array,
    values: Array,
    parameters: Array,
    volume: float,
    places: Array,
    stoichiometry: Array,
) -> Array:
    """Return the change of the state per day."""
    result = np.zeros(y.size)
    for k in range(values.size):
        result[targets[k]] += values[k] * y[sources[k]]
    species, reactions = stoichiometry.shape
    density, rate = np.empty((species, 1)), np.empty((reactions, 1))
    for s in range(species):
        density[s, 0] = y[places[s]] / volume
    rates(density, parameters, 0, 1, rate)
    for s in range(species):
        for r in range(reactions):
            result[places[s]] += volume * stoichiometry[s, r] * rate[r, 0]
    return result


@numba.njit(error_model="numpy")
def slopes(
    t: float,
    y: Array,
    rates: Any,
    jacobian: Any,
    targets: Array,
    sources: Array,
    values: Array,
    parameters: Array,
    volume: float,
    places: Array,
    stoichiometry: Array,
) -> Array:
    """Return the exact Jacobian of `change`."""
    result = np.zeros((y.size, y.size))
    for k in range(values.size):
        result[targets[k], sources[k]] += values[k]
    species, reactions = stoichiometry.shape
    density, slope = np.empty((species, 1)), np.empty((reactions * species, 1))
    for s in range(species):
        density[s, 0] = y[places[s]] / volume
    jacobian(density, parameters, 0, 1, slope)
    for s in range(species):
        for other in range(species):
            for r in range(reactions):
                result[places[s], places[other]] += (
                    stoichiometry[s, r] * slope[r * species + other, 0]
                )
    return result
