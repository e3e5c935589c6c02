"""How the arrays of a system on a line change with numbers of its study, all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cartflow.core.dual import SMALL
from cartflow.core.entries import entries_of
from cartflow.core.rows import side_by_side
from cartflow.coupling.line.arrays import Drift, Plan
from cartflow.kinetics.compiled.network import Addresses

Array = np.ndarray


class Changes(NamedTuple):
    """Slopes of a plan's arrays, numbers last; without places where nothing changes.

    `volumes`, `areas`, `weight`, `storage` and `sensitivity` are relative. `storage`, `gain` and
    `loss` are (unknowns, numbers), cell by cell as in the matrix. `rates` are those of the body's
    `links`, `leaving` (products, cells, numbers) of egress times volumes, `let_in` and `let_out`
    of the crossings. `curved` are the numbers that change a drift's law or where faces stand:
    for these `drift`, `before` and `after` are dual numbers, first in all arrays. `parametric`
    are those that change `parameters` of the kinetics (numbers, parameters), which are dual, as
    are the rates and slopes at `rates_code` and `slopes_code`.
    """

    volumes: Array
    areas: Array
    held: Array
    exchange: Array
    storage: Array
    gain: Array
    loss: Array
    sensitivity: Array
    curved: Array
    drift: Drift
    before: Array
    after: Array
    weight: Array
    parametric: Array
    parameters: Array
    rates_code: int
    slopes_code: int
    links: Array
    rates: Array
    onward: Array
    arrival: Array
    leaving: Array
    let_in: Array
    let_out: Array


class Smooth(NamedTuple):
    """The arrays of a plan that may change smoothly with a number of a study."""

    volumes: Array
    areas: Array
    before: Array
    after: Array
    storage: Array
    held: Array
    exchange: Array
    gain: Array
    loss: Array
    sensitivity: Array
    half_saturation: Array
    ceiling: Array
    parameters: Array
    weight: Array
    rates: Array
    onward: Array
    arrival: Array
    egress: Array
    let_in: Array
    let_out: Array


def smooth(plan: Plan) -> Smooth:
    """Return the arrays of a plan that may change smoothly with a number of a study."""
    drift, body = plan.drift, plan.body
    return Smooth(
        *plan.mesh,
        drift.sensitivity,
        drift.half_saturation,
        drift.ceiling,
        plan.kinetics.parameters,
        plan.kinetics.weight,
        body.rates,
        body.onward,
        body.arrival,
        body.egress,
        plan.crossings.gain,
        plan.crossings.loss,
    )


def fixed(plan: Plan) -> tuple[Array | int, ...]:
    """Return what of a plan is its structure."""
    return (
        plan.drift.attractant,
        plan.drift.law,
        plan.kinetics.rates,
        plan.kinetics.stoichiometry,
        plan.kinetics.driven,
        plan.body.products,
        plan.body.node,
        plan.crossings.species,
        plan.crossings.apart,
        plan.crossings.place,
        plan.crossings.cell,
    )


def changes(plan: Plan, slopes: Sequence[Sequence[Array]], code: Addresses) -> Changes:
    """Return how `plan` changes, from the slopes of `smooth(plan)` to each number.

    `code` works out rates of dual numbers.
    """
    of = Smooth(*(side_by_side(each) for each in zip(*slopes, strict=True)))
    mesh, body = plan.mesh, plan.body
    curved = _curved(plan, of)
    links = entries_of(np.abs(of.rates).max(axis=-1))
    leaving = of.egress * mesh.volumes[:, None] + body.egress[:, :, None] * of.volumes
    sensitivity = _relative(of.sensitivity, plan.drift.sensitivity)
    sensitivity[:, curved] = 0.0
    return Changes(
        volumes=_some(_relative(of.volumes, mesh.volumes)),
        areas=_some(_relative(of.areas, mesh.areas)),
        held=_some(of.held),
        exchange=_some(of.exchange),
        storage=_some(_by_cell(_relative(of.storage, mesh.storage))),
        gain=_some(_by_cell(of.gain)),
        loss=_some(_by_cell(of.loss)),
        sensitivity=_some(sensitivity),
        curved=curved,
        drift=_dual_drift(plan.drift, of, curved),
        before=_dual(mesh.before, of.before, curved),
        after=_dual(mesh.after, of.after, curved),
        weight=_some(_relative(of.weight, plan.kinetics.weight)),
        parametric=np.flatnonzero(of.parameters.any(axis=0)),
        parameters=_dual(plan.kinetics.parameters, of.parameters, np.arange(len(slopes))),
        rates_code=code.rates,
        slopes_code=code.jacobian,
        links=links,
        rates=np.ascontiguousarray(of.rates[links[:, 0], links[:, 1]]),
        onward=_some(of.onward),
        arrival=_some(of.arrival),
        leaving=_some(leaving),
        let_in=_some(of.let_in),
        let_out=_some(of.let_out),
    )


def _curved(plan: Plan, of: Smooth) -> Array:
    """Return the numbers whose drift does not just grow in proportion to its sensitivity."""
    if not (plan.drift.attractant >= 0).any():
        return np.zeros(0, dtype=np.int64)
    begun = of.sensitivity * (plan.drift.sensitivity == 0.0)[:, None]
    parts = (of.before, of.after, of.half_saturation, of.ceiling, begun)
    return np.flatnonzero(np.any([each.any(axis=0) for each in parts], axis=0))


def _dual_drift(drift: Drift, of: Smooth, curved: Array) -> Drift:
    return drift._replace(
        sensitivity=_dual(drift.sensitivity, of.sensitivity, curved),
        half_saturation=_dual(drift.half_saturation, of.half_saturation, curved),
        ceiling=_dual(drift.ceiling, of.ceiling, curved),
    )


def _dual(values: Array, slopes: Array, numbers: Array) -> Array:
    """Return values as dual numbers, some of the `numbers` to which they have `slopes` first."""
    found = np.array(values + 1j * SMALL * np.moveaxis(slopes, -1, 0)[numbers], dtype=complex)
    return found.reshape(len(numbers), *values.shape)


def _relative(slopes: Array, values: Array) -> Array:
    found: Array = np.divide(
        slopes, values[..., None], out=np.zeros_like(slopes), where=values[..., None] != 0.0
    )
    return found


def _by_cell(slopes: Array) -> Array:
    """Return (species, cells, numbers) as (unknowns, numbers), cell by cell."""
    return np.ascontiguousarray(slopes.swapaxes(0, 1).reshape(-1, slopes.shape[-1]))


def _some(slopes: Array) -> Array:
    """Return slopes, or an array without places if all are nought."""
    return np.ascontiguousarray(slopes if slopes.any() else slopes[:0])
