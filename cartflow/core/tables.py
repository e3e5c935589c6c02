"""TOML files in, validated tables out, with messages that name file, key and value."""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
)

from cartflow.core.nesting import require_shallow
from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter, Sign, parameter
from cartflow.core.paths import kind_of
from cartflow.core.quantity_schema import quantity_schema
from cartflow.core.table_errors import explanation
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit

_LARGEST = 4_000_000  # bytes of a text; the largest that ships has 0.03 MB


class Table(BaseModel):
    """Base of every validated table: unknown keys are errors, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _not_true(value: Any) -> Any:
    """Refuse true and false, for which pydantic takes 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("Input should be a whole number, not true or false")
    return value


WholeNumber = Annotated[int, BeforeValidator(_not_true)]
PositiveInt = Annotated[WholeNumber, Field(gt=0)]
T = TypeVar("T", bound=Table)
Data = TypeVar("Data")


@dataclass(frozen=True)
class Quantity:
    """What turns a value into a `Parameter` like `like`, for pydantic and for its JSON schema.

    One with the dimension of `other`, if there is one, is a `Parameter` like that, to which `most`
    does not apply.
    """

    like: str
    minimum: float | None
    above: float | None
    other: str = ""
    most: float = math.inf

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return BeforeValidator(self._checked).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, _: Any, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return quantity_schema(self.like, positive=self.above is not None)

    def _checked(self, value: Any, info: ValidationInfo) -> Parameter:
        sign: Sign = (
            "any" if self.minimum is None else "not_negative" if self.above is None else "positive"
        )
        try:
            like = self.other if self.other and _is_like(value, self.other) else self.like
            result = parameter(value, like, source=(info.context or {}).get("source", "study"))
        except InputError as error:
            raise ValueError(str(error)) from None
        lowest = result.value if result.bounds is None else result.bounds[0]
        if self.above is not None and lowest <= self.above:
            msg = f"'{result.stated}' must be greater than {self.above:g}"
            raise ValueError(msg)
        if self.minimum is not None and lowest < self.minimum:
            msg = f"'{result.stated}' is below {self.minimum:g}"
            raise ValueError(msg)
        highest = result.value if result.bounds is None else result.bounds[1]
        if highest > self.most and like == self.like:
            msg = f"'{result.stated}' must be at most {self.most:g} {internal_unit(self.like)}"
            raise ValueError(msg)
        return replace(result, sign=sign)


def quantity(
    like: str,
    other: str = "",
    *,
    minimum: float | None = 0.0,
    above: float | None = None,
    most: float = math.inf,
) -> Any:
    """Return the pydantic validator that turns a value into a `Parameter` like `like`, or `other`.

    `minimum`, `above` and `most` bound the value, and its range, in internal units; a quantity
    that may be negative says so by a `minimum` of None. `most` is of one like `like` alone.
    """
    return Quantity(like, minimum, above, other, most)


def _is_like(value: Any, like: str) -> bool:
    """Return whether a quantity, also one with a source, has the dimension of `like`."""
    try:
        to_internal(value.get("value") if isinstance(value, dict) else value, like)
    except InputError:
        return False
    return True


def read_toml(path: Path) -> dict[str, Any]:
    """Return the table in the file at `path`; raise `InputError` if it is no TOML file."""
    return parse_toml(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return the text in the file at `path`; raise `InputError` if there is none in UTF-8."""
    if kind_of(path) == "device":
        msg = f"{path}: not a file with text"
        raise InputError(msg)
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            msg = (
                f"{path}: has more than {_LARGEST // 1_000_000} MB, which no file of this kind has"
            )
            raise InputError(msg)
        # Editors of Windows begin a file with a mark, which TOML does not know.
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise InputError(msg) from None
    except ValueError as error:
        msg = f"{path}: not a text file ({error})"
        raise InputError(msg) from None


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """Return the table that `text` holds; raise `InputError` naming `file` if it is no TOML."""
    return copied(_parsed(text, file))


def copied(data: Data) -> Data:
    """Return a copy of tables and lists within each other; what else is in them stays as it is."""
    found: Any = data
    if isinstance(data, dict):
        found = {name: copied(value) for name, value in data.items()}
    elif isinstance(data, list):
        found = [copied(value) for value in data]
    return cast(Data, found)


# Variants of a study have its text in common, and studies those of the models.
@lru_cache(maxsize=16)
def _parsed(text: str, file: str) -> dict[str, Any]:
    _require_short_keys(text, file)
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        msg = f"{file}: not a TOML file ({error}){unquoted(text, str(error))}"
        raise InputError(msg) from None
    except RecursionError:
        msg = f"{file}: not a TOML file (its tables or lists are nested too deeply)"
        raise InputError(msg) from None
    require_shallow(data, file)
    _require_printable(data, file, "")
    return data


# What a dotted key is made of; a row of numbers is parted by its commas.
_KEYS = re.compile(r"""[^\w.\-"' \t]+""")
_DOT = re.compile(r"""[\w"'-][ \t]*\.""")
_MOST_PARTS = 100


def _require_short_keys(text: str, file: str) -> None:
    """Raise `InputError` on a dotted key so long that the reader's time grows with its square."""
    for line in text.split("\n"):
        if line.count(".") > _MOST_PARTS:
            for piece in _KEYS.split(line):
                if piece.count(".") > _MOST_PARTS and len(_DOT.findall(piece)) > _MOST_PARTS:
                    msg = (
                        f"{file}: its tables or lists are nested too deeply (a key of more than "
                        f"{_MOST_PARTS} parts)"
                    )
                    raise InputError(msg)


_LINE = re.compile(r"at line (\d+)")
_BARE = re.compile(r"""[=\[,{]\s*([-+]?\d[\d.]*(?:[eE][-+]?\d+)?\s*[A-Za-zµ%][^]},#"'=]{0,40})""")


def unquoted(text: str, error: str) -> str:
    """Return the hint that a quantity stands in quotes, if one without is where `error` is."""
    found = _LINE.search(error)
    lines = text.splitlines()
    number = int(found[1]) - 1 if found else 0
    bare = _BARE.search(lines[number][:300]) if number < len(lines) else None
    return f'; a quantity stands in quotes: "{bare[1].strip()}"' if bare else ""


# What turns the direction of text round, so that it reads as something else.
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}


def _require_printable(value: Any, file: str, key: str) -> None:
    """Raise `InputError` on text that would steer the terminal or the page that shows it."""
    if isinstance(value, dict):
        for name, item in value.items():
            _require_printable(name, file, key)
            _require_printable(item, file, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for item in value:
            _require_printable(item, file, key)
    elif isinstance(value, str):
        for c in value:
            if (unicodedata.category(c) == "Cc" and c not in "\n\t") or ord(c) in _TURNING:
                msg = f"{file}: {key or 'a key'}: holds the control character U+{ord(c):04X}"
                raise InputError(msg)


def validate(schema: type[T], data: dict[str, Any], file: str, *, source: str = "study") -> T:
    """Return `data` as `schema`; bare quantities take `source` (empty: they need their own).

    Raises `InputError`, one line that names the file, the key, the value and what is allowed.
    """
    try:
        return schema.model_validate(data, context={"source": source})
    except ValidationError as error:
        raise InputError(explanation(schema, data, error, file)) from None
