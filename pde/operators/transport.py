"""What moves one field, and what crosses its boundaries, at the state of now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.pde.faces import arithmetic, harmonic
from cartflow.pde.operators.arms import Arms
from cartflow.pde.operators.crossings import Crossing, crossings
from cartflow.pde.operators.standing import stretches
from cartflow.pde.problem import Field, Problem

Array = np.ndarray
# Why a step can be no longer than cells take to leave a mesh cell.
TOO_FAST = "its drift allows no longer step"


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldTransport:
    """`diffusivity` (mm^2/day) at the interior faces, empty where immobile, and the crossings."""

    diffusivity: Array
    crossed: list[Crossing]


def field_transport(problem: Problem, i: int, state: Array, storage: Array) -> FieldTransport:
    """Return how field `i` diffuses and what crosses its boundaries at `state` (species, cells).

    D at a face is the harmonic mean of D of place, times the arithmetic mean of D(u)/D0; beside
    a cut surface that holds a value, so much more as the two cells stand nearer to each other.
    """
    item = problem.fields[i]
    of_place = problem.place_diffusivity(item, state)
    # An immobile field has no faces to cross, which are not asked for then: they are many.
    at_faces = _at_faces(problem, item, of_place, state[i]) if item.mobile else np.zeros(0)
    crossed = crossings(problem, item, of_place, state, storage[i])
    return FieldTransport(diffusivity=at_faces, crossed=crossed)


def _at_faces(problem: Problem, item: Field, of_place: Array, values: Array) -> Array:
    faces = problem.geometry.connectivity
    found = harmonic(of_place, faces) * stretches(item, problem.geometry, of_place)
    if item.density_dependence is not None:
        found *= arithmetic(item.density_dependence.factor(values), faces)
    return np.asarray(found)


def arm_exchange(problem: Problem, i: int, state: Array, stencil: Arms) -> Array:
    """Return what passes along the arms of field `i` per unit of difference, mm^3/day.

    The harmonic mean of D of place at both ends, times the arithmetic mean of D(u)/D0.
    """
    item = problem.fields[i]
    passes = stencil.exchange(problem.place_diffusivity(item, state))
    if item.density_dependence is not None:
        factor = item.density_dependence.factor(state[i])
        passes *= 0.5 * (factor[stencil.owner] + factor[stencil.neighbour])
    return passes


def drift(problem: Problem, item: Field, state: Array) -> Array | None:
    """Return the velocity of a field at the interior faces, mm/day, or None where none drifts."""
    if item.chemotaxis is None:
        return None
    attractant = state[problem.network.index(item.chemotaxis.attractant)]
    return item.chemotaxis.face_velocity(attractant, problem.geometry.connectivity)


def steady(problem: Problem, item: Field) -> bool:
    """Return whether diffusivity and crossings of a field never change."""
    return moves_steadily(problem, item) and not problem.follows(item)


def moves_steadily(problem: Problem, item: Field) -> bool:
    """Return whether the diffusivity of a field never changes."""
    return problem.tissue.matrix is None and item.density_dependence is None
