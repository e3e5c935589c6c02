"""What the volume of a tumour that grows follows: the room that its cells take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from cartflow.core.outcome import InputError

Array = np.ndarray
# How unevenly cells may fill the tissue at the start.
_EVEN = 1e-9


@dataclass(frozen=True, kw_only=True)
class Level:
    """Where the field in row `species` is above (or below) a `value`, from the centre outwards."""

    species: int
    value: float
    above: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Growth:
    """The `room` (mm^3 of tissue) that a cell of each species takes, 0 for what takes none.

    Lengths grow with the volume to the power 1 / `dimensions`: 1 of a slab, 2 of a cylinder, 3 of
    a ball. `levels` name the radii that are told of it.
    """

    room: Array
    dimensions: int
    levels: Mapping[str, Level] = field(default_factory=dict)

    def filled(self, densities: Array) -> Array:
        """Return which share of its volume every mesh cell's cells fill; one, as they grow."""
        return np.asarray(self.room @ densities)


def rooms(shares: Array, densities: Array, names: list[str]) -> Array:
    """Return the room of a cell of each species, which together fill the tissue at the start.

    `shares` (species,) are the sizes of their cells relative to each other, `densities` (species,
    mesh cells) those at the start. Raises `InputError` where these do not fill it evenly.
    """
    packed = shares @ densities
    if not packed.min() > 0.0:
        msg = f"no {' and no '.join(names)} stands in some of it at the start, whose volume it is"
        raise InputError(msg)
    if np.ptp(packed) > _EVEN * packed.max():
        msg = (
            f"{' + '.join(names)} must fill it evenly at the start, and are {packed.min():.6g} to "
            f"{packed.max():.6g} per mm^3"
        )
        raise InputError(msg)
    return np.asarray(shares / packed.mean())
