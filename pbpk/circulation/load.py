"""Solute files in, checked nouns out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cartflow.core.outcome import InputError, named, suggest
from cartflow.core.tables import Table, read_toml, validate
from cartflow.pbpk.circulation.solutes import Antibody, Protein, SmallMolecule
from cartflow.pbpk.circulation.tables import SOLUTE_TABLES, CellsTable, EverywhereTable
from cartflow.pbpk.files.load import fields_of, file_of

Solute = Antibody | Protein | SmallMolecule | EverywhereTable | CellsTable
_NOUNS = {"antibody": Antibody, "protein": Protein, "small_molecule": SmallMolecule}
_SAID = ("kind", "name", "title", "references")


def load_solute(
    name_or_path: str, changed: Mapping[str, Any] | None = None, directory: Path | None = None
) -> tuple[Solute, Table]:
    """Return a solute of a shipped name, or of a TOML file, and its table as it was read.

    `changed` keys replace those of the file. Raises `InputError`, naming file and key.
    """
    file = file_of("solute", name_or_path, directory)
    data = _merged(read_toml(file), changed or {})
    kind = data.get("kind")
    if kind not in SOLUTE_TABLES:
        msg = f"{file}: kind: '{kind}'; {suggest(str(kind), SOLUTE_TABLES)}"
        raise InputError(msg)
    source = "study" if changed else ""
    label = f"numbers of '{name_or_path}'" if changed else str(file)
    table = validate(SOLUTE_TABLES[str(kind)], data, label, source=source)
    if isinstance(table, (EverywhereTable, CellsTable)):
        return table, table
    with named(label):
        parts = {key: value for key, value in fields_of(table).items() if key not in _SAID}
        return _NOUNS[str(kind)](**parts), table


def _merged(data: dict[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return `data` with what is `changed`, by organ where a key has tables by organ."""
    result = dict(data)
    for key, value in changed.items():
        old = result.get(key)
        by_name = isinstance(old, dict) and isinstance(value, Mapping) and "value" not in value
        result[key] = {**old, **value} if by_name and isinstance(old, dict) else value
    return result
