"""What may stand in a study of species that circulate beside cells: [circulating.NAME]."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, quantity
from cartflow.study.tables.fields import Duration


class SoluteDoseTable(Table):
    """A dose of a circulating species into plasma, at once or over a `duration`.

    The `amount` is a mass, a mass per body weight, an amount of substance, or cells.
    """

    amount: Any
    time: Annotated[Parameter, quantity("day")] | None = None
    duration: Duration | None = None


class CirculatingTable(Table):
    """A species that blood carries: its distribution, its doses, and how it passes walls.

    `like` is a solute's shipped name or a TOML file, `numbers` what differs from it; `initial` is
    the concentration in all blood and tissue at the start. `permeability` and `vessel_surface` are
    those of the tumour's vessels; of a rim that feeds it the surface is its own.
    """

    like: str
    numbers: dict[str, Any] = Field(default_factory=dict)
    initial: Any = None
    doses: list[SoluteDoseTable] = Field(default_factory=list)
    permeability: Annotated[Parameter, quantity("mm/day")] | None = None
    vessel_surface: Annotated[Parameter, quantity("1/mm", above=0)] | None = None
