"""The arrays that the compiled steps of organ kinetics need, worked out once a structure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.kinetics.compiled.network import CompiledNetwork, compiled_each
from cartflow.pbpk.organs.arrays import Matrix, System
from cartflow.pbpk.organs.elimination import Elimination, eliminate
from cartflow.pbpk.organs.kinetics import OrganKinetics

Array = NDArray[np.float64]
Places = NDArray[np.int64]
Pairs: TypeAlias = list[tuple[int, ...]]


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganSystem:
    """Where in state, rates and matrix everything is.

    `sources` and `targets` are the compartments of every entry of the organs' rates;
    `transfers` (target, source, entry, place in the matrix) those of each phenotype, and then of
    what circulates, whose rates `carried` follow those of the organs. `places`
    (species, sites) are rows of the state. Event r * sites + site is reaction r at a site; it
    changes a row by `factors` of `effects` (row, event), which takes `local_factors` of `local`
    (place in the matrix, slope) from the matrix; `pulls` (slope, row, event) are the slopes of
    events. Factors are columns, (n, 1). `saturations` (free, bound, and the entries of each to
    each) fill up; `fluids` (slope, event, density) are slopes whose event and density are not
    per the same volume; rows of a `groups` (first, end) share one sum.
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
    saturations: Places
    fluids: Places
    groups: Places
    carried: Array
    elimination: Elimination
    code: CompiledNetwork

    @property
    def compiled(self) -> System:
        """Where in the state everything is, as compiled code takes it."""
        return System(
            transfers=self.transfers,
            places=self.places,
            effects=self.effects,
            factors=self.factors,
            saturations=self.saturations,
            groups=self.groups,
        )

    @property
    def matrix(self) -> Matrix:
        """How the matrix of a stage is made and eliminated, as compiled code takes it."""
        return Matrix(
            steps=self.elimination.steps,
            local=self.local,
            local_factors=self.local_factors,
            pulls=self.pulls,
            fluids=self.fluids,
        )

    def values(self, rates: Array) -> Array:
        """Return the entries of the organs' rates (..., n, n) in order, shape (..., entries).

        Those of what circulates follow.
        """
        own = rates[..., self.targets, self.sources]
        carried = np.broadcast_to(self.carried, (*own.shape[:-1], self.carried.size))
        return np.ascontiguousarray(np.concatenate([own, carried], axis=-1))


def organ_system(kinetics: OrganKinetics, connected: NDArray[np.bool_]) -> OrganSystem:
    """Return the arrays for rates that are zero wherever `connected` (n, n) says False."""
    code = compiled_each(kinetics.network, 1)
    targets, sources = np.nonzero(connected | np.eye(len(connected), dtype=bool))
    count, copies = len(connected), range(len(kinetics.phenotypes))
    pattern = np.zeros((kinetics.size, kinetics.size), dtype=bool)
    for p in copies:
        pattern[p * count + targets, p * count + sources] = True
    coupled = (kinetics.network.stoichiometry != 0) @ code.pattern
    for rows in kinetics.places:
        pattern[np.ix_(rows, rows)] |= coupled
    carried = _carried(kinetics)
    for target, source, _ in carried:
        pattern[target, source] = True
    saturated = _saturated(kinetics)
    for pair in saturated:
        pattern[np.ix_(pair, pair)] = True
    elimination = eliminate(pattern)
    effects, factors = _effects(kinetics)
    pulls = _pulls(kinetics, code)
    local, local_factors = _local(effects, factors, pulls, elimination)
    transfers: Pairs = [
        (p * count + t, p * count + s, n, int(elimination.entry[p * count + t, p * count + s]))
        for p in copies
        for n, (t, s) in enumerate(zip(targets.tolist(), sources.tolist(), strict=True))
    ]
    transfers += [
        (t, s, len(targets) + n, int(elimination.entry[t, s]))
        for n, (t, s, _) in enumerate(carried)
    ]
    return OrganSystem(
        sources=sources,
        targets=targets,
        transfers=_places(_apart(transfers), 4),
        places=np.ascontiguousarray(kinetics.places.T),
        effects=_places(effects, 2),
        factors=_column(factors),
        local=_places(local, 2),
        local_factors=_column(local_factors),
        pulls=_places(pulls, 3),
        saturations=_places(
            [
                (f, b, *(int(elimination.entry[r, c]) for r in (f, b) for c in (f, b)))
                for f, b in saturated
            ],
            6,
        ),
        fluids=_places(_fluids(kinetics, code), 3),
        groups=_places(list(kinetics.carried_rows), 2),
        carried=np.array([rate for _, _, rate in carried], dtype=float),
        elimination=elimination,
        code=code,
    )


