"""Pieces of an HTML page; every text that comes in is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def heading(text: str) -> str:
    """Return a heading of a section."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def preformatted(text: str) -> str:
    """Return text as it stands, letter by letter."""
    return f"<pre>{escape(text)}</pre>"


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of what and value."""
    items = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in rows)
    return f"<dl>{items}</dl>"


def listing(items: Iterable[str]) -> str:
    """Return a list of sentences."""
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; what looks like a number is set to the right."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def folded(title: str, inside: str) -> str:
    """Return what is shown when its title is pressed, and when the page is printed."""
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


def _cell(text: str) -> str:
    try:
        float(text)
    except ValueError:
        return f"<td>{escape(text)}</td>"
    return f'<td class="number">{escape(text)}</td>'
