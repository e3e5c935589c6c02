"""TOML files in, validated tables out, with messages that name file, key and value."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from cartflow.outcome import InputError, suggest
from cartflow.parameters import Parameter, parameter


class Table(BaseModel):
    """Base of every validated table: unknown keys are errors, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


T = TypeVar("T", bound=Table)


def quantity(like: str, *, minimum: float | None = None, above: float | None = None) -> Any:
    """Return the pydantic validator that turns a value into a `Parameter` like `like`.

    `minimum` and `above` bound the value in internal units.
    """

    def check(value: Any, info: ValidationInfo) -> Parameter:
        try:
            result = parameter(value, like, source=(info.context or {}).get("source", "study"))
        except InputError as error:
            raise ValueError(str(error)) from None
        if minimum is not None and result.value < minimum:
            msg = f"'{result.stated}' is below {minimum:g}"
            raise ValueError(msg)
        if above is not None and result.value <= above:
            msg = f"'{result.stated}' must be greater than {above:g}"
            raise ValueError(msg)
        return result

    return BeforeValidator(check)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the table in the file at `path`; raise `InputError` if it is no TOML file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise InputError(msg) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: not a TOML file ({error})"
        raise InputError(msg) from None


def validate(schema: type[T], data: dict[str, Any], file: str, *, source: str = "study") -> T:
    """Return `data` as `schema`; bare quantities take `source` (empty: they need their own).

    Raises `InputError`, one line that names the file, the key, the value and what is allowed.
    """
    try:
        return schema.model_validate(data, context={"source": source})
    except ValidationError as error:
        raise InputError(_explain(schema, data, error, file)) from None


def _explain(schema: type[Table], data: Any, error: ValidationError, file: str) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        allowed = _siblings(schema, first["loc"])
        return f"{file}: unknown key '{where}'; {suggest(str(first['loc'][-1]), allowed)}"
    if first["type"] == "missing":
        return f"{file}: key '{where}' is missing"
    text = first["msg"].removeprefix("Value error, ")
    got = first["input"]
    shown = "" if str(got) in text or isinstance(got, (dict, BaseModel)) else f" (got {got!r})"
    return f"{file}: {where}: {text}{shown}" if where else f"{file}: {text}{shown}"


def _siblings(schema: type[Table], location: tuple[Any, ...]) -> list[str]:
    """Return the keys allowed where an unknown one was found."""
    current: list[type[BaseModel]] = [schema]
    for part in location[:-1]:
        found: list[type[BaseModel]] = []
        for model in current:
            if str(part) in model.model_fields:
                found += _models(model.model_fields[str(part)].annotation)
        # Parts that are no field are list indices, dictionary keys or union tags.
        named = [m for m in current if m.__name__ == part or _tag(m) == part]
        current = found or named or current
    return sorted({_alias(m, name) for m in current for name in m.model_fields})


def _alias(model: type[BaseModel], name: str) -> str:
    return model.model_fields[name].alias or name


def _tag(model: type[BaseModel]) -> Any:
    """Return the value of a single-valued literal field, which names a member of a union."""
    for field in model.model_fields.values():
        values = getattr(field.annotation, "__args__", ())
        if len(values) == 1 and isinstance(values[0], str):
            return values[0]
    return None


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models(part)]
