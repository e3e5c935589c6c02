"""A study whose only tumour has a name, as one of a tumour without any."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cartflow.study.tumours.merging import SHARED, Written


def as_one(data: Mapping[str, Any], written: Written) -> dict[str, Any]:
    """Return the tables of a study of one named tumour as if it had no name.

    Doses, events and their keys may name it.
    """
    (name,) = written.own
    merged = written.merged(name)
    tables = {key: merged.pop(key) for key in SHARED if key in merged}
    rest = {key: item for key, item in data.items() if key not in ("tumours", *SHARED)}
    found = {**rest, "tumour": merged, **tables}
    for key in ("doses", "events"):
        if isinstance(found.get(key), list):
            found[key] = [_unnamed(item, name) for item in found[key]]
    return found


def _unnamed(item: Any, name: str) -> Any:
    """Return a table of a dose or an event that does not name the tumour."""
    if isinstance(item, list):
        return [_unnamed(each, name) for each in item]
    if not isinstance(item, Mapping):
        return item
    found = {}
    for key, value in item.items():
        if key == "tumour" and value == name:
            continue
        if key == "when" and isinstance(value, str):
            found[key] = re.sub(rf"\s+in\s+{name}\b", "", value)
        elif isinstance(value, Mapping) and key == "tumours" and set(value) == {name}:
            found |= _plain(value[name], name)
        else:
            found[_without_name(key, name)] = _unnamed(value, name)
    return found


def _plain(table: Any, name: str) -> dict[str, Any]:
    """Return the nested table of a tumour's numbers without its name."""
    if not isinstance(table, Mapping):
        return {"tumour": table}
    vessels = {key: item for key, item in table.items() if key not in SHARED}
    tables = {key: item for key, item in table.items() if key in SHARED}
    return {**({"tumour": vessels} if vessels else {}), **tables}


def _without_name(key: str, name: str) -> str:
    rest = key.removeprefix(f"tumours.{name}.")
    if rest == key:
        return key
    return rest if rest.partition(".")[0] in SHARED else f"tumour.{rest}"
