"""How fast the kinetics are at a state, for the number of stages of an explicit step."""

from __future__ import annotations

import numpy as np
from numba import types

from cartflow.core.compiling import compiled_now
from cartflow.core.pointers import call
from cartflow.pde.voxels.crew import in_parts
from cartflow.pde.voxels.kernels import KINETICS, Kinetics

Array = np.ndarray

_BLOCK = 512


@compiled_now(
    types.float64(
        types.float64[:, ::1],
        types.float64[::1],
        KINETICS,
        types.int64,
        types.int64,
        types.int64,
    )
)
def _fastest(
    u: Array, porosity: Array, kinetics: Kinetics, jacobian: int, low: int, high: int
) -> float:
    """Return the largest row sum of |S dr/da| over the cells low <= c < high, or nan."""
    species, reactions = kinetics.stoichiometry.shape
    stoichiometry, parameters = kinetics.stoichiometry, kinetics.parameters
    inside = np.empty((species, _BLOCK))
    slopes = np.empty((max(reactions * species, 1), _BLOCK))
    row, entry, weight = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    pores = porosity.size > 0
    largest, bad = 0.0, 0.0
    for start in range(low, high, _BLOCK):
        size = min(_BLOCK, high - start)
        for s in range(species):
            for i in range(size):
                x = u[s, start + i]
                inside[s, i] = x if x > 0.0 else 0.0
        call(jacobian, (inside, _BLOCK, parameters, 0, size, slopes, _BLOCK))
        for s in range(species):
            row[:size] = 0.0
            for j in range(species):
                entry[:size] = 0.0
                for r in range(reactions):
                    number = stoichiometry[s, r]
                    if number != 0.0:
                        weight[:size] = number
                        if pores and kinetics.in_pores[r] != kinetics.solutes[j]:
                            for i in range(size):
                                held = porosity[start + i]
                                weight[i] = number * held if kinetics.in_pores[r] else number / held
                        for i in range(size):
                            entry[i] += weight[i] * slopes[r * species + j, i]
                for i in range(size):
                    row[i] += abs(entry[i])
            for i in range(size):
                largest = row[i] if row[i] > largest else largest
                bad += 0.0 * row[i]
    return largest + bad


def reaction_speed(u: Array, porosity: Array, kinetics: Kinetics, jacobian: int) -> float:
    """Return a bound of the kinetics' fastest rate, 1/day, or nan where one is not finite.

    `jacobian` is the address of the derivatives (`cartflow.kinetics.compiled.network.addresses`),
    `u` (species, cells) are densities, `porosity` as in `voxel_kernels.Fields`. An entry of the
    Jacobian of amounts is that of densities, times the porosity for a rate per volume of pores,
    over it for a solute that drives the rate.
    """

    def part(first: int, last: int) -> float:
        return _fastest(u, porosity, kinetics, jacobian, first, last)

    cells = u.shape[1]
    return float(np.max(in_parts(part, cells, cells)))
