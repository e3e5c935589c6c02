"""Markdown tables whose cells hold any text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; what a cell holds is shown as it is."""
    lines = [header, ["---"] * len(header), *([plain(c) for c in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def plain(text: str) -> str:
    """Return `text` on one line, without a meaning in Markdown."""
    text = " ".join(text.split())
    for mark in "\\`*_{}[]<>|#$":
        text = text.replace(mark, f"\\{mark}")
    return text
