"""Measurements that are not part of the package: where they lie, if they are there.

They belong to others, so that they stand beside the repository and are never copied into it:
`../shared/data` seen from its root, one folder a source, each with a SOURCE.md.
"""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
ABSENT = "measurements are not there: {} is expected in ../shared/data beside the repository"


def found(name: str) -> Path | None:
    """Return the path of `name` (``folder/file``) among the data, or None if it is absent."""
    path = _FOLDER / name
    return path if path.exists() else None


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file, which may be gzipped, as dictionaries."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as packed:
            return list(csv.DictReader(packed))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
