"""What the cases on published bodies share: rows to checks, and notes told once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cartflow.pbpk.published import PublishedRow
from cartflow.validation.case import Check


def no_remark(_row: PublishedRow) -> str:
    """Return nothing: the row is compared with the publication as it stands."""
    return ""


def checks_of(
    rows: Sequence[PublishedRow], remark: Callable[[PublishedRow], str] = no_remark
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


def held(rows: Sequence[PublishedRow]) -> str:
    """Return how many rows hold, in words."""
    return f"{sum(row.holds for row in rows)} of {len(rows)}"


def notes(rows: Sequence[PublishedRow]) -> str:
    """Return every note of the rows once, as one sentence."""
    return "; ".join(dict.fromkeys(row.note for row in rows if row.note)) + "."
