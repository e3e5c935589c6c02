"""Named interventions: what is done to a run, as data with sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter, parameter
from cartflow.core.paths import as_path
from cartflow.core.tables import Table, read_toml, validate
from cartflow.core.units.quantities import split


class _InterventionTable(Table):
    title: str
    references: list[str] = Field(default_factory=list)
    notes: str = ""
    numbers: dict[str, Any]
    acts_on: dict[str, str | list[str]]
    events: list[dict[str, Any]] = Field(min_length=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Intervention:
    """Events of a study with blanks: ``{factor}`` stands for a number, or for what it acts on.

    `numbers` may be others in a study, and so may what it `acts_on`: species, regions, or keys of
    numbers. `events` are tables as in a study; their `after` counts from the event's own time.
    """

    name: str
    title: str
    references: tuple[str, ...]
    notes: str
    numbers: Mapping[str, Parameter]
    acts_on: Mapping[str, str | list[str]]
    events: tuple[Mapping[str, Any], ...]


def intervention_names() -> list[str]:
    """Return the names of the interventions that come with cartflow."""
    folder = files("cartflow.kinetics").joinpath("data/interventions")
    return sorted(
        f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")
    )


def load_intervention(name_or_path: str | Path, directory: Path | None = None) -> Intervention:
    """Return a shipped intervention by name, or the one in a TOML file.

    A relative path starts at `directory`. Raises `InputError`.
    """
    if isinstance(name_or_path, str) and not name_or_path.endswith(".toml"):
        require_known(name_or_path, intervention_names(), "intervention (a name or a .toml file)")
        data = files("cartflow.kinetics").joinpath("data/interventions")
        path = Path(str(data.joinpath(f"{name_or_path}.toml")))
        return _read(path, path.name, source="")
    folder = Path() if directory is None else directory
    path = folder / as_path(name_or_path, "intervention")
    return _read(path, str(path), source="study")


def _read(path: Path, file: str, source: str) -> Intervention:
    table = validate(_InterventionTable, read_toml(path), file)
    return Intervention(
        name=path.stem,
        title=table.title,
        references=tuple(table.references),
        notes=table.notes.strip(),
        numbers={
            n: _number(raw, f"{file}: numbers.{n}", source) for n, raw in table.numbers.items()
        },
        acts_on=table.acts_on,
        events=tuple(table.events),
    )


def _number(raw: Any, where: str, source: str) -> Parameter:
    """Return a number in the unit that it is stated in."""
    stated = raw.get("value") if isinstance(raw, dict) else raw
    try:
        unit = split(stated)[1] if isinstance(stated, str) else "1"
        return parameter(raw, unit, source=source)
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None
