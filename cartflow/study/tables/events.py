"""What may stand in a table of events: when it comes to pass, and what it does."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, quantity

Moment = Annotated[Parameter, quantity("day")]
Interval = Annotated[Parameter, quantity("day", above=0)]
Number = Annotated[Parameter, quantity("1")]
AbsorbedDose = Annotated[Parameter, quantity("Gy")]
PerDose = Annotated[Parameter, quantity("1/Gy")]
PerDoseSquared = Annotated[Parameter, quantity("1/Gy^2")]


class PlacedTable(Table):
    """Where an event acts: in a `region` of the (named) `tumour`, or in a `compartment`."""

    tumour: str | None = None
    region: str | None = None
    compartment: str | None = None


class RemoveTable(PlacedTable):
    """What is taken out: a `fraction` of some `species`, or of all that stands there."""

    fraction: Number
    species: list[str] | None = Field(default=None, min_length=1)


class IrradiateTable(PlacedTable):
    """A dose of radiation, which exp(-alpha dose - beta dose^2) of some `species` survive."""

    dose: AbsorbedDose
    alpha: PerDose
    beta: PerDoseSquared
    species: list[str] = Field(min_length=1)


class AddTable(PlacedTable):
    """An `amount` of a `species`, spread evenly; cells or ng, or what its mean rises by."""

    species: str
    amount: Any


class EventTable(Table):
    """What is done at a time or on a condition: numbers change, or the state does at once.

    Or an `intervention` by name, with `numbers` and `acts_on` in place of its own.
    """

    time: Moment | None = None
    every: Interval | None = None
    until: Moment | None = None
    when: str | None = None
    after: Moment | None = None
    since: Moment | None = None
    set: dict[str, Any] = Field(default_factory=dict)
    multiply: dict[str, Any] = Field(default_factory=dict)
    remove: RemoveTable | None = None
    irradiate: IrradiateTable | None = None
    add: AddTable | None = None
    intervention: str | None = None
    numbers: dict[str, Any] = Field(default_factory=dict)
    acts_on: dict[str, str | list[str]] = Field(default_factory=dict)
