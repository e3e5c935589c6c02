"""The part of the kinetics' Jacobian that a partitioned step takes implicitly."""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused
from cartflow.core.pointers import call
from cartflow.pde.voxels.crew import in_parts
from cartflow.pde.voxels.laid_out import Kinetics

Array = np.ndarray

_BLOCK = 512


def implicit_pairs(
    stoichiometry: Array, pattern: Array, implicit: tuple[int, ...]
) -> list[tuple[int, int]]:
    """Return the pairs of a reaction and the implicit species by which it is implicit.

    A pair enters every equation in which the reaction does, so that what one species loses others
    get. The reaction may change implicit species that are solved for later, but no earlier one.
    """
    return [
        (r, s)
        for k, s in enumerate(implicit)
        for r in range(stoichiometry.shape[1])
        if pattern[r, s]
        and stoichiometry[s, r] != 0.0
        and not any(stoichiometry[other, r] != 0.0 for other in implicit[:k])
    ]


def keep_slopes(
    u: Array,
    porosity: Array,
    kinetics: Kinetics,
    jacobian: int,
    pairs: Array,
    implicit: Array,
    kept: Array,
) -> float:
    """Write the derivatives of events to amounts of `pairs` (n, 2) to `kept` (n, cells).

    Only those that make a species return are kept. Returns how fast the other kinetics are, 1/day:
    the largest |J_ii| + sum sqrt|J_ij J_ji|, which no change of units alters, over species that
    are both `implicit` or both not; what goes from one kind to the other and back is damped.
    `jacobian`, `u` and `porosity` are as in `reaction_speed`.
    """

    def part(first: int, last: int) -> float:
        return _keep(u, porosity, kinetics, jacobian, pairs, implicit, first, last, kept)

    return float(np.max(in_parts(part, u.shape[1], u.shape[1])))


@fused
def _keep(
    u: Array,
    porosity: Array,
    kinetics: Kinetics,
    jacobian: int,
    pairs: Array,
    implicit: Array,
    low: int,
    high: int,
    kept: Array,
) -> float:
    """Do as `keep_slopes` for the cells low <= c < high; nan where a derivative is not finite."""
    species, reactions = kinetics.stoichiometry.shape
    inside = np.empty((species, _BLOCK))
    slopes = np.zeros((max(reactions * species, 1), _BLOCK))
    entries, row = np.empty((species, species, _BLOCK)), np.empty(_BLOCK)
    largest, bad = 0.0, 0.0
    for start in range(low, high, _BLOCK):
        size = min(_BLOCK, high - start)
        for s in range(species):
            for i in range(size):
                inside[s, i] = max(u[s, start + i], 0.0)
        call(jacobian, (inside, _BLOCK, kinetics.parameters, 0, size, slopes, _BLOCK))
        if porosity.size > 0:
            _to_amounts(slopes, porosity[start : start + size], kinetics)
        for p in range(pairs.shape[0]):
            number = kinetics.stoichiometry[pairs[p, 1], pairs[p, 0]]
            slope = slopes[pairs[p, 0] * species + pairs[p, 1]]
            for i in range(size):
                returning = number * slope[i] < 0.0
                kept[p, start + i] = slope[i] if returning else 0.0
                slope[i] = 0.0 if returning else slope[i]
        _jacobian(slopes, kinetics.stoichiometry, entries)
        for s in range(species):
            for i in range(size):
                row[i] = abs(entries[s, s, i])
            for j in range(species):
                if j != s and implicit[j] == implicit[s]:
                    for i in range(size):
                        row[i] += np.sqrt(abs(entries[s, j, i] * entries[j, s, i]))
            for i in range(size):
                largest = max(largest, row[i])
                bad += 0.0 * row[i]
    return largest + bad


@fused
def _jacobian(slopes: Array, stoichiometry: Array, entries: Array) -> None:
    """Write S dr/da to `entries` (species, species, block)."""
    species, reactions = stoichiometry.shape
    entries[:] = 0.0
    for s in range(species):
        for r in range(reactions):
            number = stoichiometry[s, r]
            if number != 0.0:
                for j in range(species):
                    for i in range(entries.shape[2]):
                        entries[s, j, i] += number * slopes[r * species + j, i]


@fused
def _to_amounts(slopes: Array, porosity: Array, kinetics: Kinetics) -> None:
    """Turn derivatives to concentrations into those to amounts, of events per mm^3 of tissue."""
    species, reactions = kinetics.stoichiometry.shape
    for r in range(reactions):
        for j in range(species):
            slope = slopes[r * species + j]
            if kinetics.in_pores[r] and not kinetics.solutes[j]:
                for i in range(porosity.size):
                    slope[i] *= porosity[i]
            elif kinetics.solutes[j] and not kinetics.in_pores[r]:
                for i in range(porosity.size):
                    slope[i] /= porosity[i]
