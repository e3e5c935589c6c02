"""What a saved state's tumour comes to in a few numbers, counted while its fields are at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary, ref

import numpy as np

from cartflow.core.compiling import serial
from cartflow.core.totals import totals
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.simulation import Simulation
from cartflow.coupling.state import State
from cartflow.geometries.geometry import Geometry
from cartflow.pde.problem import Problem
from cartflow.results.barriers import CORE_FROM
from cartflow.results.large_counts import LargeCounts, depth_at

Array = np.ndarray
_SHARE = 0.95


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """Product cells (products,), amounts of all species (species,), and depths in mm.

    `depths` (products + 1,) are the penetration depths of every product and of all together,
    `core` (1,) all product cells deeper than half of the deepest place.
    """

    products: Array
    amounts: Array
    depths: Array
    core: Array


class Shelved(State):
    """A saved state whose fields are no longer in memory; what was counted of them is."""

    _counted: Counted | Future[Counted]

    def __init__(self, state: State, counted: Counted | Future[Counted]) -> None:
        for name in ("time", "body", "ledger", "residents", "expansion", "carried"):
            object.__setattr__(self, name, getattr(state, name))
        object.__setattr__(self, "_counted", counted)

    @property
    def counted(self) -> Counted:
        """What the fields came to; waits where that is being counted."""
        return self._counted if isinstance(self._counted, Counted) else self._counted.result()

    @property
    def tumour(self) -> Array:
        """Never there: raise `AttributeError`."""
        msg = f"the fields at {self.time} day are not in memory"
        raise AttributeError(msg)


def large_counts(simulation: Simulation) -> LargeCounts:
    """Return what counts states of a `simulation` one by one; not for two threads at once."""
    geometry = simulation.coupled.engine.problem.geometry
    return LargeCounts(
        volumes=geometry.cell_volumes, depth=geometry.depth, order=_by_depth(geometry)
    )


def counted(state: State, simulation: Simulation, by: LargeCounts) -> Counted:
    """Return what the tumour of `state` comes to, to the bits of `counts`."""
    coupled, problem = simulation.coupled, simulation.coupled.engine.problem
    tumour, rows = state.tumour, coupled.products
    return Counted(
        products=coupled.in_tissue(by.products(tumour, rows)),
        amounts=by.amounts(tumour, problem.storage(tumour)),
        depths=by.depths(tumour, rows, _SHARE) * coupled.stretch(state),
        core=np.array([_core((tumour[row] for row in rows), problem.geometry)]),
    )


def counts(states: Sequence[State], simulation: Simulation) -> list[Counted]:
    """Return what the tumours of `states` come to, each counted once."""
    problem = simulation.coupled.engine.problem
    found = {state: _known_of(state, problem) for state in states}
    left = [state for state, known in found.items() if known is None]
    most = max(1, _MOST_AT_ONCE // simulation.initial.size)
    for first in range(0, len(left), most):
        some = left[first : first + most]
        if most == 1:
            one = counted(some[0], simulation, large_counts(simulation))
            found[some[0]], _known[some[0]] = one, (ref(problem), one)
            continue
        for state, one in zip(some, _counts(some, simulation), strict=True):
            found[state] = one
            _known[state] = (ref(problem), one)
    return [one for one in map(found.__getitem__, states) if one is not None]


# Every group of a result asks for it.
_known: WeakKeyDictionary[State, tuple[ref[Problem], Counted]] = WeakKeyDictionary()
_MOST_AT_ONCE = 1_000_000  # numbers of fields


def _known_of(state: State, problem: Problem) -> Counted | None:
    if isinstance(state, Shelved):
        return state.counted
    known = _known.get(state)
    return known[1] if known is not None and known[0]() is problem else None


def _counts(states: Sequence[State], simulation: Simulation) -> Iterator[Counted]:
    coupled, problem = simulation.coupled, simulation.coupled.engine.problem
    weights = problem.geometry.cell_volumes
    amounts = _totals(np.array([problem.storage(s.tumour) * s.tumour for s in states]), weights)
    densities = np.array([s.tumour[coupled.products] for s in states])
    stretches = np.array([coupled.stretch(state) for state in states])
    depths = _depths(densities * weights, problem.geometry) * stretches[:, None]
    products = _totals(densities, weights)
    for state, one in enumerate(zip(products, amounts, depths, strict=True)):
        yield Counted(
            products=coupled.in_tissue(one[0]),
            amounts=one[1],
            depths=one[2],
            core=np.array([_core(densities[state], problem.geometry)]),
        )


def _core(densities: Iterable[Array], geometry: Geometry) -> float:
    """Return the cells of products, of (cells,) each, deeper than half of the deepest place."""
    inside = core_volumes(geometry)
    return sum((float(totals(each[None], inside)[0]) for each in densities), 0.0)


@lru_cache(maxsize=1)
def core_volumes(geometry: Geometry) -> Array:
    """Return the volumes of the mesh cells of the core (cells,), mm3, and 0 of all others."""
    return np.where(geometry.depth >= CORE_FROM * geometry.depth.max(), geometry.cell_volumes, 0.0)


def in_tumour(states: Sequence[State], coupled: Coupled) -> Array:
    """Return the product cells (states, products) in the tissue."""
    if any(isinstance(state, Shelved) for state in states):
        each = [
            s.counted.products if isinstance(s, Shelved) else coupled.in_tumour(s.tumour)
            for s in states
        ]
        return np.array(each)
    densities = np.array([state.tumour[coupled.products] for state in states])
    return np.array([coupled.in_tissue(one) for one in _totals(densities, coupled.volumes)])


def _totals(values: Array, weights: Array) -> Array:
    """Return the totals of values (..., cells)."""
    return totals(values.reshape(-1, weights.size), weights).reshape(values.shape[:-1])


def _depths(cells: Array, geometry: Geometry) -> Array:
    """Return the depths (states, products + 1) of `cells` (states, products, cells)."""
    kinds = np.concatenate([cells, cells.sum(axis=1, keepdims=True)], axis=1)
    found = np.empty(kinds.shape[:2])
    wanted = _SHARE * kinds.sum(axis=-1)
    _find_depths(kinds, wanted, _by_depth(geometry), geometry.depth, found)
    return found


@serial
def _find_depths(kinds: Array, wanted: Array, order: Array, depth: Array, found: Array) -> None:
    """Write the depths of all kinds (states, kinds, cells) above which `wanted` of each stay."""
    for state in range(kinds.shape[0]):
        for kind in range(kinds.shape[1]):
            most = wanted[state, kind]
            found[state, kind] = (
                depth_at(kinds[state, kind], order, depth, most) if most > 0 else np.nan
            )


def penetration_depth(cells: Array, depth: Array, share: float = _SHARE) -> float:
    """Return the depth below the rim above which `share` of the cells stay, mm; nan for none.

    Half of the cells of a mesh cell stand above its centre; between centres it interpolates.
    """
    total = cells.sum()
    if not total > 0:
        return float("nan")
    order = np.argsort(depth, kind="stable").astype(np.int32)
    return float(depth_at(np.ascontiguousarray(cells), order, depth, share * total))


@lru_cache(maxsize=1)
def _by_depth(geometry: Geometry) -> Array:
    return np.argsort(geometry.depth, kind="stable").astype(np.int32)
