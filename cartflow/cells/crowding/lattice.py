"""Cells on a lattice, of which a site holds so many and no more: they hop, and bear into room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.cells.births.happen import Choices, Weights, inherited
from cartflow.cells.births.kernels import chance_of, drawn_act
from cartflow.cells.chance.philox import EVENTS, PLACING, SITES, coarse, draw, uniform
from cartflow.cells.chance.streams import stream
from cartflow.cells.movement import in_grid
from cartflow.cells.population import ALONE, Population
from cartflow.cells.room.grid import Grid
from cartflow.core.compiling import serial
from cartflow.core.outcome import StepFailed

Array = np.ndarray


def hopped(
    cells: Population,
    room: Grid,
    diffusivity: Array,
    per_site: int,
    dt: float,
    step: int,
    seed: int,
) -> Population:
    """Return the cells after `dt` days in which each tries to hop to sites that share a face.

    It tries one of the `per_site` places of each of them at the rate D / spacing^2, and stays where
    that is taken or a wall is there: all tries of all cells one after another, as a Poisson stream
    has them, exactly. So the mean of many runs is a diffusion, however crowded it is. `diffusivity`
    (kinds) is in mm2/day; cells are anywhere in their site.
    """
    rates = diffusivity[:, None] / room.spacing**2 * room.moving
    fastest = 2.0 * float(rates.sum(axis=1).max(initial=0.0))
    tries = stream(seed, "hops", step).poisson(cells.size * fastest * dt) if cells.size else 0
    if not tries:
        return cells
    place, filled = cells.place.copy(), np.bincount(cells.place, minlength=len(room.voxels))
    moved = np.zeros(cells.size, dtype=bool)
    law = (rates, fastest, per_site)
    _hop(tries, place, cells.kind, filled, moved, room.inside, room.voxels, *law, step, seed)
    return settled(cells, room, place, moved, step, seed)


def settled(
    cells: Population, room: Grid, place: Array, moved: Array, step: int, seed: int
) -> Population:
    """Return the cells in the sites `place`, those that `moved` put anywhere in theirs."""
    new = replace(cells, place=place, position=cells.position.copy())
    rows = np.flatnonzero(moved)
    position = np.empty((rows.size, 3))
    names = cells.name[rows]
    in_grid.put(
        0, rows.size, position, place[rows], names, room.spacing, room.voxels, step, seed, PLACING
    )
    new.position[rows] = position
    return new


@serial
def _hop(  # type: ignore[no-untyped-def]
    tries, place, kind, filled, moved, inside, voxels, rates, fastest, per_site, step, seed
):
    for number in range(tries):
        a, b, c, e = draw(seed, number, step, SITES, 0)
        i = min(int(uniform(a, b) * place.size), place.size - 1)
        mark = coarse(c) * fastest
        for way in range(6):
            mark -= rates[kind[i], way // 2]
            if mark < 0.0:
                to = _beside(place[i], way, inside, voxels)
                if to >= 0 and filled[to] < int(coarse(e) * per_site) + 1:
                    filled[place[i]] -= 1
                    filled[to] += 1
                    place[i], moved[i] = to, True
                break


@serial
def _beside(place, way, inside, voxels):  # type: ignore[no-untyped-def]
    """Return the site beside another, or below 0 where a wall is."""
    x, y, z = voxels[place, 0], voxels[place, 1], voxels[place, 2]
    step = 2 * (way % 2) - 1
    if way < 2:
        return inside[x + step, y, z]
    if way < 4:
        return inside[x, y + step, z]
    return inside[x, y, z + step]


def happened_in_sites(
    cells: Population,
    room: Grid,
    acts: Choices,
    chances: Array,
    per_site: int,
    dt: float,
    step: int,
    seed: int,
    most: int,
    weights: Weights,
) -> tuple[Population, Array]:
    """Return the cells after `dt` days, and how often each act happened, in sites with room.

    As `happened`, but that a cell does one thing at most within a step, and what comes of it beside
    the first goes to its own site, or to one beside it drawn by lot that has room; where none has,
    nothing happens. Cells take their turns in an order drawn anew.
    """
    size, width = cells.size, acts.outcome.shape[1]
    counts = np.zeros(acts.out.size, dtype=np.int64)
    if not size or not acts.out.size:
        return cells, counts
    order = stream(seed, "turns", step).permutation(size)
    filled = np.bincount(cells.place, minlength=len(room.voxels))
    numbers = np.ones(size, dtype=np.int64)
    kinds = np.repeat(cells.kind[:, None], width, axis=1)
    places = np.repeat(cells.place[:, None], width, axis=1)
    moving = np.repeat(room.moving, 2)
    _events(
        order, cells.kind, cells.place, cells.name, np.ascontiguousarray(chances), acts.begin,
        acts.outcome, acts.out, weights.of_cells, weights.column, filled, per_site, room.inside,
        room.voxels, moving, dt, step, seed, numbers, kinds, places, counts,
    )  # fmt: skip
    if not counts.any():
        return cells, counts
    total = int(numbers.sum())
    if total > most:
        raise StepFailed("cells", f"{total} cells are more than cells.most = {most}")
    mother = np.repeat(np.arange(size), numbers)
    to = np.cumsum(numbers) - numbers
    which = np.arange(total) - to[mother]
    born = which > 0
    new = Population.fresh(total, cells.traits.shape[1])
    new.position[:], new.heading[:] = cells.position[mother], cells.heading[mother]
    new.kind[:], new.name[:] = kinds[mother, which], cells.name[mother]
    new.name[born] = cells.unborn + np.arange(int(born.sum()), dtype=np.uint64)
    new = inherited(cells, new, mother, np.where(numbers > 0, to, ALONE))
    return settled(new, room, places[mother, which], born, step, seed), counts


@serial
def _events(  # type: ignore[no-untyped-def]
    order, kind, place, name, chances, begin, outcome, out, weights, column, filled, per_site,
    inside, voxels, moving, dt, step, seed, numbers, kinds, places, counts,
):  # fmt: skip
    ways = np.arange(6)
    for i in order:
        here, weight = place[i], weights[min(i, weights.shape[0] - 1)]
        total = 0.0
        for act in range(begin[kind[i]], begin[kind[i] + 1]):
            total += chance_of(act, here, chances, weight, column)
        if total <= 0.0:
            continue
        a, b, c, _ = draw(seed, name[i], step, EVENTS, 0)
        if uniform(a, b) > -np.expm1(-total * dt):
            continue
        chosen = drawn_act(coarse(c) * total, kind[i], here, chances, begin, weight, column)
        if out[chosen] == 0:
            filled[here] -= 1
        if not _bear(
            i, here, chosen, outcome, out, filled, per_site, inside, voxels, moving, ways,
            name[i], step, seed, kinds, places,
        ):  # fmt: skip
            continue
        counts[chosen] += 1
        numbers[i] = out[chosen]
        if out[chosen] > 0:
            kinds[i, 0] = outcome[chosen, 0]


@serial
def _bear(  # type: ignore[no-untyped-def]
    i, here, act, outcome, out, filled, per_site, inside, voxels, moving, ways, name, step, seed,
    kinds, places,
):  # fmt: skip
    """Find sites for what comes of a cell beside the first; return whether there is room."""
    for other in range(1, out[act]):
        site = here if filled[here] < per_site else -1
        if site < 0:
            _shuffle(ways, seed, name, step, other)
            for way in ways:
                beside = _beside(here, way, inside, voxels) if moving[way] else -1
                if beside >= 0 and filled[beside] < per_site:
                    site = beside
                    break
        if site < 0:
            for placed in range(1, other):
                filled[places[i, placed]] -= 1
            return False
        filled[site] += 1
        kinds[i, other], places[i, other] = outcome[act, other], site
    return True


@serial
def _shuffle(ways, seed, name, step, number):  # type: ignore[no-untyped-def]
    a, b, c, e = draw(seed, name, step, EVENTS, number)
    words = (a, b, c, e, a ^ c)
    for k in range(5, 0, -1):
        other = min(int(coarse(words[k - 1]) * (k + 1)), k)
        ways[k], ways[other] = ways[other], ways[k]


def with_room(places: Array, cells: Population, room: Grid, per_site: int) -> Array:
    """Return where new cells go that come to the sites `places`: there, or the nearest with room.

    Raises `StepFailed` where none has room.
    """
    filled = np.bincount(cells.place, minlength=len(room.voxels))
    found = places.astype(np.int32)
    if not _make_room(found, filled, per_site, room.inside, room.voxels):
        raise StepFailed("cells", f"all sites hold cells.per_site = {per_site} cells")
    return found


@serial
def _make_room(places, filled, per_site, inside, voxels):  # type: ignore[no-untyped-def]
    seen = np.full(filled.size, -1, np.int64)
    queue = np.empty(filled.size, np.int64)
    for i in range(places.size):
        queue[0], done, waiting = places[i], 0, 1
        seen[places[i]] = i
        while done < waiting and filled[queue[done]] >= per_site:
            for way in range(6):
                beside = _beside(queue[done], way, inside, voxels)
                if beside >= 0 and seen[beside] != i:
                    seen[beside] = i
                    queue[waiting] = beside
                    waiting += 1
            done += 1
        if done == waiting:
            return False
        places[i] = queue[done]
        filled[queue[done]] += 1
    return True
