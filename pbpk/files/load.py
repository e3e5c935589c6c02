"""Body and trafficking files in, checked nouns out."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError, named, suggest
from cartflow.core.remembered import Same, Written
from cartflow.core.tables import Table, validate
from cartflow.pbpk.body import Body, Cavity, Organ, require_organ
from cartflow.pbpk.checks import require_weight
from cartflow.pbpk.files.body_tables import BodyTable, OrganTable
from cartflow.pbpk.files.likeness import (
    closed_with_rest,
    other_size,
    require_beside,
    stated_over,
    with_lymph,
    with_model,
)
from cartflow.pbpk.files.trafficking_tables import TraffickingTable, TumourTable
from cartflow.pbpk.published_tumour import PublishedTumour
from cartflow.pbpk.sizes.size import of_size
from cartflow.pbpk.trafficking import (
    BloodTrafficking,
    CavityTrafficking,
    LymphTrafficking,
    OrganTrafficking,
    Trafficking,
    TumourTrafficking,
)


def body_names() -> list[str]:
    """Return the names of the bodies that come with cartflow."""
    return list(names_of("body"))


def trafficking_names() -> list[str]:
    """Return the names of the trafficking models that come with cartflow."""
    return list(names_of("trafficking"))


def load_body(name_or_path: str | Path, directory: Path | None = None) -> Body:
    """Return the body of a shipped name, or of a TOML file (its path relative to `directory`).

    A file with `like` holds only what differs from the body that it names; one with `lymph_flow`
    scales its organs' lymph to that sum. What one with `like` and a `body_weight` does not state
    follows the weight (`of_size`). Raises `InputError`, naming file and key, if anything is
    unknown, missing, does not close or does not fit the weight.
    """
    data, file = _read("body", name_or_path, directory)
    other = other_size(file)
    if other is None:
        return _body(Written(data), str(file))
    like, stated = other
    return _body(Written(data), str(file), Same(load_body(like, file.parent)), Written(stated))


@lru_cache(maxsize=32)
def _body(
    data: Written, file: str, like: Same | None = None, stated: Written | None = None
) -> Body:
    table = validate(BodyTable, data.value, file, source="")
    with named(file):
        organs = {name: _organ(name, organ) for name, organ in table.organs.items()}
        cavities = {name: Cavity(**fields_of(c)) for name, c in table.cavities.items()}
        parts = {**fields_of(table), "organs": organs, "cavities": cavities}
        if like is not None and stated is not None:
            parts = _of_other_size(like.value, stated.value, table, parts)
        parts = with_lymph(parts, parts.pop("lymph_flow"))
        if parts.pop("close_with_rest"):
            parts = closed_with_rest(parts)
        body = Body(**parts)
        require_weight(body.volume(), body.body_weight.value)
        return body


def _of_other_size(
    body: Body, stated: dict[str, Any], table: BodyTable, read: dict[str, Any]
) -> dict[str, Any]:
    """Return the parts of a file whose body is like another `body` of another weight."""
    height = table.height if "height" in stated else None
    sized = of_size(body, table.body_weight, height)
    parts = stated_over(vars(sized), read, stated)
    closing = "close_with_rest" in stated and table.close_with_rest
    # What is closed, and whose lymph is scaled, is the body of the file alone: the other's stands.
    lymph = table.lymph_flow if "lymph_flow" in stated else None
    return {**parts, "close_with_rest": closing, "lymph_flow": lymph}


def load_trafficking(name_or_path: str | Path, directory: Path | None = None) -> Trafficking:
    """Return the trafficking model of a shipped name, or of a TOML file, with its body.

    A body named by a path in `made_for` is looked up beside the file. Raises `InputError`.
    """
    data, file = _read("trafficking", name_or_path, directory)
    table = _trafficking_table(Written(data), str(file))
    with named(f"{file}: made_for"):
        require_beside(table.made_for, file.parent / table.made_for, file.parent)
        made_for = load_body(table.made_for, file.parent)
    return _trafficking(Written(data), str(file), Same(made_for))


@lru_cache(maxsize=32)
def _trafficking_table(data: Written, file: str) -> TraffickingTable:
    return validate(TraffickingTable, data.value, file, source="")


@lru_cache(maxsize=32)
def _trafficking(data: Written, file: str, made_for: Same) -> Trafficking:
    table = _trafficking_table(data, file)
    with named(file):
        organs = {}
        for name, organ in table.organs.items():
            with named(f"organs.{name}"):
                organs[name] = OrganTrafficking(**fields_of(organ))
        cavities = {name: CavityTrafficking(**fields_of(c)) for name, c in table.cavities.items()}
        parts = {
            "made_for": made_for.value,
            "organs": organs,
            "cavities": cavities,
            "lymph": LymphTrafficking(**fields_of(table.lymph)),
            "blood": BloodTrafficking(**fields_of(table.blood)),
            "tumour": None if table.tumour is None else _tumour(table.tumour),
        }
        return Trafficking(**{**fields_of(table), **parts})


def _organ(name: str, table: OrganTable) -> Organ:
    with named(f"organs.{name}"):
        return Organ(**fields_of(table))


def _tumour(table: TumourTable) -> TumourTrafficking:
    parts, own = fields_of(table), table.published
    if own is not None:  # it keeps flow and vessels of its own: those beside it form the capture
        flow = {name: parts[name] for name in ("blood_flow", "vascular_volume")}
        parts["published"] = PublishedTumour(**{**fields_of(own), **flow})
    return TumourTrafficking(**parts)


def fields_of(table: Table) -> dict[str, Any]:
    """Return the values of a table's keys."""
    return {name: getattr(table, name) for name in type(table).model_fields}


@cache
def names_of(kind: str) -> tuple[str, ...]:
    """Return the shipped names of a kind of file."""
    found = [entry.name for entry in files("cartflow.pbpk").joinpath("data").iterdir()]
    ours = (name for name in found if name.startswith(f"{kind}_") and name.endswith(".toml"))
    return tuple(sorted(name.removeprefix(f"{kind}_").removesuffix(".toml") for name in ours))


def _read(
    kind: str, name_or_path: str | Path, directory: Path | None
) -> tuple[dict[str, Any], Path]:
    path = file_of(kind, name_or_path, directory)
    data = with_model(path, lambda name, folder: file_of(kind, name, folder))
    _require_organs(data.get("organs"), str(path))
    return data, path


def _require_organs(tables: Any, file: str) -> None:
    """Raise `InputError` on an unknown organ, before what its table lacks is complained of."""
    if isinstance(tables, dict):
        with named(file):
            for name in tables:
                require_organ(name)


def file_of(kind: str, name_or_path: str | Path, directory: Path | None) -> Path:
    """Return the file of a shipped name, or the path of a TOML file."""
    text = str(name_or_path)
    if text.endswith(".toml"):
        return (directory or Path()) / text
    if text in names_of(kind):
        return Path(str(files("cartflow.pbpk").joinpath(f"data/{kind}_{text}.toml")))
    msg = f"{kind}: unknown name '{text}', and no .toml file; {suggest(text, names_of(kind))}"
    raise InputError(msg)
