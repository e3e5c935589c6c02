"""Published variability of organ volumes and blood flows: coefficients of variation by name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.tables import Table, quantity, read_toml, validate
from cartflow.pbpk.body import Body

_PREFIX = "variability_"


class SpreadTable(Table):
    """How a factor of median 1, or of mean 1 if it is normal, is distributed."""

    distribution: Literal["log-normal", "normal"]
    cv: Annotated[Parameter, quantity("1", above=0)]


class _SexTable(Table):
    cardiac_output: SpreadTable | None = None
    blood_volume: SpreadTable | None = None
    volume: dict[str, SpreadTable] = Field(default_factory=dict)
    blood_flow: dict[str, SpreadTable] = Field(default_factory=dict)


class VariabilityTable(Table):
    """A file of variability: for men and women of one `species`."""

    name: str
    title: str
    species: str
    male: _SexTable
    female: _SexTable

    def spreads(self, body: Body) -> dict[str, SpreadTable]:
        """Return the spread of each factor by its key in a study, of the body's sex.

        Raises `InputError` for a body of another species, or of no sex.
        """
        if body.species != self.species or not body.sex:
            msg = (
                f"population.variability: '{self.name}' is of adults, men and women; "
                f"{body.name} is none"
            )
            raise InputError(msg)
        table: _SexTable = getattr(self, body.sex)
        found = {
            f"body.factors.{name}": spread
            for name in ("cardiac_output", "blood_volume")
            if (spread := getattr(table, name)) is not None
        }
        for kind in ("volume", "blood_flow"):
            for organ, spread in getattr(table, kind).items():
                if organ in body.organs:
                    found[f"body.factors.{kind}.{organ}"] = spread
        return found


def variability_names() -> list[str]:
    """Return the names of the files of variability that come with cartflow."""
    names = [entry.name for entry in files("cartflow.pbpk").joinpath("data").iterdir()]
    return sorted(
        name.removeprefix(_PREFIX).removesuffix(".toml")
        for name in names
        if name.startswith(_PREFIX)
    )


def load_variability(name: str) -> VariabilityTable:
    """Return the variability that ships under `name`. Raises `InputError`."""
    require_known(name, variability_names(), "population.variability")
    path = Path(str(files("cartflow.pbpk").joinpath(f"data/{_PREFIX}{name}.toml")))
    return validate(VariabilityTable, read_toml(path), str(path), source="")
