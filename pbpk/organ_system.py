"""The arrays that the compiled steps of organ kinetics need, worked out once a structure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.kinetics.compiled import CompiledNetwork, compiled_each
from cartflow.pbpk.elimination import Elimination, eliminate
from cartflow.pbpk.organ_kinetics import OrganKinetics

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganSystem:
    """Where in state, rates and matrix everything is.

    `sources` and `targets` are the compartments of every entry of the organs' rates;
    `transfers` (target, source, entry, place in the matrix) those of each phenotype. A reaction
    changes a species by `factors` of `effects` (species, reaction), which takes `local_factors`
    of `local` (place in the matrix, slope) from the matrix; `pulls` (slope, row of the state,
    event) are the slopes of events. Factors are (n, lanes), equal in all lanes.
    """

    sources: Places
    targets: Places
    transfers: Places
    places: Places
    effects: Places
    factors: Array
    local: Places
    local_factors: Array
    pulls: Places
    elimination: Elimination
    code: CompiledNetwork

    def values(self, rates: Array) -> Array:
        """Return the entries of the organs' rates (..., n, n) in order, shape (..., entries)."""
        return np.ascontiguousarray(rates[..., self.targets, self.sources])


def organ_system(kinetics: OrganKinetics, connected: NDArray[np.bool_]) -> OrganSystem:
    """Return the arrays for rates that are zero wherever `connected` (n, n) says False."""
    code = compiled_each(kinetics.network, 1)
    stoichiometry = kinetics.network.stoichiometry
    species, reactions = np.nonzero(stoichiometry)
    targets, sources = np.nonzero(connected | np.eye(len(connected), dtype=bool))
    count, copies = len(connected), range(len(kinetics.phenotypes))
    pattern = np.zeros((kinetics.size, kinetics.size), dtype=bool)
    for p in copies:
        pattern[p * count + targets, p * count + sources] = True
    coupled = (stoichiometry != 0) @ code.pattern
    for rows in kinetics.places:
        pattern[np.ix_(rows, rows)] |= coupled
    elimination = eliminate(pattern)
    local, local_factors = _local(kinetics, code, elimination)
    transfers = [
        (p * count + t, p * count + s, n, elimination.entry[p * count + t, p * count + s])
        for p in copies
        for n, (t, s) in enumerate(zip(targets, sources, strict=True))
    ]
    return OrganSystem(
        sources=sources,
        targets=targets,
        transfers=_places(transfers, 4),
        places=kinetics.places,
        effects=_places(list(zip(species, reactions, strict=True)), 2),
        factors=_in_all_lanes(stoichiometry[species, reactions]),
        local=local,
        local_factors=local_factors,
        pulls=_pulls(kinetics, code),
        elimination=elimination,
        code=code,
    )


def _local(
    kinetics: OrganKinetics, code: CompiledNetwork, elimination: Elimination
) -> tuple[Places, Array]:
    stoichiometry = kinetics.network.stoichiometry
    reactions, width = code.pattern.shape
    found, factors = [], []
    for site, rows in enumerate(kinetics.places):
        for reaction, column in zip(*np.nonzero(code.pattern), strict=True):
            for row in np.flatnonzero(stoichiometry[:, reaction]):
                place = elimination.entry[rows[row], rows[column]]
                found.append((place, (site * reactions + reaction) * width + column))
                factors.append(stoichiometry[row, reaction])
    return _places(found, 2), _in_all_lanes(factors)


def _pulls(kinetics: OrganKinetics, code: CompiledNetwork) -> Places:
    reactions, width = code.pattern.shape
    found = [
        (
            (site * reactions + reaction) * width + column,
            rows[column],
            site * reactions + reaction,
        )
        for site, rows in enumerate(kinetics.places)
        for reaction, column in zip(*np.nonzero(code.pattern), strict=True)
    ]
    return _places(found, 3)


def _in_all_lanes(factors: ArrayLike) -> Array:
    from cartflow.pbpk.lanes import LANES

    return np.repeat(np.array(factors, dtype=float).reshape(-1, 1), LANES, axis=1)


def _places(rows: list[tuple[int, ...]], width: int) -> Places:
    return np.array(rows, dtype=np.int64).reshape(-1, width)
