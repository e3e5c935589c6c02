"""Files that a study's text names: what it rests on lies in its folder, or below."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from cartflow.core.outcome import InputError
from cartflow.core.paths import lies_within
from cartflow.study.schema import StudyTable

_KINDS = (".toml", ".xml", ".sbml")


def inside(folder: Path, name: str, key: str) -> Path:
    """Return the path of a file in the study's folder, or below, also where links lead.

    Raises `InputError` that begins with the `key` under which it was given.
    """
    path = folder / name
    if not lies_within(path, folder):
        msg = f"{key}: '{name:.60}' leads out of the study's folder"
        raise InputError(msg)
    return path


def require_models_inside(table: StudyTable, folder: Path, settings: Collection[str]) -> None:
    """Raise `InputError` where the text names a body or model that lies out of its `folder`.

    What is named in `settings`, by dotted key, is the user's own and may lie anywhere.
    """
    for key, name in _named(table):
        given = any(f"{key}.".startswith(f"{each}.") for each in settings)
        if name.endswith(_KINDS) and not given:
            inside(folder, name, key)


def _named(table: StudyTable) -> Iterator[tuple[str, str]]:
    """Yield the key and name of every body and model."""
    if table.body is not None:
        yield "body.name", table.body.name
    if table.trafficking is not None:
        yield "trafficking.name", table.trafficking.name
    parts = {"kinetics": table.kinetics}
    parts |= {f"organs.{name}.kinetics": organ.kinetics for name, organ in table.organs.items()}
    parts |= {f"tumours.{name}.kinetics": each.kinetics for name, each in table.tumours.items()}
    for key, kinetics in parts.items():
        for name in () if kinetics is None else kinetics.models:
            yield f"{key}.models", name
