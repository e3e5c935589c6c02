"""Files that a study's text names: what it rests on lies in its folder, or below."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError
from cartflow.core.paths import lies_within
from cartflow.study.images.tables import IMAGES

# The keys of bodies, trafficking models and kinetics, and how their files are called.
_NAMES, _KINDS = ("name", "models"), (".toml", ".xml", ".sbml")
# The keys of images, meshes, networks of vessels and earlier results, wherever they stand.
_FILES = {"file", "result", "tensor", "direction", "alignment", *IMAGES}


def inside(folder: Path, name: str, key: str) -> Path:
    """Return the path of a file in the study's folder, or below, also where links lead.

    Raises `InputError` that begins with the `key` under which it was given.
    """
    path = folder / name
    if not lies_within(path, folder):
        msg = f"{key}: '{name:.60}' leads out of the study's folder"
        raise InputError(msg)
    return path


def require_files_inside(data: Mapping[str, Any], folder: Path, settings: Collection[str]) -> None:
    """Raise `InputError` where a study's `data` names a model, image or result out of its folder.

    What is named in `settings`, by dotted key, is the user's own and may lie anywhere. Any other
    text in the places of images is a number with a unit, and no path that leads anywhere.
    """
    for key, name in _texts(data, ""):
        last = key.rpartition(".")[2]
        model = last in _NAMES and name.endswith(_KINDS)
        if (model or last in _FILES) and not _given(key, settings):
            try:
                inside(folder, name, key)
            except InputError as error:
                msg = f"{error}; move it there, or give it by hand: --set {key}=FILE"
                raise InputError(msg) from None


def _given(key: str, settings: Collection[str]) -> bool:
    return any(f"{key}.".startswith(f"{each}.") for each in settings)


def _texts(data: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield the dotted key and text of all text in `data`; a list's is under the list's key."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, Mapping):
        for name, item in data.items():
            yield from _texts(item, f"{key}.{name}".lstrip("."))
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from _texts(item, key if isinstance(item, str) else f"{key}.{number}")
