"""By what ways cells go, and whence they come, apart from walls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.pde.boundary import Place
from cartflow.pde.problem import Field, Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaving:
    """A way by which cells of a `kind` go: by lymph (no place), or in the region of a `place`.

    `rate` (mesh cells) is per day.
    """

    kind: int
    rate: Array
    place: int | None


def leaving_of(problem: Problem, rows: Array, fields: Sequence[Field]) -> tuple[Leaving, ...]:
    """Return the ways by which kinds go, with their `rows` among the species and `fields`.

    They are the egress of what travels, and removal in regions.
    """
    found = []
    for kind, (row, item) in enumerate(zip(rows, fields, strict=True)):
        if problem.travels[row] and problem.egress.any():
            found.append(Leaving(kind=kind, rate=problem.egress, place=None))
        for source in item.sources:
            if np.any(source.removal):
                inside = problem.geometry.region(source.region) * source.removal
                place = _place(problem, item, source.region)
                found.append(Leaving(kind=kind, rate=inside, place=place))
    return tuple(found)


def supplies_of(problem: Problem, fields: Sequence[Field]) -> tuple[tuple[int, Array, int], ...]:
    """Return the kind, cells a day in every mesh cell, and place of each supply in a region."""
    geometry = problem.geometry
    return tuple(
        (
            kind,
            geometry.region(source.region) * source.supply * geometry.cell_volumes,
            _place(problem, item, source.region),
        )
        for kind, item in enumerate(fields)
        for source in item.sources
        if np.any(source.supply)
    )


def _place(problem: Problem, item: Field, region: str) -> int:
    return problem.places.index(Place(field=item.name, kind="region", name=region))
