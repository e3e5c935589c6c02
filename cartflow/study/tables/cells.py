"""What may stand in a study of single cells: chance, room, contacts, and numbers of their own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cartflow.core.parameters import Parameter
from cartflow.core.tables import PositiveInt, Table, WholeNumber, quantity

Duration = Annotated[Parameter, quantity("day", above=0)]
Length = Annotated[Parameter, quantity("mm", above=0)]
Speed = Annotated[Parameter, quantity("mm/day")]
Rate = Annotated[Parameter, quantity("1/day")]
Number = Annotated[Parameter, quantity("1")]
Positive = Annotated[Parameter, quantity("1", above=0)]


class TraitTable(Table):
    """A number that each cell has of its own: how it is drawn, and what daughters have of it."""

    law: Literal["constant", "normal", "lognormal", "histogram"]
    value: Number | None = None
    mean: Number | None = None
    median: Positive | None = None
    deviation: Number | None = None
    edges: list[float] | None = None
    numbers: list[float] | None = None
    daughters: Literal["inherit", "draw"] = "inherit"
    loss: Number | None = None


class EffectTable(Table):
    """What a trait does to the chance of a reaction."""

    reaction: str
    trait: str
    threshold: Number | None = None
    saturation: Positive | None = None


class ClockTable(Table):
    """A division that comes due when its chance, added up, has come to a trait.

    Or when the time waited, times the chance of the moment, has.
    """

    reaction: str
    trait: str
    due: Literal["added_up", "waited"] = "added_up"


class StartTable(Table):
    """Where cells are at the start: a number anywhere in a shell, or a lattice."""

    number: PositiveInt | None = None
    lattice: Literal["close_packed", "rows"] | None = None
    spacing: Length | None = None
    within: Length | None = None
    beyond: Annotated[Parameter, quantity("mm")] | None = None


class SecondTable(Table):
    """A second antigen of a contact, with its own numbers."""

    antigen: str
    gate: Literal["either", "both"]
    threshold: Number | None = None
    saturation: Positive | None = None
    half: Positive | None = None
    potency: Positive | None = None


class ContactTable(Table):
    """On what terms cells of one field attach to those of another."""

    hunter: str
    target: str
    reach: Length
    full_reach: Length | None = None
    exclusive: bool = False
    cubes: Length | None = None
    pull_rate: Rate | None = None
    attach_rate: Rate
    kill_rate: Rate | None = None
    kill_time: Duration | None = None
    kill_chance: Number | None = None
    hold_time: Duration | None = None
    pause_time: Duration | None = None
    law: Literal["ramp", "binding"] = "ramp"
    antigen: str | None = None
    receptor: str | None = None
    threshold: Number | None = None
    saturation: Positive | None = None
    half: Positive | None = None
    potency: Positive | None = None
    reference: Positive | None = None
    second: SecondTable | None = None
    trogocytosis: Number | None = None
    bystander_rate: Rate | None = None
    exhausted_after: PositiveInt | None = None
    exhausted: str | None = None


class CellsTable(Table):
    """How fields that are cells are run: chance, steps, densities, room, and what is kept."""

    seed: Annotated[WholeNumber, Field(ge=0, lt=2**63)] = 1
    step: Duration | None = None
    mechanics_step: Duration | None = None
    kernel_width: Annotated[Parameter, quantity("mm")] | None = None
    net_rates: Literal["refuse", "as_one", "apart"] = "refuse"
    rates_see: Literal["numbers", "volumes"] = "numbers"
    crowding: Literal["none", "spheres", "lattice"] = "none"
    repulsion: Speed | None = None
    adhesion: Speed | None = None
    adhesion_reach: Positive | None = None
    per_site: PositiveInt | None = None
    contacts: list[ContactTable] = Field(default_factory=list)
    effects: list[EffectTable] = Field(default_factory=list)
    clocks: list[ClockTable] = Field(default_factory=list)
    most: PositiveInt = 10_000_000
    saved: PositiveInt = 100_000
