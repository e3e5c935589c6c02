"""The examples that come with cartflow: their names, titles and files."""

from __future__ import annotations

import ast
from importlib.resources import files
from importlib.resources.abc import Traversable

from cartflow.core.outcome import require_known
from cartflow.core.tables import parse_toml


def example_names() -> list[str]:
    """Return the names of the examples: studies, scripts, and folders of both."""
    return sorted(_name(each) for each in files("cartflow.examples").iterdir() if _counts(each))


def example_studies() -> list[str]:
    """Return the names of the examples that are one study file."""
    return [name for name in example_names() if _found(name).name.endswith(".toml")]


def example_title(name: str) -> str:
    """Return what an example is about, in a line: a study's title, a script's first line."""
    found = _found(name)
    if found.is_dir():
        found = found.joinpath(f"{name}.toml")
    text = found.read_text(encoding="utf-8")
    if found.name.endswith(".toml"):
        return str(parse_toml(text, found.name)["title"])
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def example_text(name: str) -> str:
    """Return the study file of an example. Raises `InputError` with the names there are."""
    require_known(name, example_studies(), "example")
    return _found(name).read_text(encoding="utf-8")


def example_files(name: str) -> dict[str, str]:
    """Return an example's files, by path: one, or those of its folder."""
    found = _found(name)
    if not found.is_dir():
        return {found.name: found.read_text(encoding="utf-8")}
    inside = sorted((each for each in found.iterdir() if _counts(each)), key=lambda f: f.name)
    return {f"{name}/{each.name}": each.read_text(encoding="utf-8") for each in inside}


def _found(name: str) -> Traversable:
    require_known(name, example_names(), "example")
    return next(e for e in files("cartflow.examples").iterdir() if _counts(e) and _name(e) == name)


def _name(each: Traversable) -> str:
    return each.name.rpartition(".")[0] or each.name


def _counts(each: Traversable) -> bool:
    """Return whether `each` is part of an example: a TOML file, a script or a folder."""
    if each.name.startswith(("_", ".")):
        return False
    return each.is_dir() or each.name.endswith((".toml", ".py"))
