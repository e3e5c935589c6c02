"""Tables and sources, printed."""

from __future__ import annotations

from cartflow.core.bibliography import reference, references


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print rows in columns as wide as their longest entry; the last column runs free."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header) - 1)]
    for line in lines:
        cells = [text.ljust(width) for text, width in zip(line, widths, strict=False)]
        print("  ".join([*cells, line[-1]]).rstrip())


def print_sources(keys: list[str]) -> None:
    """Print each reference once."""
    print()
    for key in references(keys):
        print(f"[{key}] {reference(key)}")
