"""What pydantic finds wrong with a table, in one line that names file, key and value."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ValidationError

from cartflow.core.outcome import nearest, suggest


def explanation(schema: type[BaseModel], data: Any, error: ValidationError, file: str) -> str:
    """Return one line that names the file, the key, the value and what is allowed."""
    # A key that nobody knows explains best why another is missing.
    errors = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    first = errors[0]
    kind, context = first["type"], first.get("ctx", {})
    where = ".".join(_path(data, first["loc"]))
    if kind == "extra_forbidden":
        allowed = _siblings(schema, first["loc"])
        return f"{file}: unknown key '{where}'; {suggest(str(first['loc'][-1]), allowed)}"
    if kind == "missing":
        return f"{file}: key '{where}' is missing"
    if kind == "union_tag_not_found":
        key = context["discriminator"].strip("'")
        tags = [t for m in _found(schema, first["loc"]) if (t := _tag(m))]
        return f"{file}: key '{where}.{key}' is missing; {suggest('', tags)}"
    if kind == "union_tag_invalid":
        key, tags = context["discriminator"].strip("'"), _quoted(context["expected_tags"])
        return f"{file}: {where}.{key}: '{context['tag']}'; {suggest(context['tag'], tags)}"
    got, text = first["input"], first["msg"].removeprefix("Value error, ")
    if kind in _WORDS:
        text = f"Input should be {_WORDS[kind].format_map(context)}"
    told = str(got) in text and not isinstance(got, (int, float))  # "greater than 0" tells no 0
    shown = "" if told or isinstance(got, (dict, BaseModel)) else f" (got {got!r})"
    if kind == "literal_error":
        shown = f" (got {got!r}){nearest(str(got), _quoted(context['expected']))}"
    return f"{file}: {where}: {text}{shown}" if where else f"{file}: {text}{shown}"


# What pydantic finds wrong, where its own words are those of Python.
_WORDS = {
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "tuple_type": "a list",
    "too_short": "a list of at least {min_length}, not of {actual_length}",
    "too_long": "a list of at most {max_length}, not of {actual_length}",
    "path_type": "a path",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _path(data: Any, location: tuple[Any, ...]) -> list[str]:
    """Return the keys and indices of `location` without the union tags between them."""
    keys, place = [], data
    for number, part in enumerate(location):
        inside = isinstance(place, dict) and part in place
        item = isinstance(place, (list, tuple)) and isinstance(part, int) and part < len(place)
        if inside or item:
            place = place[part]
        elif number < len(location) - 1 or not isinstance(place, dict):
            continue
        keys.append(str(part))
    return keys


def _siblings(schema: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Return the keys allowed where an unknown one was found."""
    models = _found(schema, location[:-1])
    return sorted({_alias(m, name) for m in models for name in m.model_fields})


def _found(schema: type[BaseModel], location: tuple[Any, ...]) -> list[type[BaseModel]]:
    """Return the tables that may stand at `location`."""
    current: list[type[BaseModel]] = [schema]
    for part in location:
        found: list[type[BaseModel]] = []
        for model in current:
            if str(part) in model.model_fields:
                found += _models(model.model_fields[str(part)].annotation)
        # Parts that are no field are list indices, dictionary keys or union tags.
        named = [m for m in current if m.__name__ == part or _tag(m) == part]
        current = found or named or current
    return current


def _alias(model: type[BaseModel], name: str) -> str:
    return model.model_fields[name].alias or name


def _tag(model: type[BaseModel]) -> str | None:
    """Return the value of a single-valued literal field, which names a member of a union."""
    for field in model.model_fields.values():
        values: tuple[Any, ...] = getattr(field.annotation, "__args__", ())
        if len(values) == 1 and isinstance(values[0], str):
            return str(values[0])
    return None


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models(part)]