def _apart(transfers: Pairs) -> Pairs:
    """Return the transfers so ordered that neighbours add to different rows of the state.

    The second of two sums into one row would wait until the first is stored.
    """
    seen: Counter[int] = Counter()
    ranked = []
    for transfer in transfers:
        ranked.append((seen[transfer[0]], transfer))
        seen[transfer[0]] += 1
    return [transfer for _, transfer in sorted(ranked)]


def _carried(kinetics: OrganKinetics) -> list[tuple[int, int, float]]:
    """Return the rows of target and source, and the rate, of all that circulates."""
    found = []
    for each, (first, _) in zip(kinetics.circulating, kinetics.carried_rows, strict=True):
        for t, s in zip(*np.nonzero(each.rates), strict=True):
            found.append((first + int(t), first + int(s), float(each.rates[t, s])))
    return found


def _saturated(kinetics: OrganKinetics) -> list[tuple[int, int]]:
    """Return the rows of what is free and bound at every place that fills up."""
    return [
        (first + each.index(one.free), first + each.index(one.bound))
        for each, (first, _) in zip(kinetics.circulating, kinetics.carried_rows, strict=True)
        for one in each.saturations
    ]


def _fluids(kinetics: OrganKinetics, code: CompiledNetwork) -> Pairs:
    """Return (slope, event, density) where an event and a density are per different volumes."""
    sites, width = len(kinetics.sites), len(kinetics.network.species)
    events, fluids = kinetics.event_volumes, kinetics.fluid_volumes
    return [
        (int((r * width + s) * sites + site), int(r * sites + site), int(s * sites + site))
        for site in range(sites)
        for r, s in zip(*np.nonzero(code.pattern), strict=True)
        if events[site, r] != fluids[site, s]
    ]


def _effects(kinetics: OrganKinetics) -> tuple[Pairs, list[float]]:
    """Return the rows that each event changes, and by how much."""
    stoichiometry, sites = kinetics.network.stoichiometry, len(kinetics.sites)
    changed = list(zip(*np.nonzero(stoichiometry), strict=True))
    effects: Pairs = []
    factors: list[float] = []
    for site, rows in enumerate(kinetics.places):
        effects += [(int(rows[s]), int(r * sites + site)) for s, r in changed]
        factors += [float(stoichiometry[s, r]) for s, r in changed]
    return effects, factors


def _pulls(kinetics: OrganKinetics, code: CompiledNetwork) -> Pairs:
    """Return (slope, row, event) of every rate and what it depends on."""
    sites, width = len(kinetics.sites), len(kinetics.network.species)
    return [
        (int((r * width + s) * sites + site), int(rows[s]), int(r * sites + site))
        for site, rows in enumerate(kinetics.places)
        for r, s in zip(*np.nonzero(code.pattern), strict=True)
    ]


def _local(
    effects: Pairs, factors: list[float], pulls: Pairs, elimination: Elimination
) -> tuple[Pairs, list[float]]:
    """Return (place, slope) of what events change in proportion to what they depend on."""
    found: Pairs = []
    chosen: list[float] = []
    for (row, event), factor in zip(effects, factors, strict=True):
        for slope, column, pulled in pulls:
            if pulled == event:
                found.append((int(elimination.entry[row, column]), slope))
                chosen.append(factor)
    return found, chosen


def _column(factors: ArrayLike) -> Array:
    return np.array(factors, dtype=float).reshape(-1, 1)


def _places(rows: Pairs, width: int) -> Places:
    return np.array(rows, dtype=np.int64).reshape(-1, width)
