"""What a field's boundaries are to its cells: walls that reflect, take up, leak, or let in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cartflow.cells.arrival.by_walls import Feed
from cartflow.cells.room.gates import Gate
from cartflow.cells.room.row import FILM, REFLECT, STOP
from cartflow.pde.boundary import BoundaryCondition, FixedValue, PrescribedFlux, Robin
from cartflow.pde.problem import Field


def ways_of(item: Field, walls: Sequence[str]) -> list[int]:
    """Return what each wall does: closed unless the field says otherwise, or only lets in."""
    return [_way(item.boundaries.get(name)) for name in walls]


def _way(condition: BoundaryCondition | None) -> int:
    if isinstance(condition, FixedValue):
        return STOP
    return FILM if isinstance(condition, Robin) else REFLECT


def films_of(item: Field, walls: Sequence[str], gates: Mapping[str, Gate]) -> list[float]:
    """Return the coefficient of each film (mm/day), less where faces of voxels exceed the wall."""
    found = []
    for name in walls:
        condition = item.boundaries.get(name)
        film = condition.transfer_coefficient if isinstance(condition, Robin) else 0.0
        found.append(film * gates[name].share if film > 0.0 else 0.0)
    return found


def feeds_of(
    item: Field, kind: int, walls: Sequence[str], gates: Mapping[str, Gate], diffusivity: float
) -> list[Feed]:
    """Return how cells of a field come in through its walls."""
    found = []
    for wall, name in enumerate(walls):
        flux, film, density = _let_in(item.boundaries.get(name))
        if flux > 0.0 or density > 0.0:
            found.append(
                Feed(
                    kind=kind,
                    wall=wall,
                    gate=gates[name],
                    diffusivity=diffusivity,
                    flux=flux,
                    film=film * gates[name].share,
                    density=density,
                )
            )
    return found


def _let_in(condition: BoundaryCondition | None) -> tuple[float, float, float]:
    """Return the flux (cells/mm2/day), film (mm/day) and density (cells/mm3) that let cells in."""
    if isinstance(condition, PrescribedFlux):
        return condition.flux, 0.0, 0.0
    if isinstance(condition, Robin):
        film = condition.transfer_coefficient
        return film * condition.exterior, film, 0.0
    if isinstance(condition, FixedValue):
        return 0.0, 0.0, condition.value
    return 0.0, 0.0, 0.0
