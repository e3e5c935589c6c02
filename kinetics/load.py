"""Kinetics files in, networks out; and the union of several networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from cartflow.kinetics.network import Network
from cartflow.kinetics.schema import KineticsTable, ReactionTable, SpeciesTable, Stated
from cartflow.kinetics.species import Reaction, Species
from cartflow.outcome import InputError, require_known
from cartflow.parameters import Parameter
from cartflow.tables import read_toml, validate


def names() -> list[str]:
    """Return the names of the models and modules that come with cartflow."""
    folder = files("cartflow.kinetics").joinpath("data")
    return sorted(
        f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")
    )


def load(name_or_path: str | Path, directory: Path | None = None) -> Network:
    """Return a shipped network by name, or the one in a TOML file (a path ending in .toml).

    A relative path starts at `directory`. Raises `InputError`, one line that names the file,
    the key, the value got and what is allowed.
    """
    if isinstance(name_or_path, str) and not name_or_path.endswith(".toml"):
        require_known(name_or_path, names(), "kinetics (a shipped name, or a path to a .toml file)")
        path = Path(str(files("cartflow.kinetics").joinpath(f"data/{name_or_path}.toml")))
        return _read(path, path.name, source="")
    path = (directory or Path()) / name_or_path
    return _read(path, str(path), source="study")


def combine(name: str, networks: Sequence[Network]) -> Network:
    """Return the union of `networks`: a species or parameter of equal name is the same one.

    Raises `InputError` where its role, unit or value differs, and for a reaction named twice.
    """
    where = f"kinetics '{name}'"
    if not networks:
        msg = f"{where}: no network to combine"
        raise InputError(msg)
    species: dict[str, Species] = {}
    parameters: dict[str, Parameter] = {}
    for network in networks:
        for entry in network.species:
            _require_same_species(species.setdefault(entry.name, entry), entry, where)
        for key, value in network.parameters.items():
            _require_same_value(parameters.setdefault(key, value), value, f"{where}: {key}")
    try:
        return Network(
            name=name,
            title="; ".join(n.title for n in networks if n.title),
            references=tuple(dict.fromkeys(r for n in networks for r in n.references)),
            species=tuple(species.values()),
            parameters=parameters,
            reactions=tuple(r for n in networks for r in n.reactions),
            notes="\n".join(n.notes for n in networks if n.notes),
        )
    except InputError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from None


def _require_same_species(first: Species, second: Species, where: str) -> None:
    for key in ("role", "unit", "initial"):
        one, other = getattr(first, key), getattr(second, key)
        if one != other:
            msg = (
                f"{where}: species.{first.name}: {key} '{one}' in one network, '{other}' in another"
            )
            raise InputError(msg)


def _require_same_value(first: Parameter, second: Parameter, where: str) -> None:
    if (first.value, first.unit) != (second.value, second.unit):
        msg = f"{where}: '{first.stated}' in one network, '{second.stated}' in another"
        raise InputError(msg)


def _read(path: Path, file: str, source: str) -> Network:
    table = validate(KineticsTable, read_toml(path), file, source=source)
    try:
        return Network(
            name=path.stem,
            title=table.title,
            references=tuple(table.references),
            species=tuple(_species(name, s) for name, s in table.species.items()),
            parameters=_per_volume(table.parameters, table.compartment_volume),
            reactions=tuple(_reaction(name, r) for name, r in table.reactions.items()),
            notes=table.notes.strip(),
        )
    except InputError as error:
        msg = f"{file}: {error}"
        raise InputError(msg) from None


def _species(name: str, table: SpeciesTable) -> Species:
    return Species(
        name=name,
        role=table.role,
        unit=table.unit,
        long_name=table.long_name,
        initial=table.initial,
    )


def _reaction(name: str, table: ReactionTable) -> Reaction:
    return Reaction(name=name, consumes=table.consumes, produces=table.produces, rate=table.rate)


def _per_volume(stated: Mapping[str, Stated], volume: Parameter | None) -> dict[str, Parameter]:
    return {
        name: entry.parameter if entry.density_exponent == 0 else _scaled(name, entry, volume)
        for name, entry in stated.items()
    }


def _scaled(name: str, entry: Stated, volume: Parameter | None) -> Parameter:
    """Turn a number for a whole tumour of `volume` into one per mm3; the text stated is kept."""
    if volume is None:
        msg = f"parameters.{name}: density_exponent needs the key 'compartment_volume'"
        raise InputError(msg)
    exponent, original = entry.density_exponent, entry.parameter
    size = f"mm^{3 * abs(exponent):g}"
    unit = f"{original.unit}*{size}" if exponent > 0 else f"{original.unit}/{size}"
    note = f"{original.note}; " if original.note else ""
    note += f"'{original.stated}' times ({volume.value:g} mm^3)^{exponent:g}"
    result = original.times(volume.value**exponent, unit, note)
    return replace(result, stated=original.stated)
