"""Which fronts a kinetics model has: the state ahead of them, and the rate at which they grow.

Ahead of a tumour's front there is neither tumour nor product; ahead of a product's, the tumour at
the level where it stops growing. Both are unstable where the largest eigenvalue of the Jacobian
of what moves is positive, and the front then has the pulled speed 2 sqrt(D r).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cartflow.core.outcome import InputError, StepFailed
from cartflow.kinetics.files.load import load
from cartflow.kinetics.locality import in_tissue
from cartflow.kinetics.network import Network
from cartflow.kinetics.runs.ode import integrate
from cartflow.kinetics.runs.rest import jacobian
from cartflow.validation.fronts.held import nowhere, without

Array = np.ndarray
Kind = Literal["tumour", "product"]

_LONG = 1e5  # days in which what is ahead comes to rest
_SMALL = 1e-3  # cells per mm3 that a front grows from, well mixed
_FEW = 1e-9  # the same of a product
# Where no slope at zero decides what happens at any density that there is.
_ROUGH = {
    "kirouac2023": "killing goes with a power of the effectors below one, so that the linear law "
    "holds below the floor alone"
}
_LATE = (0.0, 250.0, 300.0)  # times well mixed, in 1/r
_LATER = (0.0, 1000.0, 1200.0)  # for what grows fast while few and comes to rest slowly


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelFront:
    """A front of a model into the state `ahead` (species,), at rest and unstable.

    `network` is the model without what is nowhere. What moves, `mobile` (rows), grows there at
    `rate` (1/day) in the composition `mix` (of the same rows, summing to one). The row `marker`
    leads; well mixed a tumour comes to `most` of it, and a product, or a tumour that comes to rest
    long after, to `most` before its growth slows to half (infinite where nothing bounds it).
    """

    model: str
    kind: Kind
    network: Network
    ahead: Array
    mobile: Array
    rate: float
    mix: Array
    marker: int
    most: float

    @property
    def seed(self) -> float:
        """The density that it starts with."""
        return self.most if np.isfinite(self.most) else 1e3

    @property
    def name(self) -> str:
        """What advances."""
        leading = self.network.species_names[self.marker]
        into = "into empty tissue" if self.kind == "tumour" else "into the full tumour"
        return f"{self.model}, {leading} {into}"


# Nothing behind their front is at rest, nor fed.
_FED = {"spheroid_growth": "the tumour uses up what lets it grow, and dies behind its front"}


def fronts_of(model: str) -> tuple[list[ModelFront], str]:
    """Return the fronts of a shipped model, and why it has none, or none of its product."""
    if model in _FED:
        return [], _FED[model]
    try:
        network = in_tissue(load(model))
    except InputError:
        return [], "rates of the whole body or relative amounts keep a model out of tissue"
    cells = _rows(network, "phenotype", "product")
    residents = _rows(network, "resident")
    if not residents.size:
        return [], "there is no tumour"
    empty = _at_rest(network, np.union1d(cells, residents), cells)
    # What is there without a tumour, such as lymphocytes, is no tumour.
    growing = residents[empty[residents] == 0.0]
    tumours = _distinct([_grown(model, network, empty, growing, row) for row in growing])
    if not tumours:
        return [], "no tumour grows in the tissue ahead"
    travelling = _rows(network, "phenotype")
    if model in _ROUGH:
        return tumours, _ROUGH[model]
    bounded = [front for front in tumours if np.isfinite(front.most)]
    if not bounded:
        return tumours, "the tumour grows without bound, so that nothing is at rest ahead"
    product = _invading(model, network, bounded[0], travelling)
    if product is None:
        return tumours, "the product does not grow on the full tumour"
    return [*tumours, product], ""


def _rows(network: Network, *roles: str) -> Array:
    return np.array([n for n, s in enumerate(network.species) if s.role in roles], dtype=int)


def _at_rest(network: Network, zero: Array, kept_out: Array) -> Array:
    """Return what the tissue comes to from nothing, without the rows `kept_out` if they can be.

    A constant supply of product cannot be kept out.
    """
    start = np.array([s.initial for s in network.species])
    start[zero] = 0.0
    supplied = network.derivative(start)[kept_out] > 0
    absent = kept_out[~supplied]
    inner = without(network, absent)
    kept = np.setdiff1d(np.arange(len(network.species)), absent)
    result = np.zeros(len(network.species))
    result[kept] = np.maximum(_course(inner, start[kept], [0.0, _LONG])[-1], 0.0)
    return result


def _course(network: Network, start: Array, times: list[float]) -> Array:
    named = dict(zip(network.species_names, start.tolist(), strict=True))
    return integrate(network, named, times, rtol=1e-8)


def _grown(
    model: str, network: Network, empty: Array, growing: Array, seed: int
) -> ModelFront | None:
    """Return the front of what grows from one species of the tumour, if it grows."""
    block = jacobian(network, empty)[np.ix_(growing, growing)]
    reached = _reached(block, list(growing).index(seed))
    rate, mix = _fastest(block[np.ix_(reached, reached)])
    if not rate > 1e-12:
        return None
    absent = nowhere(network, empty, growing[reached])
    kept = np.setdiff1d(np.arange(len(network.species)), absent)
    inner, ahead = without(network, absent), empty[kept]
    rows = np.searchsorted(kept, growing[reached])
    leading = int(rows[np.argmax(mix)])
    most = _final(inner, ahead, rows, mix, rate, leading)
    return ModelFront(
        model=model,
        kind="tumour",
        network=inner,
        ahead=ahead,
        mobile=rows,
        rate=rate,
        mix=mix,
        marker=leading,
        most=most,
    )


def _final(
    network: Network, ahead: Array, rows: Array, mix: Array, rate: float, leading: int
) -> float:
    """Return what the leading species comes to, infinite where nothing bounds it."""
    start = ahead.copy()
    start[rows] += _SMALL * mix
    for times in (_LATE, _LATER):
        try:
            late = _course(network, start, [t / rate for t in times])
        except StepFailed:
            return np.inf
        before, after = late[1:, rows].sum(axis=1)
        if abs(after / before - 1.0) < 1e-3:
            if times is _LATER:
                return _where_it_slows(network, ahead, rows, mix, rate, leading)
            return float(late[-1, leading])
    return np.inf


def _invading(
    model: str, network: Network, tumour: ModelFront, product: Array
) -> ModelFront | None:
    """Return the front of the product into the tumour's own final state, if it grows there."""
    names = network.species_names
    start = tumour.ahead.copy()
    start[tumour.mobile] += tumour.seed * tumour.mix
    alone = _course(tumour.network, start, [0.0, _LATE[-1] / tumour.rate])[-1]
    full = np.zeros(len(names))
    full[[names.index(n) for n in tumour.network.species_names]] = np.maximum(alone, 0.0)
    rate, mix = _fastest(jacobian(network, full)[np.ix_(product, product)])
    if not rate > 1e-12:
        return None
    absent = nowhere(network, full, product)
    kept = np.setdiff1d(np.arange(len(names)), absent)
    moving = np.setdiff1d(product, absent)
    inner, ahead, rows = without(network, absent), full[kept], np.searchsorted(kept, moving)
    mix = mix[np.isin(product, moving)]
    leading = int(rows[np.argmax(mix)])
    most = _where_it_slows(inner, ahead, rows, mix, rate, leading)
    return ModelFront(
        model=model,
        kind="product",
        network=inner,
        ahead=ahead,
        mobile=rows,
        rate=rate,
        mix=mix,
        marker=leading,
        most=most,
    )


