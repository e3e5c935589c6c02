"""What may stand in the table of a tumour that grows."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, quantity

Size = Annotated[Parameter, quantity("1", above=0)]


class RadiusTable(Table):
    """How far out a field is above, or below, a value in its unit."""

    field: str
    above: Any = None
    below: Any = None


class GrowthTable(Table):
    """The species whose cells the volume follows, their sizes beside each other, and radii."""

    cells: list[str] = Field(min_length=1)
    sizes: dict[str, Size] = Field(default_factory=dict)
    radii: dict[str, RadiusTable] = Field(default_factory=dict)
