"""What a kinetics file may hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field, ValidationInfo

from cartflow.core.outcome import InputError, suggest
from cartflow.core.parameters import SIGNS, STANDINGS, Parameter, Standing, parameter
from cartflow.core.tables import Table, quantity
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.quantities import split
from cartflow.kinetics.model import Inconsistency
from cartflow.kinetics.scenario import CheckStanding
from cartflow.kinetics.species import Per, Role, Scope, SpeciesUnit

Coefficient = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A parameter as a file states it, and how it scales from a whole tumour to a density."""

    parameter: Parameter
    density_exponent: float
    range: tuple[float, float] | None = None
    inconsistent: Inconsistency | None = None


def _stated(value: Any, info: ValidationInfo) -> Stated:
    source = (info.context or {}).get("source", "study")
    table = dict(value) if isinstance(value, dict) else value
    exponent = table.pop("density_exponent", 0) if isinstance(table, dict) else 0
    bounds = table.pop("range", None) if isinstance(table, dict) else None
    inconsistent = table.pop("inconsistent", None) if isinstance(table, dict) else None
    sign: Any = table.pop("sign", "not_negative") if isinstance(table, dict) else "not_negative"
    if sign not in SIGNS:
        msg = f"sign {sign!r}; {suggest(str(sign), SIGNS)}"
        raise ValueError(msg)
    if exponent not in (-2, -1, 0, 1, 2) or isinstance(exponent, bool):
        msg = f"density_exponent {exponent!r}; allowed: -1 (capacities), 1 (mass action), -2, 0, 2"
        raise ValueError(msg)
    number = table.get("value") if isinstance(table, dict) else table
    try:
        unit = split(number)[1] if isinstance(number, str) else "1"
        return Stated(
            parameter=replace(parameter(table, unit, source=source), sign=sign),
            density_exponent=float(exponent),
            range=None if bounds is None else _range(bounds, unit),
            inconsistent=None if inconsistent is None else _inconsistency(inconsistent),
        )
    except InputError as error:
        raise ValueError(str(error)) from None


def _range(bounds: Any, unit: str) -> tuple[float, float]:
    if not isinstance(bounds, list) or len(bounds) != 2:
        msg = f"range {bounds!r}: write a list of two quantities, the lower first"
        raise InputError(msg)
    low, high = (to_internal(bound, unit) for bound in bounds)
    if low > high:
        msg = f"range {bounds!r}: the lower bound comes first"
        raise InputError(msg)
    return low, high


def _inconsistency(table: Any) -> Inconsistency:
    texts = isinstance(table, dict) and all(isinstance(v, str) for v in table.values())
    if not texts or set(table) != {"published", "reason"}:
        msg = f"inconsistent {table!r}: write {{ published = '...', reason = '...' }}"
        raise InputError(msg)
    return Inconsistency(**table)


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
    extinct_below: Any = None
    stochastic_below: Any = None


class ReactionTable(Table):
    """One reaction of a kinetics file."""

    consumes: dict[str, Coefficient] = Field(default_factory=dict)
    produces: dict[str, Coefficient] = Field(default_factory=dict)
    rate: str
    scope: Annotated[Scope, _one_of(get_args(Scope))] = "local"
    per: Annotated[Per | None, _one_of(get_args(Per))] = None


class DoseTable(Table):
    """An amount of a species at a time, at once or over a duration."""

    species: str
    amount: Any
    time: Any = "0 day"
    duration: Any = None


class SwitchTable(Table):
    """Parameters that take other values from a time on."""

    time: Any
    parameters: dict[str, Any] = Field(min_length=1)


class JumpTable(Table):
    """Species multiplied by plain numbers at a time."""

    time: Any
    multiply: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(min_length=1)


class ScenarioTable(Table):
    """A run as published; bare quantities take its source and standing."""

    title: str = ""
    source: str = ""
    standing: Annotated[Standing, _one_of(STANDINGS)] = "assumed"
    end: Any
    initial: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    doses: list[DoseTable] = Field(default_factory=list)
    switches: list[SwitchTable] = Field(default_factory=list)
    jumps: list[JumpTable] = Field(default_factory=list)


class CheckTable(Table):
    """A number that the model should give."""

    name: str
    kind: str
    of: str
    expected: Any
    scenario: str | None = None
    relative_to: str | None = None
    median_over: list[str] = Field(default_factory=list)
    tolerance: Annotated[float, Field(gt=0, le=1)] | None = None
    absolute: Any = None
    standing: Annotated[CheckStanding, _one_of(get_args(CheckStanding))]
    source: str
    note: str = ""
    at: Any = None
    since: Any = None
    until: Any = None
    level: Any = None
    samples: list[Any] | None = Field(default=None, min_length=2)
    of_minimum: str | None = None
    vary: str | None = None
    range: tuple[Any, Any] | None = None
    guess: dict[str, Any] | None = None


class KineticsTable(Table):
    """A whole kinetics file."""

    title: str
    references: list[str] = Field(default_factory=list)
    notes: str = ""
    compartment_volume: Annotated[Parameter, quantity("mm^3", above=0.0)] | None = None
    species: dict[str, SpeciesTable]
    parameters: dict[str, Annotated[Stated, BeforeValidator(_stated)]] = Field(default_factory=dict)
    reactions: dict[str, ReactionTable] = Field(default_factory=dict)
    blocks: dict[str, dict[str, str]] = Field(default_factory=dict)
    switches: list[SwitchTable] = Field(default_factory=list)
    jumps: list[JumpTable] = Field(default_factory=list)
    scenarios: dict[str, ScenarioTable] = Field(default_factory=dict)
    checks: list[CheckTable] = Field(default_factory=list)
    flags: list[str] = Field(default_factory=list)
