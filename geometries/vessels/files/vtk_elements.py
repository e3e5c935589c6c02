"""VTK's XML as a tree: bounded, without document types, and with the appended data apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from cartflow.core.outcome import InputError

_MOST_ELEMENTS = 10_000
_DEEPEST = 20


@dataclass
class Element:
    """An element: its tag, attributes, parts, and the text in it."""

    tag: str
    attributes: dict[str, str]
    parts: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text that stands right in it."""
        return "".join(self.texts)

    def all(self, tag: str) -> list[Element]:
        """Return its parts of a tag."""
        return [part for part in self.parts if part.tag == tag]

    def one(self, tag: str) -> Element:
        """Return its only part of a tag. Raises `InputError`."""
        found = self.all(tag)
        if len(found) != 1:
            msg = f"{self.tag} has {len(found)} elements {tag}; needed is one"
            raise InputError(msg)
        return found[0]

    def number(self, name: str) -> int:
        """Return an attribute that is a whole number. Raises `InputError`."""
        text = self.attributes.get(name, "").strip()
        if not text.isascii() or not text.isdigit() or len(text) > 15:
            msg = f"{self.tag}: {name} is '{text[:40]}'; needed is a whole number"
            raise InputError(msg)
        return int(text)


def parsed(data: bytes) -> tuple[Element, bytes, str]:
    """Return the root of a VTK file, its appended data, and how these are encoded.

    Raises `InputError` for what is no VTK file in XML.
    """
    head, tag, rest = data.partition(b"<AppendedData")
    if not tag:
        return _tree(data), b"", ""
    attributes, _, content = rest.partition(b">")
    start = content.find(b"_")
    if start < 0 or content[:start].strip():
        raise InputError("its appended data do not begin with an underscore")
    encoding = "base64" if b"base64" in attributes else "raw"
    appended = content[start + 1 :]
    if encoding == "base64":
        appended = appended.partition(b"<")[0]
    return _tree(head + b"</VTKFile>"), appended, encoding


def _tree(data: bytes) -> Element:
    root = Element("", {})
    open_, count = [root], 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > _MOST_ELEMENTS or len(open_) > _DEEPEST:
            raise InputError("it has too many elements, or too deep ones")
        new = Element(tag, attributes)
        open_[-1].parts.append(new)
        open_.append(new)

    def end(_: str) -> None:
        open_.pop()

    def text(more: str) -> None:
        open_[-1].texts.append(more)

    def refuse(*_: object) -> None:
        raise InputError("it has a document type, which could name other files, or grow")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        msg = f"it is no XML ({error})"
        raise InputError(msg) from None
    return root.one("VTKFile")
