"""How fields diffuse and what crosses their boundaries on equal voxels, laid out for the loops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cartflow.pde.operators.arms import Arms
from cartflow.pde.operators.crossings import Crossing, crossings, source_crossings
from cartflow.pde.operators.links import Links, spacings
from cartflow.pde.operators.transport import (
    FieldTransport,
    arm_exchange,
    field_transport,
    moves_steadily,
)
from cartflow.pde.problem import Field, Problem
from cartflow.pde.voxels.faces_of_grid import grid_rates, is_whole_grid
from cartflow.pde.voxels.laid_out import Fields
from cartflow.pde.voxels.speeds import fastest_rates

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

    `speed` is the largest, that of the species `fastest`. `transports` are the fields', kept where
    regions follow some.
    """

    fields: Fields
    transports: tuple[FieldTransport, ...]
    crossed: tuple[SparseCrossing, ...]
    speeds: Array
    speed: float
    fastest: int


def uniform_diffusivities(problem: Problem) -> dict[int, float]:
    """Return D of the fields that need no list of neighbours: alike everywhere on equal cells."""
    if not is_whole_grid(problem.geometry):
        return {}
    start = np.ones((len(problem.fields), problem.geometry.size))
    found = {
        i: problem.place_diffusivity(item, start)
        for i, item in enumerate(problem.fields)
        if item.mobile and item.anisotropy is None and moves_steadily(problem, item)
    }
    return {i: float(d[0]) for i, d in found.items() if np.all(d == d[0])}


def lay_out(
    problem: Problem,
    u: Array,
    uniform: dict[int, float],
    links: Links | None,
    drifting: tuple[int, ...],
    stencils: Mapping[int, Arms],
    placed: tuple[int, ...],
) -> Layout:
    """Return the layout of all fields at densities `u` (species, cells).

    `uniform` are the fields with one diffusivity, `drifting` those with a row of fluxes, `stencils`
    those whose diffusivity is anisotropic, `placed` those that need no `links` for another reason.
    """
    storage, geometry = problem.storage(u), problem.geometry
    transports = [
        _unlisted_transport(problem, item, u, storage[i])
        if i in uniform or i in placed
        else field_transport(problem, i, u, storage)
        for i, item in enumerate(problem.fields)
    ]
    rates = np.zeros((len(u), 3))
    for i, diffusivity in uniform.items():
        rates[i, 3 - geometry.active.ndim :] = diffusivity / spacings(geometry) ** 2
    apart = {*uniform, *stencils, *placed}
    indexed = [i for i, f in enumerate(problem.fields) if f.mobile and i not in apart]
    begin, to, passes = _along_arms(problem, u, stencils)
    exchange = _exchange(problem, [transports[i] for i in indexed], links)
    local, gain, loss = _local(problem, transports, u)
    none = np.zeros((geometry.active.ndim, 0), dtype=np.int32)
    fields = Fields(
        way=np.array(
            [4 if i in placed else _way(f, i in uniform) for i, f in enumerate(problem.fields)]
        ),
        uniform=rates,
        row=np.max([_rows(len(u), some) for some in (indexed, tuple(stencils), placed)], axis=0),
        exchange=exchange,
        placed=grid_rates(problem, placed),
        arm_begin=begin,
        arm_to=to,
        arm_exchange=passes,
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
    speeds = fastest_rates(fields, storage, links, problem)
    return Layout(
        fields=fields,
        # They are as large as the mesh.
        transports=tuple(transports) if problem.following else (),
        crossed=tuple(_sparse(i, c, c) for i, t in enumerate(transports) for c in t.crossed),
        speeds=speeds,
        speed=float(speeds.max()),
        fastest=int(speeds.argmax()),
    )


def refreshed(known: Layout, problem: Problem, u: Array) -> Layout:
    """Return a layout at `u` from one of the same diffusivities, `known`, that filled all regions.

    Only what leaves and enters in regions that follow fields is worked out anew.
    """
    storage = problem.storage(u)
    transports = [
        replace(moving, crossed=_anew(problem, i, moving.crossed, u, storage))
        if problem.follows(problem.fields[i])
        else moving
        for i, moving in enumerate(known.transports)
    ]
    _, gain, loss = _local(problem, transports, u)
    return replace(
        known,
        fields=known.fields._replace(gain=gain, loss=loss),
        crossed=tuple(
            _sparse(i, c, whole)
            for i, (t, full) in enumerate(zip(transports, known.transports, strict=True))
            for c, whole in zip(t.crossed, full.crossed, strict=True)
        ),
    )


def _anew(
    problem: Problem, i: int, known: list[Crossing], u: Array, storage: Array
) -> list[Crossing]:
    """Return the crossings of field `i` with those of its sources anew."""
    item = problem.fields[i]
    return known[: len(item.boundaries)] + source_crossings(problem, item, u, storage[i])


def _pores(problem: Problem, storage: Array) -> Array:
    """Return the porosity per cell, or nothing where it changes nothing."""
    held = storage[problem.solutes]
    return np.zeros(0) if np.all(held == 1.0) else np.ascontiguousarray(held[0])


def _unlisted_transport(problem: Problem, item: Field, u: Array, storage: Array) -> FieldTransport:
    crossed = crossings(problem, item, problem.place_diffusivity(item, u), u, storage)
    return FieldTransport(diffusivity=np.zeros(0), crossed=crossed)


def _way(item: Field, uniform: bool) -> int:
    if item.anisotropy is not None:
        return 3
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


def _along_arms(
    problem: Problem, u: Array, stencils: Mapping[int, Arms]
) -> tuple[Array, Array, Array]:
    """Return where each cell's arms begin, whereto they lead, and what passes, mm^3/day."""
    begin = np.zeros((len(stencils), problem.geometry.size + 1), dtype=np.int64)
    to, passes, before = [np.zeros(0, dtype=np.int32)], [np.zeros(0)], 0
    for row, (i, stencil) in zip(begin, stencils.items(), strict=True):
        row[:] = stencil.begin + before
        before += stencil.to.size
        to.append(stencil.to)
        passes.append(arm_exchange(problem, i, u, stencil)[stencil.pair])
    return begin, np.concatenate(to), np.concatenate(passes)


def _local(
    problem: Problem, transports: list[FieldTransport], u: Array
) -> tuple[Array, Array, Array]:
    """Return each field's row, and gains (amount/mm^3/day) and losses (1/day of u) of the rows."""
    leaves = problem.travels if problem.egress.any() else np.zeros_like(problem.travels)
    infusion = np.zeros((len(transports), 1)) if problem.infusion is None else problem.infusion
    comes = np.asarray(infusion.any(axis=1))
    chosen = [i for i, t in enumerate(transports) if t.crossed or leaves[i] or comes[i]]
    gain = np.zeros((len(chosen), problem.geometry.size if chosen else 0))
    loss = np.zeros_like(gain)
    for row, i in enumerate(chosen):
        if leaves[i]:
            loss[row] += problem.egress_at(u)
        gain[row] += infusion[i]
        for crossing in transports[i].crossed:
            gain[row] += crossing.gain
            loss[row] += crossing.loss
    return _rows(len(transports), chosen), gain, loss


def _sparse(i: int, crossing: Crossing, whole: Crossing) -> SparseCrossing:
    """Return a crossing in the cells that its `whole` touches, so that they stay the same."""
    cells = np.flatnonzero((whole.gain != 0) | (whole.loss != 0))
    return SparseCrossing(
        species=i,
        apart=crossing.apart,
        cells=cells,
        gain=crossing.gain[cells],
        loss=crossing.loss[cells],
    )
