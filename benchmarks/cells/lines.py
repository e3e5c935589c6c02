"""Results that take long, one line of JSON each, so that a run that ends early goes on later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def kept(path: Path | None, key: dict[str, Any], make: Callable[[], Any]) -> Any:
    """Return the value of the line with this `key` in a file, or make it and add the line."""
    if path is None:
        return make()
    key = json.loads(json.dumps(key))  # as a line gives it back
    for line in path.read_text().splitlines() if path.is_file() else ():
        found = json.loads(line)
        if found["key"] == key:
            return found["value"]
    value = make()
    with path.open("a") as file:
        file.write(json.dumps({"key": key, "value": value}) + "\n")
    return value
