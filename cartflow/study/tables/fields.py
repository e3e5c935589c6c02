"""What may stand in a study of fields in tissue: how they start, move, and what edges let in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import PositiveInt, Table, quantity
from cartflow.study.tables.cells import StartTable, TraitTable

Duration = Annotated[Parameter, quantity("day", above=0)]
Speed = Annotated[Parameter, quantity("mm/day", above=0)]
Number = Annotated[Parameter, quantity("1")]
Fraction = Annotated[Parameter, quantity("1", above=0)]


class HindranceTable(Table):
    """A law for the tortuosity of the pore space."""

    law: str = "measured"
    tortuosity: Number | None = None
    exponent: Number | None = None
    matrix_tortuosity: Number | None = None


class TissueTable(Table):
    """Porosity, tortuosity, and the matrix field that the porosity follows."""

    porosity: Any = None
    open_porosity: Fraction | None = None
    matrix: str | None = None
    hindrance: HindranceTable = HindranceTable()


class ChemotaxisTable(Table):
    """Drift up the gradient of an attractant."""

    attractant: str
    law: Literal["linear", "logarithmic", "receptor"] = "logarithmic"
    sensitivity: Any
    half_saturation: Any = None
    maximal_speed: Speed | None = None


class DensityDependenceTable(Table):
    """D(u) = D0 (u / reference)^exponent."""

    reference: Any
    exponent: Number | None = None


class FluxTable(Table):
    """A prescribed flux into the tissue."""

    type: Literal["flux"]
    flux: Any


class FixedValueTable(Table):
    """A fixed value at the boundary."""

    type: Literal["fixed_value"]
    value: Any


class RobinTable(Table):
    """A flux in proportion to the distance from an exterior value."""

    type: Literal["robin"]
    transfer_coefficient: Annotated[Parameter, quantity("mm/day")]
    exterior: Any = None


BoundaryTable = Annotated[FluxTable | FixedValueTable | RobinTable, Discriminator("type")]


class SourceTable(Table):
    """Supply and first-order removal in a region."""

    supply: Any = None
    removal: Any = None


class FieldTable(Table):
    """How one species starts and moves; without a diffusivity it is immobile.

    As cells it may walk straight on at a `speed` for a `persistence_time` instead; the keys up to
    `traits` are for cells alone.
    """

    form: Literal["field", "cells", "cells_below"] = Field(default="field", alias="as")
    threshold: Annotated[Parameter, quantity("cell", above=0)] | None = None
    threshold_per: str = "mesh_cell"
    speed: Speed | None = None
    persistence_time: Duration | None = None
    pause_time: Duration | None = None
    bias: Fraction | None = None
    radius: Annotated[Parameter, quantity("mm", above=0)] | None = None
    repulsion: Annotated[Parameter, quantity("mm/day")] | None = None
    adhesion: Annotated[Parameter, quantity("mm/day")] | None = None
    most_touching: PositiveInt | None = None
    growth_rate: Annotated[Parameter, quantity("1/day", above=0)] | None = None
    remains_time: Duration | None = None
    remains_volume: Fraction | None = None
    remains_activity: Fraction | None = None
    start: StartTable | None = None
    traits: dict[str, TraitTable] = Field(default_factory=dict)
    initial: Any = None
    diffusivity: Any = None
    hindrance: HindranceTable | None = None
    open_gain: Fraction | None = None
    density_dependence: DensityDependenceTable | None = None
    chemotaxis: ChemotaxisTable | None = None
    boundaries: dict[str, BoundaryTable] = Field(default_factory=dict)
    regions: dict[str, SourceTable] = Field(default_factory=dict)


class MovingRegionTable(Table):
    """A region that follows fields: `within` a fixed one, `where` they are above or below values.

    Over `width` x the value its share of a mesh cell rises smoothly from none to all.
    """

    where: str
    within: str = "all"
    width: Annotated[Parameter, quantity("1", above=0)] | None = None
