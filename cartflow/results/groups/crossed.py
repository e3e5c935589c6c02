"""What came and went through each boundary of a tumour, and in each of its regions."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import label, variable
from cartflow.coupling.record import Record
from cartflow.pde.boundary import Place
from cartflow.pde.problem import Problem

Array = np.ndarray

_WAYS = {
    "boundary": ("entered", "came in through the boundary", "left", "went out through it"),
    "region": ("supplied", "supplied in the region", "removed", "removed in it"),
}


def crossed(record: Record, problem: Problem) -> dict[str, xr.Variable]:
    """Return what came and went since the start through each boundary and region, by field."""
    came = np.array([s.ledger.came for s in record.states])
    went = np.array([s.ledger.went for s in record.states])
    moving = [region.name for region in problem.following]
    named = {
        "boundary": list(problem.geometry.boundaries),
        "region": [*problem.geometry.regions, *moving],
    }
    found = {}
    for kind, (inwards, came_in, outwards, went_out) in _WAYS.items():
        fields = dict.fromkeys(p.field for p in problem.places if p.kind == kind)
        if fields:
            found[kind] = label((kind,), named[kind], f"{kind} of the tumour")
        for field in fields:
            species = problem.network.species[problem.network.index(field)]
            name, unit = species.long_name or field, f"{species.unit}*mm^3"
            for way, text, amounts in ((inwards, came_in, came), (outwards, went_out, went)):
                values = _by_place(amounts, problem.places, field, kind, named[kind])
                found[f"{way}_{field}"] = variable(("time", kind), values, unit, f"{name}, {text}")
    return found


def _by_place(
    amounts: Array, places: tuple[Place, ...], field: str, kind: str, names: list[str]
) -> Array:
    """Return the columns of a field's boundaries or regions, zero where nothing may cross."""
    values = np.zeros((len(amounts), len(names)))
    for column, place in enumerate(places):
        if (place.field, place.kind) == (field, kind):
            values[:, names.index(place.name)] += amounts[:, column]
    return values
