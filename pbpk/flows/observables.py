"""What is reported of the body: cells by organ and space, and blood counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cartflow.core.remembered import Same
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork

Array = NDArray[np.float64]
SPACES = ("vascular", "tissue", "cavity")


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganTable:
    """Cells by organ and space; `volumes` (organ, space) in mm3, nan where there is no space.

    The vascular space of ``blood`` is venous and arterial blood together.
    """

    organs: tuple[str, ...]
    spaces: tuple[str, ...]
    volumes: Array
    members: Array

    def cells(self, state: Array) -> Array:
        """Return states (..., n, p) as cells (..., p, organ, space), nan where is no space."""
        counts = np.einsum("osn,...np->...pos", self.members, state)
        return np.where(np.isnan(self.volumes), np.nan, counts)

    def totals(self, state: Array) -> Array:
        """Return the cells (organ,) of the state (n, p), all phenotypes and spaces together."""
        return np.asarray(np.nansum(self.cells(state), axis=(0, 2)))


def organ_table(network: OrganNetwork) -> OrganTable:
    """Return how the network's compartments map to organs and spaces; ``lost`` is in none."""
    return _table(Same(network.compartments), network.counted_share)


@lru_cache(maxsize=16)
def _table(places: Same, counted_share: float) -> OrganTable:
    compartments: tuple[Compartment, ...] = places.value
    placed = [(n, c) for n, c in enumerate(compartments) if c.organ]
    organs = tuple(dict.fromkeys(c.organ for _, c in placed))
    spaces = tuple(s for s in SPACES if any(c.space == s for _, c in placed))
    members = np.zeros((len(organs), len(spaces), len(compartments)))
    for number, compartment in placed:
        members[organs.index(compartment.organ), spaces.index(compartment.space), number] = 1.0
    volumes = members @ np.array([compartment.volume for compartment in compartments])
    vascular = [space == "vascular" for space in spaces]
    # A clinic counts cells per blood, also where cells travel with plasma alone, unless the
    # model's own pool is what it calls blood.
    volumes[:, vascular] /= counted_share
    volumes[members.sum(axis=2) == 0] = np.nan
    for each in (volumes, members):
        each.setflags(write=False)
    return OrganTable(organs=organs, spaces=spaces, volumes=volumes, members=members)


def venous_concentration(network: OrganNetwork, state: Array) -> Array:
    """Return cells per mm3 (so per uL) of venous blood, (..., p), from states (..., n, p).

    Blood is what the trafficking model says that it counts cells in (`[blood] counted_in`).
    """
    place = network.index("venous")
    blood = network.compartments[place].volume / network.counted_share
    concentration: Array = state[..., place, :] / blood
    return concentration


def in_body(network: OrganNetwork, state: Array) -> Array:
    """Return the cells (..., p) in all organs, without lost cells and cells handed over."""
    inside = [place for place, each in enumerate(network.compartments) if each.organ]
    total: Array = np.take(state, inside, axis=-2).sum(axis=-2)
    return total
