"""What a study may write where a network of vessels gives a number: one table a law."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import quantity
from cartflow.study.images.tables import MappedTable

Length = Annotated[Parameter, quantity("mm", above=0)]
Least = Annotated[Parameter, quantity("mm")]
Position = Annotated[Parameter, quantity("mm", minimum=None)]
Permeability = Annotated[Parameter, quantity("mm/day")]
Share = Annotated[Parameter, quantity("1", above=0)]


class NetworkTable(MappedTable):
    """A file of `vessels`, in `unit` where it states none, moved by `shift`."""

    vessels: str = Field(min_length=1)
    unit: str | None = None
    shift: tuple[Position, Position, Position] | None = None


class LengthTable(NetworkTable):
    """The length of vessels per volume."""

    law: Literal["vessel_length"]


class LineSourceTable(NetworkTable):
    """What vessels give per length and time, by their length in every mesh cell."""

    law: Literal["line_source"]
    strength: Any


class WallsTable(NetworkTable):
    """Vessels with walls: the `radius` of all, or a `least_radius`, where the file has not."""

    radius: Length | None = None
    least_radius: Least | None = None
    radius_name: str | None = None


class AreaTable(WallsTable):
    """The area of vessels' walls per volume, times a map of `perfusion` if there is one."""

    law: Literal["vessel_area"]
    perfusion: Any = None


class LeakTable(WallsTable):
    """What leaks through walls: into the tissue from `plasma`, or back out of its `porosity`."""

    law: Literal["leak"]
    permeability: Permeability
    plasma: Any = None
    porosity: Share | None = None


AnyNetworkTable = LengthTable | LineSourceTable | AreaTable | LeakTable
# The laws by name, and the last words of the keys that each is for.
NETWORK_LAWS: dict[str, tuple[type[AnyNetworkTable], tuple[str, ...]]] = {
    "vessel_length": (LengthTable, ("vessel_density", "lymphatic_density")),
    "vessel_area": (AreaTable, ("vessel_density", "lymphatic_density")),
    "line_source": (LineSourceTable, ("supply",)),
    "leak": (LeakTable, ("supply", "removal")),
}
