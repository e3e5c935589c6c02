"""The frame of a page that needs no other file and asks for none."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from cartflow.results.report.script import STYLE

# Nothing may be fetched, whatever a page holds.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def framed(title: str, parts: Iterable[str]) -> str:
    """Return the page of a title, which is escaped, and parts of HTML."""
    inside = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY, quote=True)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{escape(title)}</h1>\n{inside}\n</body></html>\n"
    )
