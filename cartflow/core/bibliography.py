"""The bibliography that every shipped number refers to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from cartflow.core.outcome import InputError, suggest


@cache
def _entries() -> dict[str, tuple[str, dict[str, str]]]:
    import bibtexparser

    text = files("cartflow").joinpath("data/references.bib").read_text(encoding="utf-8")
    library = bibtexparser.parse_string(text)
    return {e.key: (str(e.raw), {f.key: str(f.value) for f in e.fields}) for e in library.entries}


def keys() -> list[str]:
    """Return every key of the bibliography."""
    return sorted(_entries())


def bibtex(key: str) -> str:
    """Return the BibTeX entry of `key` as text."""
    return _entry(key)[0].strip()


def reference(key: str) -> str:
    """Return the entry of `key` as one line: authors, year, title, journal, doi."""
    fields = _entry(key)[1]
    where = fields.get("journal") or fields.get("publisher") or fields.get("howpublished", "")
    parts = [fields.get("author", ""), fields.get("year", ""), fields.get("title", ""), where]
    doi = f"doi:{fields['doi']}" if "doi" in fields else ""
    text = ". ".join(part.rstrip(".") for part in (*parts, doi) if part)
    return _plain(text)


# LaTeX's accents as the combining marks of Unicode.
_ACCENTS = {
    "'": "\N{COMBINING ACUTE ACCENT}",
    "`": "\N{COMBINING GRAVE ACCENT}",
    '"': "\N{COMBINING DIAERESIS}",
    "^": "\N{COMBINING CIRCUMFLEX ACCENT}",
    "~": "\N{COMBINING TILDE}",
}


def _plain(text: str) -> str:
    """Return LaTeX's accented letters as letters, without braces."""
    text = text.replace("{", "").replace("}", "")
    marked = re.sub(r"\\(['`\"^~])([A-Za-z])", lambda m: m[2] + _ACCENTS[m[1]], text)
    return unicodedata.normalize("NFC", marked)


def references(sources: Iterable[str]) -> list[str]:
    """Return the bibliography keys among `sources`, sorted, without repeats."""
    return sorted({source for source in sources if source in _entries()})


def _entry(key: str) -> tuple[str, dict[str, str]]:
    if key not in _entries():
        msg = f"bibliography: unknown key '{key}'; {suggest(key, keys())}"
        raise InputError(msg)
    return _entries()[key]
