"""Body and trafficking files in, checked nouns out."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from cartflow.outcome import InputError, suggest
from cartflow.parameters import Parameter
from cartflow.pbpk.body import Body, Organ
from cartflow.pbpk.trafficking import (
    LymphTrafficking,
    OrganTrafficking,
    Trafficking,
    TumourTrafficking,
)
from cartflow.tables import Table, quantity, read_toml, validate

Volume = Annotated[Parameter, quantity("mL", above=0)]
Flow = Annotated[Parameter, quantity("mL/h", above=0)]
Rate = Annotated[Parameter, quantity("1/h", minimum=0)]
Number = Annotated[Parameter, quantity("1", above=0)]


class _OrganTable(Table):
    volume: Volume
    vascular_volume: Volume
    interstitial_volume: Volume
    blood_flow: Flow
    lymph_flow: Annotated[Parameter, quantity("mL/h", minimum=0)]


class _BodyTable(Table):
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
    organs: dict[str, _OrganTable]


class _OrganTraffickingTable(Table):
    transmigration_rate: Rate | None = None
    retention: Number | None = None
    elimination_rate: Rate | None = None
    lymph_flow_factor: Number | None = None
    blood_to: Literal["venous", "liver"] = "venous"
    tissue_to: Literal["lymph", "blood"] = "lymph"


class _LymphTable(Table):
    blood_entry_rate: Rate | None = None
    retention: Number | None = None
    elimination_rate: Rate | None = None


class _TumourTable(Table):
    transmigration_rate: Rate
    blood_flow: Flow
    vascular_volume: Volume


class _TraffickingTable(Table):
    name: str
    title: str = ""
    made_for: str
    carrier: Literal["blood", "plasma"] = "blood"
    lymph_flow_factor: Number | None = None
    organs: dict[str, _OrganTraffickingTable]
    lymph: _LymphTable = _LymphTable()
    tumour: _TumourTable | None = None


T = TypeVar("T", bound=Table)


def body_names() -> list[str]:
    """Return the names of the bodies that come with cartflow."""
    return _names("body")


def trafficking_names() -> list[str]:
    """Return the names of the trafficking models that come with cartflow."""
    return _names("trafficking")


def load_body(name_or_path: str | Path, directory: Path | None = None) -> Body:
    """Return the body of a shipped name, or of a TOML file (its path relative to `directory`).

    Raises `InputError`, naming file and key, if anything is unknown, missing or does not close.
    """
    table, file = _read(_BodyTable, "body", name_or_path, directory)
    try:
        organs = {name: _organ(name, organ) for name, organ in table.organs.items()}
        return Body(**{**_fields(table), "organs": organs})
    except InputError as error:
        msg = f"{file}: {error}"
        raise InputError(msg) from None


def load_trafficking(name_or_path: str | Path, directory: Path | None = None) -> Trafficking:
    """Return the trafficking model of a shipped name, or of a TOML file, with its body.

    A body named by a path in `made_for` is looked up beside the file. Raises `InputError`.
    """
    table, file = _read(_TraffickingTable, "trafficking", name_or_path, directory)
    try:
        made_for = load_body(table.made_for, file.parent)
    except InputError as error:
        msg = f"{file}: made_for: {error}"
        raise InputError(msg) from None
    organs = {name: OrganTrafficking(**_fields(o)) for name, o in table.organs.items()}
    tumour = None if table.tumour is None else TumourTrafficking(**_fields(table.tumour))
    parts = {"organs": organs, "lymph": LymphTrafficking(**_fields(table.lymph)), "tumour": tumour}
    try:
        return Trafficking(**{**_fields(table), "made_for": made_for, **parts})
    except InputError as error:
        msg = f"{file}: {error}"
        raise InputError(msg) from None


def _organ(name: str, table: _OrganTable) -> Organ:
    try:
        return Organ(**_fields(table))
    except InputError as error:
        msg = f"organs.{name}: {error}"
        raise InputError(msg) from None


def _fields(table: Table) -> dict[str, Any]:
    return {name: getattr(table, name) for name in type(table).model_fields}


def _names(kind: str) -> list[str]:
    found = [entry.name for entry in files("cartflow.pbpk").joinpath("data").iterdir()]
    return sorted(
        name.removeprefix(f"{kind}_").removesuffix(".toml")
        for name in found
        if name.startswith(f"{kind}_") and name.endswith(".toml")
    )


def _read(
    schema: type[T], kind: str, name_or_path: str | Path, directory: Path | None
) -> tuple[T, Path]:
    text = str(name_or_path)
    if text.endswith(".toml"):
        path = (directory or Path()) / text
    elif text in _names(kind):
        path = Path(str(files("cartflow.pbpk").joinpath(f"data/{kind}_{text}.toml")))
    else:
        msg = f"{kind}: unknown name '{text}'; {suggest(text, _names(kind))}, or a .toml file"
        raise InputError(msg)
    return validate(schema, read_toml(path), str(path), source=""), path
