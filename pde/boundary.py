"""What crosses a named boundary, and what a named region adds or removes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.geometries.geometry import Boundary

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class PrescribedFlux:
    """A given flux into the tissue, amount/mm^2/day (negative fluxes are not allowed)."""

    flux: float

    def __post_init__(self) -> None:
        if self.flux < 0:
            msg = f"boundary flux {self.flux:g} is negative; use a Robin condition for an outflow"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class FixedValue:
    """A given value at the face itself, in the field's unit."""

    value: float


@dataclass(frozen=True, kw_only=True)
class Robin:
    """A flux out of transfer_coefficient x (u at the face - exterior).

    The coefficient is in mm/day, `exterior` in the field's unit.
    """

    transfer_coefficient: float
    exterior: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """A boundary or a region through which a field comes and goes."""

    field: str
    kind: Literal["boundary", "region"]
    name: str


BoundaryCondition = PrescribedFlux | FixedValue | Robin


def conductance(condition: FixedValue | Robin, diffusivity: Array, distances: Array) -> Array:
    """Return the mm/day between cell centre and exterior: half a cell and the film in series."""
    inner = diffusivity / distances
    if isinstance(condition, FixedValue):
        return inner
    film = condition.transfer_coefficient
    total = inner + film
    return np.divide(inner * film, total, out=np.zeros_like(inner), where=total > 0)


def exterior_value(condition: FixedValue | Robin) -> float:
    """Return the value that the field relaxes to through the boundary."""
    return condition.value if isinstance(condition, FixedValue) else condition.exterior


@dataclass(frozen=True, kw_only=True, eq=False)
class RegionSource:
    """In a named region: `supply` in amount/mm^3/day and first-order `removal` in 1/day.

    Each is one number, or one for every mesh cell of the geometry.
    """

    region: str
    supply: float | Array = 0.0
    removal: float | Array = 0.0

    def __post_init__(self) -> None:
        if np.any(np.less(self.supply, 0)) or np.any(np.less(self.removal, 0)):
            msg = f"region '{self.region}': supply and removal must not be negative"
            raise InputError(msg)


def require_apart(names: Iterable[str], boundaries: Mapping[str, Boundary], what: str) -> None:
    """Raise `InputError` naming `what` if two of the boundaries have faces in common."""
    for one, two in combinations(names, 2):
        a, b = boundaries[one].faces, boundaries[two].faces
        shared = 0 if a is None or b is None else np.intersect1d(a, b).size
        if shared:
            msg = f"{what}: the boundaries '{one}' and '{two}' have {shared} faces in common"
            raise InputError(msg)
