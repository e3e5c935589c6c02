"""Kinetics files in, networks out; and the union of several networks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.paths import as_path
from cartflow.kinetics.files.reading import read_model
from cartflow.kinetics.model import Model
from cartflow.kinetics.network import Network
from cartflow.kinetics.sbml.reading import read_sbml
from cartflow.kinetics.species import Species

_SBML = (".xml", ".sbml")


def names() -> list[str]:
    """Return the names of the models and modules that come with cartflow."""
    return list(_names())


@cache
def _names() -> tuple[str, ...]:
    found = [f.name for f in files("cartflow.kinetics").joinpath("data").iterdir()]
    return tuple(sorted(n.removesuffix(".toml") for n in found if n.endswith(".toml")))


def load_model(name_or_path: str | Path, directory: Path | None = None) -> Model:
    """Return a shipped model by name, or the one in a file: TOML, or SBML by .xml or .sbml.

    A relative path starts at `directory`. Raises `InputError`, one line that names the file,
    the key, the value got and what is allowed.
    """
    if isinstance(name_or_path, str) and not name_or_path.endswith((".toml", *_SBML)):
        kinds = "a shipped name, or a path to a .toml, .xml or .sbml file"
        require_known(name_or_path, _names(), f"kinetics ({kinds})")
        path = Path(str(files("cartflow.kinetics").joinpath(f"data/{name_or_path}.toml")))
        return read_model(path, path.name, source="")
    folder = Path() if directory is None else as_path(directory, "directory")
    path = folder / as_path(name_or_path, "kinetics")
    if path.suffix in _SBML:
        return read_sbml(path)
    return read_model(path, str(path), source="study")


def load(name_or_path: str | Path, directory: Path | None = None) -> Network:
    """Return the network of `load_model`: its species, parameters and reactions."""
    return load_model(name_or_path, directory).network


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
