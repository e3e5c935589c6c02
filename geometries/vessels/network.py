"""A network of vessels: straight segments with a radius at either end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cartflow.core.outcome import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class VesselNetwork:
    """Segments of vessels from `starts` to `ends` (segments, 3) mm.

    `radii` (segments, 2) in mm are those at start and end, which change evenly between; None where
    the file has none. `lengths` (segments,) in mm are those of the centre lines, longer than the
    straight line where a file gives winding vessels so. `flows` (segments,) are as the file has
    them. `notes` say what was left out.
    """

    starts: Floats
    ends: Floats
    lengths: Floats
    radii: Floats | None = None
    flows: Floats | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        arrays = [self.starts, self.ends, self.lengths]
        arrays += [given for given in (self.radii, self.flows) if given is not None]
        if not len(self.starts):
            raise InputError("the network has no segment of a length above 0")
        if not all(np.isfinite(given).all() for given in arrays):
            raise InputError(
                "the network holds places, lengths, radii or flows that are not finite"
            )
        if self.radii is not None and (self.radii < 0).any():
            msg = f"{int((self.radii < 0).any(axis=1).sum())} segments have a radius below 0"
            raise InputError(msg)

    @property
    def size(self) -> int:
        """The number of segments."""
        return len(self.starts)

    @property
    def length(self) -> float:
        """The length of all centre lines, mm."""
        return float(self.lengths.sum())

    @property
    def without_radius(self) -> int:
        """How many segments have a radius of 0 at an end."""
        return 0 if self.radii is None else int((self.radii == 0).any(axis=1).sum())

    @property
    def box(self) -> Floats:
        """The lowest and the highest corner (2, 3) of the box around the centre lines, mm."""
        both = np.concatenate([self.starts, self.ends])
        return np.stack([both.min(axis=0), both.max(axis=0)])

    @cached_property
    def slants(self) -> Floats:
        """The length (segments,) along the wall of each segment, a cone cut off, mm."""
        radii = self.known_radii()
        return np.hypot(self.lengths, radii[:, 1] - radii[:, 0])

    @property
    def areas(self) -> Floats:
        """The area (segments,) of each segment's wall, pi (r1 + r2) times its slant, mm2."""
        return np.pi * self.known_radii().sum(axis=1) * self.slants

    @property
    def volumes(self) -> Floats:
        """The volume (segments,) within the walls, pi L (r1^2 + r1 r2 + r2^2)/3, mm3."""
        one, two = self.known_radii().T
        return np.pi / 3.0 * self.lengths * (one**2 + one * two + two**2)

    @property
    def components(self) -> int:
        """How many parts there are that hang together by common ends."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        both = np.concatenate([self.starts, self.ends])
        number = np.unique(both, axis=0, return_inverse=True)[1].reshape(2, -1)
        size = int(number.max()) + 1
        edges = coo_array((np.ones(self.size), (number[0], number[1])), shape=(size, size))
        return int(connected_components(edges, directed=False)[0])

    def known_radii(self) -> Floats:
        """Return the radii (segments, 2) mm. Raises `InputError` where none are given."""
        if self.radii is None:
            raise InputError("the vessels have no radii; give radius, that of all")
        return self.radii

    def with_radii(self, radius: float | None, least: float | None) -> VesselNetwork:
        """Return the network with `radius` (mm) where it has none, and none below `least` (mm).

        Raises `InputError` where a radius is 0 and `least` does not say what that means, or where
        both the file and the study give radii.
        """
        if self.radii is not None and radius is not None:
            raise InputError("radius: the file gives radii of its own; leave it out")
        given = self.known_radii() if radius is None else np.full((self.size, 2), radius)
        if least is None and (given == 0).any():
            whole = replace(self, radii=given)
            msg = (
                f"{whole.without_radius} of {self.size} segments have a radius of 0 at an end; say "
                "by least_radius what is meant, such as '2.5 um', or '0 um' for pointed ends"
            )
            raise InputError(msg)
        return replace(self, radii=np.maximum(given, least or 0.0))

    def moved(self, shift: Floats) -> VesselNetwork:
        """Return the network moved by `shift` (3,) mm."""
        return replace(self, starts=self.starts + shift, ends=self.ends + shift)
