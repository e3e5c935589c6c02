"""Amounts of organ kinetics below which none needs relative precision, compiled."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cartflow.core.compiling import njit
from cartflow.pbpk.organs.arrays import Group, Sizes, System
from cartflow.pbpk.organs.lane_algebra import rows

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]


class Counting(NamedTuple):
    """What is counted at each time, and what amounts are a lot.

    `tallies` (counts, reactions) turn events into counts, of which from `made` on there are the
    amounts made of each `circulating` species (by its place), then those used. `staying`
    (entries, 3) are a species, a site and the row of what stays there, of which `usual` (entries,)
    is there at the start; `travelling` (species,) is 1 for those that travel. Rows that are
    `gathered` begin anew after each time. Amounts are followed relative to themselves down to
    `floor` of what is a lot, and to `least` (size,).
    """

    tallies: Array
    made: int
    circulating: Places
    staying: Places
    usual: Array
    travelling: Places
    turnover: Array
    gathered: Places
    floor: float
    least: Array


@njit(error_model="numpy", cache=True)
def _events_at_most(
    rates: Any, most: Array, system: System, animals: Group, sizes: Sizes, counting: Counting
) -> Array:
    """Return events a day (reactions x sites) if all that travels were at each site."""
    species, sites = system.places.shape
    whole = 0.0
    for row in range(sizes.phenotypes * sizes.compartments):
        whole += most[row]
    density, found = rows(species, sites), rows(sizes.reactions, sites)
    for s in range(species):
        for site in range(sites):
            if counting.travelling[s]:
                density[s, site] = whole * animals.inverse_volumes[s * sites + site, 0]
    for e in range(len(counting.staying)):
        s, site = counting.staying[e, 0], counting.staying[e, 1]
        density[s, site] = counting.usual[e] * animals.inverse_volumes[s * sites + site, 0]
    rates(density, animals.parameters, 0, sites, found)
    for r in range(sizes.reactions):
        for site in range(sites):
            size = abs(found[r, site]) * animals.volumes[r * sites + site, 0]
            found[r, site] = size if size < 1e300 else 0.0
    return found


@njit(error_model="numpy", cache=True)
def floors(
    rates: Any,
    most: Array,
    system: System,
    animals: Group,
    sizes: Sizes,
    counting: Counting,
) -> Array:
    """Return the amounts (size,) below which none needs relative precision.

    They are a part of what is a lot, as `cartflow.pbpk.organs.run.scales` says, with all that
    there is in the state `most`, and at most the `least` amounts.
    """
    events = _events_at_most(rates, most, system, animals, sizes, counting)
    whole, found = 0.0, np.empty(most.size)
    for row in range(sizes.phenotypes * sizes.compartments):
        whole += most[row]
    for row in range(most.size):
        found[row] = max(whole, 1.0)
    species, sites = system.places.shape
    turned = np.zeros((species, sites))
    for s in range(species):
        for site in range(sites):
            for r in range(sizes.reactions):
                turned[s, site] = max(turned[s, site], counting.turnover[s, r] * events[r, site])
    for e in range(len(counting.staying)):
        s, site, row = counting.staying[e, 0], counting.staying[e, 1], counting.staying[e, 2]
        found[row] = max(counting.usual[e], turned[s, site], 1e-12)
    for c in range(len(counting.circulating)):
        held, made = 0.0, 0.0
        for row in range(system.groups[c, 0], system.groups[c, 1]):
            held += most[row]
        for site in range(sites):
            made = max(made, turned[counting.circulating[c], site])
        for row in range(system.groups[c, 0], system.groups[c, 1]):
            found[row] = max(held, made, 1e-12)
    for row in range(most.size):
        found[row] = min(counting.floor * found[row], counting.least[row])
    return found
