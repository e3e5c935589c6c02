"""How fast the kinetics are at a state, for the number of stages of an explicit step."""

from __future__ import annotations

import math

import numpy as np
from numba import types

from cartflow.core.compiling import compiled_for, fused
from cartflow.core.pointers import call
from cartflow.pde.voxels.crew import in_parts
from cartflow.pde.voxels.laid_out import KINETICS, Kinetics

Array = np.ndarray

_BLOCK = 512
_MARGIN = 1.01  # for what rounding does to a root in entries of very different size


@fused
def _raise(most: Array, values: Array, size: int) -> None:
    """Raise `most` (one number) to the largest of `values` >= 0, or to nan if one is."""
    # Their bits rise with them, nan's above all, and loops over whole numbers may be reordered.
    bits, largest = values.view(np.int64), most.view(np.int64)
    found = largest[0]
    for i in range(size):
        found = max(found, bits[i])
    largest[0] = found


@compiled_for(
    types.float64(
        types.float64[:, ::1],
        types.float64[::1],
        KINETICS,
        types.int64,
        types.int64,
        types.int64,
        types.float64[:, ::1],
    )
)
def _fastest(
    u: Array,
    porosity: Array,
    kinetics: Kinetics,
    jacobian: int,
    low: int,
    high: int,
    largest: Array,
) -> float:
    """Return the largest row sum of |S dr/da| over the cells low <= c < high, or nan.

    The largest of each entry is written to `largest` (species, species).
    """
    species, reactions = kinetics.stoichiometry.shape
    stoichiometry, parameters = kinetics.stoichiometry, kinetics.parameters
    inside = np.empty((species, _BLOCK))
    slopes = np.empty((max(reactions * species, 1), _BLOCK))
    row, entry = np.empty(_BLOCK), np.empty(_BLOCK)
    pores = porosity.size > 0
    sums = np.zeros(1)
    largest[:] = 0.0
    for start in range(low, high, _BLOCK):
        size = min(_BLOCK, high - start)
        for s in range(species):
            for i in range(size):
                x = u[s, start + i]
                inside[s, i] = x if x > 0.0 else 0.0
        call(jacobian, (inside, _BLOCK, parameters, 0, size, slopes, _BLOCK))
        for s in range(species):
            row[:] = 0.0
            for j in range(species):
                entry[:] = 0.0
                for r in range(reactions):
                    number = stoichiometry[s, r]
                    if number == 0.0:
                        continue
                    slope = slopes[r * species + j]
                    if not pores or kinetics.in_pores[r] == kinetics.solutes[j]:
                        for i in range(size):
                            entry[i] += number * slope[i]
                    else:
                        for i in range(size):
                            held = porosity[start + i]
                            weight = held if kinetics.in_pores[r] else 1.0 / held
                            entry[i] += number * weight * slope[i]
                for i in range(size):
                    entry[i] = abs(entry[i])
                    row[i] += entry[i]
                _raise(largest[s, j : j + 1], entry, size)
            _raise(sums, row, size)
    return float(sums[0])


def reaction_speed(u: Array, porosity: Array, kinetics: Kinetics, jacobian: int) -> float:
    """Return a bound of the kinetics' fastest rate, 1/day, or nan where one is not finite.

    `jacobian` is the address of the derivatives (`cartflow.kinetics.compiled.network.addresses`),
    `u` (species, cells) are densities, `porosity` as in `laid_out.Fields`. An entry of the
    Jacobian of amounts is that of densities, times the porosity for a rate per volume of pores,
    over it for a solute that drives the rate. Row sums of |J| are a bound in any units of the
    species, the same in all cells; with the best units it is Perron's root of the largest entries.
    """
    species, cells = u.shape

    def part(first: int, last: int) -> tuple[float, Array]:
        largest = np.empty((species, species))
        return _fastest(u, porosity, kinetics, jacobian, first, last, largest), largest

    found = in_parts(part, cells, cells)
    sums = float(np.max([each for each, _ in found]))
    if species == 1 or not math.isfinite(sums):
        return sums
    root = float(np.abs(np.linalg.eigvals(np.max([each for _, each in found], axis=0))).max())
    return min(sums, _MARGIN * root)
