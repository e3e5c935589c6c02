"""What the cases on published bodies share: rows to checks, and notes told once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cartflow.core.assumed import assumed, in_words
from cartflow.pbpk.files.load import body_names, load_body, load_trafficking
from cartflow.pbpk.record import body_parameters, trafficking_parameters
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.book.case import Check


def standing(row: PublishedRow) -> str:
    """Return what kind of number a row expects, or nothing for one that a publication prints."""
    return "" if row.standing == "published" else row.standing


def checks_of(
    rows: Sequence[PublishedRow], remark: Callable[[PublishedRow], str] = standing
) -> tuple[Check, ...]:
    """Return one check a row, absolute; `remark` says in its name what kind of number it is."""
    return tuple(
        Check(
            name=f"{row.name} ({remark(row)})" if remark(row) else row.name,
            measured=row.measured,
            expected=row.expected,
            tolerance=row.tolerance,
            kind="absolute",
            reference=row.reference,
            unit=row.unit,
        )
        for row in rows
    )


def assumed_numbers(*names: str) -> str:
    """Return the sentence that names what is assumed in shipped bodies and trafficking models."""
    parts = []
    for name in names:
        numbers = (
            body_parameters(load_body(name))
            if name in body_names()
            else trafficking_parameters(load_trafficking(name))
        )
        parts.append(f"{name} ({in_words(assumed(numbers))})")
    return f"Assumed, since no publication gives it, in {', in '.join(parts)}."


def held(rows: Sequence[PublishedRow]) -> str:
    """Return how many rows hold, in words."""
    return f"{sum(row.holds for row in rows)} of {len(rows)}"


def notes(rows: Sequence[PublishedRow]) -> str:
    """Return every note of the rows once, as one sentence."""
    return "; ".join(dict.fromkeys(row.note for row in rows if row.note)) + "."
