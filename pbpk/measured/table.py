"""Labelled cells as measured in organs: tables in, checked nouns out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cartflow.core.outcome import InputError, suggest
from cartflow.core.parameters import Standing
from cartflow.core.tables import Table, read_toml, validate
from cartflow.pbpk.body import ORGANS

Unit = Literal["%", "%/g"]
Species = Literal["mouse", "rat", "human"]
# What a tissue may be compared with beside a body's organs.
_OTHERS = ("blood", "tumour")
Value = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _TissueTable(Table):
    organs: tuple[str, ...] | None = None
    hours: tuple[Value, ...] = Field(min_length=1)
    percent: tuple[Value, ...] = Field(min_length=1)
    spread: tuple[Spread, ...] | None = None
    area: tuple[Value, Spread] | None = None


class _MeasuredTable(Table):
    name: str
    title: str
    species: Species
    cells: str
    reference: str
    standing: Standing
    unit: Unit
    fitted: tuple[str, ...] = ()
    note: str = ""
    tissues: dict[str, _TissueTable] = Field(min_length=1)


@dataclass(frozen=True, kw_only=True)
class Tissue:
    """What was measured in one tissue: `percent` of the dose (the table's unit) at `hours`.

    `organs` of a body are what it is compared with, none where bodies do not tell it apart.
    `spread` is the standard deviation, `area` that under the curve (%/g h): mean and deviation.
    """

    name: str
    organs: tuple[str, ...]
    hours: tuple[float, ...]
    percent: tuple[float, ...]
    spread: tuple[float, ...] | None = None
    area: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A table of labelled cells in the tissues of a `species`, with its source.

    `unit` is ``%`` of the dose in the whole tissue, or ``%/g``; `fitted` names the trafficking
    models whose numbers were fitted to it.
    """

    name: str
    title: str
    species: Species
    cells: str
    reference: str
    standing: Standing
    unit: Unit
    fitted: tuple[str, ...]
    note: str
    tissues: dict[str, Tissue]

    def values(self) -> Iterator[tuple[Tissue, float, float]]:
        """Yield tissue, hour and percent of every number."""
        for tissue in self.tissues.values():
            for hour, percent in zip(tissue.hours, tissue.percent, strict=True):
                yield tissue, hour, percent


def measured_names() -> list[str]:
    """Return the names of the measured tables that come with cartflow."""
    found = [entry.name for entry in files("cartflow.pbpk").joinpath("data").iterdir()]
    return sorted(
        name.removeprefix("measured_").removesuffix(".toml")
        for name in found
        if name.startswith("measured_") and name.endswith(".toml")
    )


def load_measured(name_or_path: str | Path) -> Measured:
    """Return the table of a shipped name or of a TOML file; raise `InputError` naming the file."""
    path = _path(str(name_or_path))
    table = validate(_MeasuredTable, read_toml(path), str(path), source="")
    tissues = {name: _tissue(name, tissue, path) for name, tissue in table.tissues.items()}
    parts = {name: getattr(table, name) for name in type(table).model_fields if name != "tissues"}
    return Measured(**parts, tissues=tissues)


def _tissue(name: str, table: _TissueTable, path: Path) -> Tissue:
    parts = {key: getattr(table, key) for key in type(table).model_fields if key != "organs"}
    for key in ("percent", "spread"):
        if parts[key] is not None and len(parts[key]) != len(table.hours):
            msg = (
                f"{path}: tissues.{name}.{key}: got {len(parts[key])} numbers for "
                f"{len(table.hours)} hours"
            )
            raise InputError(msg)
    if list(table.hours) != sorted(set(table.hours)):
        msg = f"{path}: tissues.{name}.hours: must rise"
        raise InputError(msg)
    organs = (name,) if table.organs is None else table.organs
    for organ in organs:
        if organ not in (*ORGANS, *_OTHERS):
            msg = (
                f"{path}: tissues.{name}.organs: unknown organ '{organ}'; "
                f"{suggest(organ, (*ORGANS, *_OTHERS))}, or organs = [] for none"
            )
            raise InputError(msg)
    return Tissue(name=name, organs=organs, **parts)


def _path(text: str) -> Path:
    if text.endswith(".toml"):
        return Path(text)
    if text in measured_names():
        return Path(str(files("cartflow.pbpk").joinpath(f"data/measured_{text}.toml")))
    msg = f"measured: unknown name '{text}', and no .toml file; {suggest(text, measured_names())}"
    raise InputError(msg)
