"""What a quantity may be in a file, as JSON schema: for editors that complete and check."""

from __future__ import annotations

from typing import Any

from cartflow.core.parameters import STANDINGS

_NUMBER = r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
_POSITIVE = r"^\s*\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"


def quantity_schema(like: str, *, positive: bool) -> dict[str, Any]:
    """Return the schema of a quantity with the dimension of `like`.

    Text with a unit, a plain number where there is none, a table with source and standing, or a
    course in time. Whether a unit fits is left to the reader.
    """
    plain = like == "1"
    text = {"type": "string", "pattern": _POSITIVE if positive else _NUMBER}
    if not plain:
        # A unit may begin with a number, as 1/min does.
        text["pattern"] += r"(\s*[^\s0-9.]|\s+1\s*/)"
    number: dict[str, Any] = {"type": "number"}
    if positive:
        number["exclusiveMinimum"] = 0
    written: list[dict[str, Any]] = [text, number] if plain else [text]
    return {
        "description": "a number" if plain else f"a quantity such as '1 {like}'",
        "anyOf": [*written, _with_source(written), _COURSE],
    }


_COURSE = {"type": "object", "required": ["course"]}


def _with_source(written: list[dict[str, Any]]) -> dict[str, Any]:
    value = {"anyOf": written}
    return {
        "type": "object",
        "properties": {
            "value": value,
            "source": {"type": "string"},
            "standing": {"enum": list(STANDINGS)},
            "note": {"type": "string"},
            "range": {"type": "array", "items": value, "minItems": 2, "maxItems": 2},
        },
        "required": ["value", "source", "standing"],
        "additionalProperties": False,
    }
