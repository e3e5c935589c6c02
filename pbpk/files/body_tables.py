"""What may stand in a body's file, with the dimension of every number."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, quantity

Volume = Annotated[Parameter, quantity("mL", above=0)]
Flow = Annotated[Parameter, quantity("mL/h", above=0)]
Rate = Annotated[Parameter, quantity("1/h")]
Number = Annotated[Parameter, quantity("1", above=0)]


class OrganTable(Table):
    """An organ."""

    volume: Volume
    vascular_volume: Volume
    interstitial_volume: Volume
    blood_flow: Flow
    lymph_flow: Annotated[Parameter, quantity("mL/h")]


class CavityTable(Table):
    """A cavity filled with fluid."""

    volume: Volume
    lymph_flow: Flow


class BodyTable(Table):
    """A body."""

    name: str
    title: str = ""
    species: str
    body_weight: Annotated[Parameter, quantity("g", above=0)]
    haematocrit: Number
    cardiac_output: Flow
    blood_volume: Volume
    venous_volume: Volume
    arterial_volume: Volume
    lymph_node_volume: Volume
    organs: dict[str, OrganTable]
    minimal: bool = False
    close_with_rest: bool = False
    lymph_flow: Flow | None = None
    cavities: dict[str, CavityTable] = Field(default_factory=dict)
    height: Annotated[Parameter, quantity("m", above=0)] | None = None
    sex: Literal["", "male", "female"] = ""
