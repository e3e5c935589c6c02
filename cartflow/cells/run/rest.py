"""What kinds that are densities hop by, and the engine of what are no cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from cartflow.cells.births.acts import Acts, rest_of
from cartflow.cells.hybrid.equations import field_of_density, row_name, with_densities
from cartflow.cells.hybrid.flows import Flows
from cartflow.cells.hybrid.hopping import Hopping
from cartflow.cells.hybrid.neighbours import Neighbours
from cartflow.cells.hybrid.walls import walls_of
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.problem import Field, Problem


def diffusivity_of(problem: Problem, item: Field) -> float:
    """Return the diffusivity of a field of cells, mm^2/day, which is one number."""
    state = np.ones((len(problem.fields), problem.geometry.size))
    return float(problem.place_diffusivity(item, state)[0])


def hopping_of(
    problem: Problem, fields: Sequence[Field], dense: Collection[str], mesh: Neighbours
) -> Hopping:
    """Return how those kinds hop, by their `fields`, that may be densities (`dense`)."""
    kinds = [kind for kind, item in enumerate(fields) if item.name in dense]
    items = [fields[kind] for kind in kinds]
    return Hopping(
        kinds=kinds,
        flows=[
            Flows(
                item=item,
                diffusivity=diffusivity_of(problem, item),
                geometry=problem.geometry,
                mesh=mesh,
            )
            for item in items
        ],
        attractants=[
            -1 if item.chemotaxis is None else problem.network.index(item.chemotaxis.attractant)
            for item in items
        ],
        walls=[walls_of(problem, *pair) for pair in zip(items, kinds, strict=True)],
    )


def engine_of_rest(
    problem: Problem, acts: Acts, kinds: Sequence[str], dense: Sequence[str]
) -> FastEngine | None:
    """Return the engine of what are no cells; none where nothing of it ever changes."""
    network = rest_of(problem.network, kinds)
    if dense:
        network = with_densities(network, acts, kinds, dense)
    items = [problem.fields[problem.network.index(name)] for name in dense]
    still = (
        *(Field(name=item.name) if item.name in kinds else item for item in problem.fields),
        *(field_of_density(item) for item in items),
    )
    if not network.reactions and not any(item.mobile or item.sources for item in still):
        return None
    rest = replace(
        problem,
        network=network,
        fields=still,
        egress=np.zeros_like(problem.egress),
        counted=tuple(row_name(name) for name in dense),
    )
    return FastEngine(rest)
