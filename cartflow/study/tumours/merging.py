"""The tables of several tumours as they are written: what they share, and what each has apart."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cartflow.core.outcome import InputError, suggest
from cartflow.study.schema import TumourTable

SHARED = ("geometry", "kinetics", "fields", "tissue")
_KEYS = tuple(TumourTable.model_fields)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
# What conditions call the other places, or results the other groups.
_TAKEN = ("blood", "tumour", "venous", "arterial", "lymph", "lost", "handed_over")
# Keys whose tables are one thing, to be taken or left as a whole.
_WHOLE = {"initial", "diffusivity", "porosity", "supply", "removal", "vessel_density"}
_WHOLE |= {"lymphatic_density", "layers", "labels", "interior", "blood", "value", "flux"}
_WHOLE |= {"exterior", "sensitivity", "half_saturation", "reference"}
# The keys that say which others their table has.
_KINDS = ("shape", "type", "models", "law")


@dataclass(frozen=True)
class Written:
    """Tables of tumours as written: `own` by tumour, `shared` of [tumours], `top` of the study."""

    own: Mapping[str, Mapping[str, Any]]
    shared: Mapping[str, Any]
    top: Mapping[str, Any]

    def merged(self, name: str) -> dict[str, Any]:
        """Return the tables of a tumour, its own in place of those that all share."""
        own = self.own[name]
        vessels = {key: item for key, item in own.items() if key not in SHARED}
        tables = {
            key: _over(self.top.get(key), own.get(key))
            for key in SHARED
            if key in self.top or key in own
        }
        return copy.deepcopy({**self.shared, **vessels, **tables})

    def shares(self, name: str, field: str) -> bool:
        """Return whether a tumour has a field's table from the study alone."""
        fields = self.own[name].get("fields", {})
        return not (isinstance(fields, Mapping) and field in fields)

    def key(self, name: str, plain: str) -> str:
        """Return where the key of a study of one tumour stands: ``tumour.host``, ``fields.x``."""
        head, _, rest = plain.partition(".")
        own, first = self.own[name], rest.partition(".")[0]
        if head == "tumour":
            shared = first in self.shared and first not in own
            return f"tumours.{rest}" if shared else f"tumours.{name}.{rest}".rstrip(".")
        mine, all_of = (_depth(tables.get(head), rest) for tables in (own, self.top))
        return plain if all_of > mine or head not in own else f"tumours.{name}.{plain}"


def written_tumours(data: Mapping[str, Any], file: str) -> Written | None:
    """Return the tables of ``[tumours]`` as they are written, or None. Raises `InputError`."""
    if "tumours" not in data:
        return None
    table = data["tumours"]
    if "tumour" in data:
        msg = (
            f"{file}: tumour: stands beside [tumours]; of several tumours each has a table "
            "[tumours.NAME], and what they share stands in [tumours]"
        )
        raise InputError(msg)
    if not isinstance(table, Mapping):
        msg = f"{file}: tumours: Input should be a table, with a table for each tumour"
        raise InputError(msg)
    own = {key: item for key, item in table.items() if key not in _KEYS}
    for name, item in own.items():
        _require_name(name, item, file)
    if not own:
        msg = f"{file}: tumours: names no tumour; give each a table [tumours.NAME]"
        raise InputError(msg)
    shared = {key: item for key, item in table.items() if key in _KEYS}
    for where, each in (("", shared), *((f".{name}", item) for name, item in own.items())):
        if "blood" in each and len(own) > 1:
            msg = f"{file}: tumours{where}.blood: several tumours share a body, whose blood feeds "
            raise InputError(msg + "them")
    top = {key: data[key] for key in SHARED if key in data}
    return Written(own=own, shared=shared, top=top)


def _require_name(name: str, item: Any, file: str) -> None:
    where = f"{file}: tumours.{name}"
    if name in SHARED:
        msg = f"{where}: what all tumours share of it stands in [{name}]"
        raise InputError(msg)
    if not isinstance(item, Mapping):
        msg = f"{file}: unknown key 'tumours.{name}'; {suggest(name, _KEYS)}"
        raise InputError(msg)
    if _NAME.fullmatch(name) is None or name in _TAKEN:
        why = "is taken" if name in _TAKEN else "is none: a letter, then letters, digits and _"
        msg = f"{file}: tumours: the name '{name[:40]}' {why}"
        raise InputError(msg)
    for key in item:
        if key not in (*_KEYS, *SHARED):
            msg = f"{file}: unknown key 'tumours.{name}.{key}'; {suggest(key, [*_KEYS, *SHARED])}"
            raise InputError(msg)


def _over(shared: Any, own: Any) -> Any:
    """Return a table with what is a tumour's own in place of what all share, key by key.

    What says which other keys a table has empties it, where it differs.
    """
    if own is None:
        return shared
    if not (isinstance(shared, Mapping) and isinstance(own, Mapping)) or "value" in own:
        return own
    if any(kind in own and own[kind] != shared.get(kind) for kind in _KINDS):
        return own
    merged = dict(shared)
    for key, item in own.items():
        merged[key] = item if key in _WHOLE else _over(shared.get(key), item)
    return merged


def _depth(table: Any, rest: str) -> int:
    """Return how many parts of a dotted key a table has, or -1 where there is no table."""
    found = -1 if table is None else 0
    for part in rest.split("."):
        if not isinstance(table, Mapping) or part not in table:
            break
        table, found = table[part], found + 1
    return found
