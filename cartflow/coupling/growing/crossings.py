"""What boundaries and regions let in and out as the tissue grows, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.pde.boundary import PrescribedFlux, exterior_value
from cartflow.pde.problem import Field, Problem

Array = np.ndarray
_FIXED = np.inf  # transfer coefficient of a face that holds its value


@dataclass(frozen=True, kw_only=True, eq=False)
class Crossings:
    """Entries (n,): of a `place` in a `cell` with a `species`; both ways at once where `apart`.

    At the start a face has an `area` (mm^2) at a `distance` (mm) from the centre of the cell,
    whose diffusivity is `inner` (mm^2/day), behind a `film` (mm/day) with an `exterior` value; it
    lets in a `flux` (amount/mm^2/day). A region's part of the cell is supplied (amount/day) and
    cleared (mm^3/day).
    """

    place: Array
    cell: Array
    species: Array
    apart: Array
    area: Array
    distance: Array
    inner: Array
    film: Array
    exterior: Array
    flux: Array
    supplied: Array
    cleared: Array
    dimensions: int

    def strengths(self, expansion: float) -> tuple[Array, Array]:
        """Return what comes in (amount/day) and what goes out per density (mm^3/day)."""
        stretch = expansion ** (1.0 / self.dimensions)
        inner = self.inner / (self.distance * stretch)
        # Half a cell and the film in series.
        through = np.divide(inner, 1.0 + inner / self.film, out=inner, where=self.film > 0.0)
        through *= np.where(self.film > 0.0, self.area, 0.0)
        wider = stretch ** (self.dimensions - 1)
        enters = (through * self.exterior + self.flux * self.area) * wider
        leaves = through * wider
        return enters + self.supplied * expansion, leaves + self.cleared * expansion

    def moved_by(self, expansion: float) -> tuple[Array, Array]:
        """Return the derivatives of `strengths` to the expansion."""
        little = 1e-5 * expansion
        more, less = self.strengths(expansion + little), self.strengths(expansion - little)
        return (more[0] - less[0]) / (2.0 * little), (more[1] - less[1]) / (2.0 * little)


def crossings_of(problem: Problem, storage: Array, dimensions: int) -> Crossings:
    """Return the entries of all places of a problem, whose `storage` is per species and cell."""
    entries: list[Entry] = []
    place, start = 0, np.ones_like(storage)
    for species, item in enumerate(problem.fields):
        of_place = problem.place_diffusivity(item, start)
        for own in (
            _at_boundaries(problem, item, of_place),
            _in_regions(problem, item, storage[species]),
        ):
            for one in own:
                entries += [(place, cell, species, *rest) for cell, *rest in one]
                place += 1
    table = np.array(entries, dtype=float).reshape(len(entries), 12).T
    return Crossings(
        place=table[0].astype(int),
        cell=table[1].astype(int),
        species=table[2].astype(int),
        apart=table[3].astype(bool),
        area=table[4],
        distance=table[5],
        inner=table[6],
        film=table[7],
        exterior=table[8],
        flux=table[9],
        supplied=table[10],
        cleared=table[11],
        dimensions=dimensions,
    )


Entry = tuple[Any, ...]


def _at_boundaries(problem: Problem, item: Field, of_place: Array) -> Iterator[list[Entry]]:
    for name, condition in item.boundaries.items():
        faces = problem.geometry.boundary(name)
        found = []
        for cell, area, distance in zip(faces.cells, faces.areas, faces.distances, strict=True):
            if isinstance(condition, PrescribedFlux):
                way = (0.0, 0.0, condition.flux)
            else:
                film = getattr(condition, "transfer_coefficient", _FIXED)
                way = (film, exterior_value(condition), 0.0)
            found.append((cell, False, area, distance, of_place[cell], *way, 0.0, 0.0))
        yield found


def _in_regions(problem: Problem, item: Field, storage: Array) -> Iterator[list[Entry]]:
    for source in item.sources:
        shares = problem.geometry.region(source.region) * problem.geometry.cell_volumes
        supplied, cleared = source.supply * shares, source.removal * shares * storage
        none = (True, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
        cells = np.flatnonzero(shares)
        yield [(cell, *none, supplied[cell], cleared[cell]) for cell in cells]
