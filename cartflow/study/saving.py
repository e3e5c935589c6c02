"""What a study says of its saved fields."""

from __future__ import annotations

from collections.abc import Sequence

from cartflow.core.outcome import require_known
from cartflow.results.shelf import Saving
from cartflow.study.schema import SaveTable


def saving_of(table: SaveTable, species: Sequence[str]) -> Saving:
    """Return which of the `species` are saved, and how. Raises `InputError` for another."""
    for i, name in enumerate(table.fields or ()):
        require_known(name, species, f"save.fields.{i}")
    fields = None if table.fields is None else tuple(table.fields)
    return Saving(fields=fields, dtype=table.dtype, compression=table.compression)
