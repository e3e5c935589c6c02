"""From networks of vessels to a number for every mesh cell: densities, sources and leaks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cartflow.core.outcome import InputError, named
from cartflow.core.parameters import Parameter, parameter, signed
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.vessels.densities import area_in_cells, length_in_cells
from cartflow.geometries.vessels.network import VesselNetwork
from cartflow.geometries.vessels.reading import read_vessels
from cartflow.study.images.vessel_tables import (
    AnyNetworkTable,
    LeakTable,
    LineSourceTable,
    NetworkTable,
    WallsTable,
)

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """The `values` (cells,) that a network gives, the numbers of its law, and its `words`."""

    values: Array
    numbers: dict[str, Parameter]
    words: str


def spread(table: AnyNetworkTable, like: str, geometry: Geometry, folder: Path) -> Spread:
    """Return what vessels give in every mesh cell, as quantities like `like`.

    Densities are in mm/mm3 and mm2/mm3. Raises `InputError`.
    """
    if table.fill is not None:
        raise InputError("fill: has no effect; where no vessel runs the density is 0")
    network = _network(table, folder)
    if isinstance(table, WallsTable):
        found = area_in_cells(network, geometry)
        what, unit = "area", "mm2"
    else:
        found = length_in_cells(network, geometry)
        what, unit = "length", "mm"
    factor, numbers = _factor(table, like)
    words = f"{100 * found.share:.4g} % of the vessels' {what} of {found.whole:.4g} {unit}"
    return Spread(
        values=found.densities * factor,
        numbers=numbers | _stated(table),
        words=f"{words} is in the tissue",
    )


def _network(table: NetworkTable, folder: Path) -> VesselNetwork:
    radius_name = table.radius_name if isinstance(table, WallsTable) else None
    network = read_vessels(folder / table.vessels, table.unit, radius_name)
    if isinstance(table, WallsTable):
        radius, least = (
            None if given is None else given.value for given in (table.radius, table.least_radius)
        )
        with named(Path(table.vessels).name):
            network = network.with_radii(radius, least)
    if table.shift is None:
        return network
    return network.moved(np.array([along.value for along in table.shift]))


def _factor(table: AnyNetworkTable, like: str) -> tuple[float, dict[str, Parameter]]:
    """Return by what a density is multiplied, and the numbers that it is made of."""
    if isinstance(table, LineSourceTable):
        # Of an amount per volume and day, times an area.
        strength = signed(parameter(table.strength, f"{like}*mm^2"), "not_negative")
        return strength.value, {"strength": strength}
    if not isinstance(table, LeakTable):
        return 1.0, {}
    if like == "1/day":
        return _back(table)
    if table.plasma is None or table.porosity is not None:
        msg = "plasma: is missing" if table.plasma is None else "porosity: has no effect"
        msg += "; a supply is permeability x area x plasma, the concentration in the blood plasma"
        raise InputError(msg)
    plasma = signed(parameter(table.plasma, f"{like}*day"), "not_negative")
    return table.permeability.value * plasma.value, {"plasma": plasma}


def _back(table: LeakTable) -> tuple[float, dict[str, Parameter]]:
    if table.porosity is None or table.plasma is not None:
        msg = "porosity: is missing" if table.porosity is None else "plasma: has no effect"
        msg += "; a removal is permeability x area / porosity, since it acts on what is in pores"
        raise InputError(msg)
    if table.porosity.value > 1:
        msg = f"porosity: '{table.porosity.stated}' is above 1"
        raise InputError(msg)
    return table.permeability.value / table.porosity.value, {}


def _stated(table: AnyNetworkTable) -> dict[str, Parameter]:
    names = ("permeability", "porosity", "radius", "least_radius")
    given = ((name, getattr(table, name, None)) for name in names)
    return {name: number for name, number in given if number is not None}