def _where_it_slows(
    network: Network, ahead: Array, rows: Array, mix: Array, rate: float, leading: int
) -> float:
    """Return what leads where it grows at half its rate only, infinite if not by 100/r."""
    start = ahead.copy()
    start[rows] += _FEW * mix
    course = _course(network, start, list(np.linspace(0.0, 100.0, 2001) / rate))[:, leading]
    slow = np.flatnonzero(np.diff(np.log(course)) < 0.5 * 100.0 / 2000.0)
    return float(course[slow[0]]) if slow.size else np.inf


def _reached(block: Array, seed: int) -> Array:
    """Return the rows that come to be where only `seed` is at first."""
    reached = {seed}
    while more := {int(n) for r in reached for n in np.flatnonzero(block[:, r])} - reached:
        reached |= more
    return np.array(sorted(reached))


def _fastest(block: Array) -> tuple[float, Array]:
    """Return the largest eigenvalue and its eigenvector, never negative, summing to one."""
    values, vectors = np.linalg.eig(block)
    place = int(np.argmax(values.real))
    mix = np.abs(vectors[:, place].real)
    return float(values[place].real), mix / mix.sum()


def _distinct(fronts: list[ModelFront | None]) -> list[ModelFront]:
    """Return one front for each that is led by the same species."""
    return list({front.name: front for front in fronts if front is not None}.values())
