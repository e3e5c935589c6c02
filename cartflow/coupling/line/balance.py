"""Scales for the rows of the mesh's matrix, so that species of unlike amounts stand side by side.

Rows scaled to largest entries of one would be led by what a nanogram of an attractant does to
cells by the hundred thousand, with diagonals of next to nothing, and rows would be swapped for no
need. One scale a species, by Osborne's balancing of the largest entries between each two, leaves
what couples them as small as it is against the diagonal.
"""

from __future__ import annotations

import numpy as np

from cartflow.core.compiling import fused_in_place, in_place
from cartflow.coupling.line.band import width_of

Array = np.ndarray

_SWEEPS = 3
# What does not couple counts as if it did by this share of the diagonal.
_LITTLE = 1e-3


@fused_in_place
def largest_entries(band: Array, entries: Array, largest: Array) -> None:
    """Write the largest entries between each two species (species, species), rows first.

    `entries` (species, columns of the band) gets those of each species' rows.
    """
    species, width = largest.shape[0], width_of(band)
    for s in range(species):
        for k in range(2 * width + 1):
            entries[s, k] = abs(band[s, k])
    for c in range(1, band.shape[0] // species):
        for s in range(species):
            for k in range(2 * width + 1):
                size = abs(band[c * species + s, k])
                entries[s, k] = size if size > entries[s, k] else entries[s, k]
    for s in range(species):
        for j in range(species):
            largest[s, j] = 0.0
        for k in range(2 * width + 1):
            j = (s + k - width) % species
            largest[s, j] = max(largest[s, j], entries[s, k])


@in_place
def balanced(largest: Array, units: Array) -> None:
    """Write one scale a species (species,) that balances its row and column of `largest`."""
    species = largest.shape[0]
    for s in range(species):
        units[s] = 1.0
    for _ in range(_SWEEPS):
        for s in range(species):
            row = column = _LITTLE * largest[s, s]
            for j in range(species):
                if j != s:
                    row = max(row, largest[s, j] * units[s] / units[j])
                    column = max(column, largest[j, s] * units[j] / units[s])
            units[s] *= np.sqrt(column / row)


@in_place
def row_scales(band: Array, entries: Array, largest: Array, units: Array, scale: Array) -> None:
    """Write the scale of each row, which is its species'."""
    largest_entries(band, entries, largest)
    balanced(largest, units)
    for c in range(scale.size // units.size):
        for s in range(units.size):
            scale[c * units.size + s] = units[s]
