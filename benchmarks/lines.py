"""Results that take long, one line of JSON each, so that a run that ends early goes on later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def read(path: Path) -> list[Any]:
    """Return the lines of a file; what was cut off at its end is left out."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def add(path: Path, value: Any) -> None:
    """Add a line to a file, in the place of one that was cut off."""
    raw = path.read_bytes() if path.is_file() else b""
    whole = raw.rfind(b"\n") + 1
    if whole < len(raw):
        with path.open("r+b") as cut:
            cut.truncate(whole)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(value) + "\n")


def kept(path: Path | None, key: dict[str, Any], make: Callable[[], Any]) -> Any:
    """Return the value of the line with this `key` in a file, or make it and add the line."""
    if path is None:
        return make()
    key = json.loads(json.dumps(key))  # as a line gives it back
    for found in read(path):
        if found["key"] == key:
            return found["value"]
    value = make()
    add(path, {"key": key, "value": value})
    return value
