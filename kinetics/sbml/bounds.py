"""What is read of a file before any library sees it: its size, its depth, its encoding."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from cartflow.core.outcome import InputError

LARGEST_FILE = 10_000_000
MOST_ELEMENTS = 100_000
DEEPEST = 250
# libsbml ends the process where a version is none that it knows.
_VERSIONS = {"1": ("1", "2"), "2": ("1", "2", "3", "4", "5"), "3": ("1", "2")}
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*\?>")


def bounded_text(path: Path) -> str:
    """Return the text of an SBML file, its declaration written anew.

    Raises `InputError` unless the file is XML in UTF-8 of at most 10 MB and 100,000 elements,
    nested at most 250 deep, of a level and version that there are, without document type and so
    without entities.
    """
    text = _text(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError("a document type or entity has no place in SBML")
    _Pass().over(text)
    body = _DECLARATION.sub("", text, count=1) if _DECLARATION.match(text) else text
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise InputError("cannot be read (no such file)")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        msg = f"cannot be read ({error.strerror})"
        raise InputError(msg) from None
    if len(content) > LARGEST_FILE:
        msg = f"larger than the {LARGEST_FILE} bytes that are read"
        raise InputError(msg)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"not SBML (byte {error.start} is not UTF-8, the encoding that SBML has)"
        raise InputError(msg) from None


class _Pass:
    """One pass that counts elements and depth, and expands nothing."""

    def __init__(self) -> None:
        self.elements = self.depth = 0
        self.parser: Any = expat.ParserCreate()
        self.parser.XmlDeclHandler = self._declared
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse

    def over(self, text: str) -> None:
        try:
            self.parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            msg = f"not SBML ({expat.ErrorString(error.code)}, line {error.lineno})"
            raise InputError(msg) from None

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.upper() not in {"UTF-8", "US-ASCII", "ASCII"}:
            msg = f"encoding '{encoding}': SBML is in UTF-8"
            raise InputError(msg)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self.elements:
            _require_known(name, attributes)
        self.elements += 1
        self.depth += 1
        if self.depth > DEEPEST:
            msg = f"line {self.parser.CurrentLineNumber}: nested deeper than {DEEPEST} elements"
            raise InputError(msg)
        if self.elements > MOST_ELEMENTS:
            msg = f"more than the {MOST_ELEMENTS} elements that are read"
            raise InputError(msg)

    def _end(self, name: str) -> None:
        self.depth -= 1

    def _refuse(self, *_: Any) -> NoReturn:
        raise InputError("a document type or entity has no place in SBML")


def _require_known(name: str, attributes: dict[str, str]) -> None:
    """Raise `InputError` unless the outermost element states a level and version that there are."""
    level, version = attributes.get("level", ""), attributes.get("version", "")
    if name.rpartition(":")[2] == "sbml" and version not in _VERSIONS.get(level, ()):
        there = ", ".join(f"{key}.{number}" for key, found in _VERSIONS.items() for number in found)
        msg = f"not SBML (level '{level[:60]}' version '{version[:60]}'; allowed: {there})"
        raise InputError(msg)
