"""The table of a population: how many members, and what differs between them and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from cartflow.core.parameters import Standing
from cartflow.core.tables import PositiveInt, Table, WholeNumber

Kind = Literal["log-normal", "normal", "uniform", "log-uniform", "choice"]
_MOST_SEED = 2**32 - 1
_DEEPEST = 12


class VariedTable(Table):
    """How one number of the study is distributed over members; see `Distribution`.

    Quantities are read once it is known what they are of.
    """

    distribution: Kind
    median: Any = None
    mean: Any = None
    cv: Any = None
    sd: Any = None
    log_sd: Any = None
    lowest: Any = None
    highest: Any = None
    names: list[str] | None = Field(default=None, min_length=1)
    shares: list[float] | None = None
    source: str = "study"
    standing: Standing = "assumed"
    note: str = ""


def with_flat_keys(data: dict[str, Any]) -> dict[str, Any]:
    """Return a study's data with what varies in its population by dotted key.

    ``body.weight = {...}`` and ``"body.weight" = {...}`` are alike.
    """
    table = data.get("population")
    varied = table.get("varied") if isinstance(table, dict) else None
    if not isinstance(table, dict) or not isinstance(varied, dict):
        return data
    flat = dict(_flattened(varied, "", 0))
    return {**data, "population": {**table, "varied": flat}}


def _flattened(table: Mapping[str, Any], prefix: str, depth: int) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, item in table.items():
        inner = isinstance(item, Mapping) and bool(item) and depth < _DEEPEST
        if inner and not set(VariedTable.model_fields) & set(item):
            found += _flattened(item, f"{prefix}{name}.", depth + 1)
        else:
            found.append((f"{prefix}{name}", item))
    return found


class CorrelationTable(Table):
    """The correlation of two numbers: of logarithms where they are log-normal."""

    between: Annotated[list[str], Field(min_length=2, max_length=2)]
    coefficient: float


class PopulationTable(Table):
    """A population: `members`, each with other values of what is `varied`."""

    members: PositiveInt = 100
    seed: Annotated[WholeNumber, Field(ge=0, le=_MOST_SEED)] = 1
    variability: str | None = None
    varied: dict[str, VariedTable] = Field(default_factory=dict)
    correlations: list[CorrelationTable] = Field(default_factory=list)
