"""What a kinetics file may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field, ValidationInfo

from cartflow.kinetics.species import Role, SpeciesUnit
from cartflow.outcome import InputError, suggest
from cartflow.parameters import Parameter, parameter
from cartflow.tables import Table, quantity
from cartflow.units import split

Coefficient = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A parameter as a file states it, and how it scales from a whole tumour to a density."""

    parameter: Parameter
    density_exponent: float


def _stated(value: Any, info: ValidationInfo) -> Stated:
    source = (info.context or {}).get("source", "study")
    table = dict(value) if isinstance(value, dict) else value
    exponent = table.pop("density_exponent", 0) if isinstance(table, dict) else 0
    if exponent not in (-2, -1, 0, 1, 2) or isinstance(exponent, bool):
        msg = f"density_exponent {exponent!r}; allowed: -1 (capacities), 1 (mass action), -2, 0, 2"
        raise ValueError(msg)
    number = table.get("value") if isinstance(table, dict) else table
    try:
        unit = split(number)[1] if isinstance(number, str) else "1"
        return Stated(
            parameter=parameter(table, unit, source=source), density_exponent=float(exponent)
        )
    except InputError as error:
        raise ValueError(str(error)) from None


def _one_of(allowed: tuple[str, ...]) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value not in allowed:
            msg = f"'{value}'; {suggest(str(value), allowed)}"
            raise ValueError(msg)
        return value

    return BeforeValidator(check)


class SpeciesTable(Table):
    """One species of a kinetics file."""

    role: Annotated[Role, _one_of(get_args(Role))]
    unit: Annotated[SpeciesUnit, _one_of(get_args(SpeciesUnit))] = "cell/mm^3"
    long_name: str = ""
    initial: Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)] = 0.0


class ReactionTable(Table):
    """One reaction of a kinetics file."""

    consumes: dict[str, Coefficient] = Field(default_factory=dict)
    produces: dict[str, Coefficient] = Field(default_factory=dict)
    rate: str


class KineticsTable(Table):
    """A whole kinetics file."""

    title: str
    references: list[str] = Field(default_factory=list)
    notes: str = ""
    compartment_volume: Annotated[Parameter, quantity("mm^3", above=0.0)] | None = None
    species: dict[str, SpeciesTable]
    parameters: dict[str, Annotated[Stated, BeforeValidator(_stated)]] = Field(default_factory=dict)
    reactions: dict[str, ReactionTable] = Field(default_factory=dict)
