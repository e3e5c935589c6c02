"""How fields diffuse and what crosses their boundaries on equal voxels, laid out for the loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.pde.operators.crossings import Crossing, crossings
from cartflow.pde.operators.links import Links
from cartflow.pde.operators.transport import FieldTransport, field_transport, steady
from cartflow.pde.problem import Field, Problem
from cartflow.pde.voxels.drift import spacings
from cartflow.pde.voxels.laid_out import Fields

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class SparseCrossing:
    """A `Crossing` of one species, kept for the cells that it touches."""

    species: int
    apart: bool
    cells: Array
    gain: Array
    loss: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """The fields for the loops; `speeds` bound each one's rate of diffusion and losses, 1/day.

    `speed` is the largest, that of the species `fastest`.
    """

    fields: Fields
    crossed: tuple[SparseCrossing, ...]
    speeds: Array
    speed: float
    fastest: int


def uniform_diffusivities(problem: Problem) -> dict[int, float]:
    """Return D of the fields that need no list of neighbours: alike everywhere on equal cells."""
    volumes = problem.geometry.cell_volumes
    if problem.geometry.listed:
        return {}
    # Blocks at the rim of a full mask may hold fewer voxels than others.
    if not (problem.geometry.active.all() and np.all(volumes == volumes[0])):
        return {}
    start = np.ones((len(problem.fields), problem.geometry.size))
    found = {
        i: problem.place_diffusivity(item, start)
        for i, item in enumerate(problem.fields)
        if item.mobile and steady(problem, item)
    }
    return {i: float(d[0]) for i, d in found.items() if np.all(d == d[0])}


def lay_out(
    problem: Problem,
    u: Array,
    uniform: dict[int, float],
    links: Links | None,
    drifting: tuple[int, ...],
) -> Layout:
    """Return the layout of all fields at densities `u` (species, cells).

    `uniform` are the fields with one diffusivity, `drifting` those with a row of fluxes.
    """
    storage, geometry = problem.storage(u), problem.geometry
    transports = [
        _uniform_transport(problem, item, uniform[i], u[i], storage[i])
        if i in uniform
        else field_transport(problem, i, u, storage)
        for i, item in enumerate(problem.fields)
    ]
    rates = np.zeros((len(u), 3))
    for i, diffusivity in uniform.items():
        rates[i, 3 - geometry.active.ndim :] = diffusivity / spacings(geometry) ** 2
    indexed = [i for i, f in enumerate(problem.fields) if f.mobile and i not in uniform]
    exchange = _exchange(problem, [transports[i] for i in indexed], links)
    local, gain, loss = _local(problem, transports)
    none = np.zeros((geometry.active.ndim, 0), dtype=np.int32)
    fields = Fields(
        way=np.array([_way(f, i in uniform) for i, f in enumerate(problem.fields)]),
        uniform=rates,
        row=_rows(len(u), indexed),
        exchange=exchange,
        shape=np.array((1,) * (3 - geometry.active.ndim) + geometry.active.shape),
        local=local,
        gain=gain,
        loss=loss,
        drifts=_rows(len(u), drifting),
        ahead=none if links is None else links.ahead,
        behind=none if links is None else links.behind,
        volumes=geometry.cell_volumes,
        porosity=_pores(problem, storage),
    )
    speeds = _speeds(fields, storage, links)
    return Layout(
        fields=fields,
        crossed=tuple(_sparse(i, c) for i, t in enumerate(transports) for c in t.crossed),
        speeds=speeds,
        speed=float(speeds.max()),
        fastest=int(speeds.argmax()),
    )


def _pores(problem: Problem, storage: Array) -> Array:
    """Return the porosity per cell, or nothing where it changes nothing."""
    held = storage[problem.solutes]
    return np.zeros(0) if np.all(held == 1.0) else held[0]


def _uniform_transport(
    problem: Problem, item: Field, diffusivity: float, values: Array, storage: Array
) -> FieldTransport:
    geometry = problem.geometry
    everywhere = np.full(geometry.size, diffusivity)
    crossed = crossings(item, geometry, everywhere, values, storage)
    return FieldTransport(diffusivity=np.zeros(0), crossed=crossed)


def _way(item: Field, uniform: bool) -> int:
    return (1 if uniform else 2) if item.mobile else 0


def _rows(species: int, chosen: list[int] | tuple[int, ...]) -> Array:
    rows = np.full(species, -1)
    rows[list(chosen)] = np.arange(len(chosen))
    return rows


def _exchange(problem: Problem, transports: list[FieldTransport], links: Links | None) -> Array:
    """Return A D/d at the face ahead of each cell, (fields, axes, cells), mm^3/day."""
    if links is None or not transports:
        return np.zeros((0, problem.geometry.active.ndim, 0))
    conductance = problem.geometry.connectivity.conductances
    out = np.zeros((len(transports), *links.ahead.shape))
    for row, transport in zip(out, transports, strict=True):
        row[links.axis, links.first] = conductance * transport.diffusivity
    return out


def _local(problem: Problem, transports: list[FieldTransport]) -> tuple[Array, Array, Array]:
    """Return each field's row, and gains (amount/mm^3/day) and losses (1/day of u) of the rows."""
    leaves = problem.travels if problem.egress.any() else np.zeros_like(problem.travels)
    infusion = np.zeros((len(transports), 1)) if problem.infusion is None else problem.infusion
    comes = np.asarray(infusion.any(axis=1))
    chosen = [i for i, t in enumerate(transports) if t.crossed or leaves[i] or comes[i]]
    gain = np.zeros((len(chosen), problem.geometry.size if chosen else 0))
    loss = np.zeros_like(gain)
    for row, i in enumerate(chosen):
        if leaves[i]:
            loss[row] += problem.egress
        gain[row] += infusion[i]
        for crossing in transports[i].crossed:
            gain[row] += crossing.gain
            loss[row] += crossing.loss
    return _rows(len(transports), chosen), gain, loss


def _speeds(fields: Fields, storage: Array, links: Links | None) -> Array:
    """Bound the fastest rate of each species by twice the largest diagonal (Gershgorin)."""
    speeds = 4.0 * fields.uniform.sum(axis=1)
    for i, (row, local) in enumerate(zip(fields.row, fields.local, strict=True)):
        if row >= 0 and links is not None:
            speeds[i] += 2.0 * _largest_outflow(fields.exchange[row], links, fields.volumes)
        if local >= 0:
            speeds[i] += float(fields.loss[local].max())
    return np.asarray(speeds / storage.min(axis=1))


def _largest_outflow(exchange: Array, links: Links, volumes: Array) -> float:
    """Return the largest sum of A D/(d V) over the faces of a cell, 1/day.

    Exchange below zero, beside wider cells, is in the bound already (Gershgorin).
    """
    passes = np.maximum(exchange[links.axis, links.first], 0.0)
    total = np.bincount(links.first, passes, volumes.size)
    total += np.bincount(links.second, passes, volumes.size)
    return float(np.max(total / volumes))


def _sparse(i: int, crossing: Crossing) -> SparseCrossing:
    cells = np.flatnonzero((crossing.gain != 0) | (crossing.loss != 0))
    return SparseCrossing(
        species=i,
        apart=crossing.apart,
        cells=cells,
        gain=crossing.gain[cells],
        loss=crossing.loss[cells],
    )
