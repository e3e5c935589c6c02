"""A study's table with some of its values replaced, and errors that name the study."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cartflow.core.nesting import LEVELS, require_shallow
from cartflow.core.outcome import InputError
from cartflow.core.tables import copied
from cartflow.study.images.tables import IMAGES

# The keys that say which other keys their table has.
_DISCRIMINATING = re.compile(
    r"(tumours\.[^.]+\.)?(geometry\.shape|fields\.[^.]+\.boundaries\.[^.]+\.type)"
)
# The keys of images.
_FILES = {"file", *IMAGES}
_SHOWN = 60  # letters of a key


class errors_named:  # reads as a word where it is used
    """Puts the study's name before the message of any `InputError` raised within."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, InputError) and not str(error).startswith(self.name):
            msg = f"{self.name}: {error}"
            raise InputError(msg) from None


def all_replaced(data: dict[str, Any], settings: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Return `data` with the values of `settings` at their dotted keys.

    A geometry's `shape` and a boundary's `type` come first, and empty their table if they change.
    """
    result = copied(data)
    for key in sorted(settings, key=lambda key: _DISCRIMINATING.fullmatch(key) is None):
        _replace(result, key, settings[key], file)
    return result


def _replace(result: dict[str, Any], key: str, value: Any, file: str) -> None:
    """Replace or add the value at a dotted key."""
    *parents, last = key.split(".")
    require_shallow(value, f"{file}: --set {key[:_SHOWN]}", LEVELS - min(len(parents), LEVELS))
    value = copy.deepcopy(value)  # later keys may change it
    place: Any = result
    for number, part in enumerate(parents):
        whole = ".".join((*parents[number:], last))
        if isinstance(place, dict) and whole in place:
            place[whole] = value  # it stands there in quotes, with its dots
            return
        place = place[int(part)] if _is_index(place, part) else _child(place, part, key, file)
    if _DISCRIMINATING.fullmatch(key) and isinstance(place, dict) and place.get(last) != value:
        # The other keys of the table belong to the shape or type that it had.
        place.clear()
    if _is_index(place, last):
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        msg = f"{file}: --set {key}: there is no such key"
        raise InputError(msg)


def _is_index(place: Any, part: str) -> bool:
    return isinstance(place, list) and part in map(str, range(len(place)))


def _child(place: Any, part: str, key: str, file: str) -> Any:
    if not isinstance(place, dict):
        msg = f"{file}: --set {key}: there is no such key"
        raise InputError(msg)
    return place.setdefault(part, {})


def without_folders(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return `settings` with images by their names alone: their folders may name a patient."""
    return {key: _without_folder(key.rpartition(".")[2], item) for key, item in settings.items()}


def _without_folder(key: str, item: Any) -> Any:
    if isinstance(item, Mapping):
        return {name: _without_folder(name, inner) for name, inner in item.items()}
    if key in _FILES and isinstance(item, list):
        return [_without_folder(key, each) for each in item]
    if key in _FILES and isinstance(item, (str, Path)):
        return Path(item).name
    return item
