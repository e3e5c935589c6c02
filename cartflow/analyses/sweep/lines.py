"""Members as lines of text, which are read again to the last bit, and checked."""

from __future__ import annotations

import json
from contextlib import suppress

import numpy as np

from cartflow.analyses.sweep.layout import Layout
from cartflow.analyses.sweep.members import FINISHED, Member

_A_NUMBER = 40  # letters, at most, with what stands between
_LONGEST_STATUS = 2_000


def line_of(member: Member) -> str:
    """Return the line of a member."""
    # A float's shortest text is read as the same float again.
    values = {name: np.asarray(value).tolist() for name, value in member.values.items()}
    found = {"member": member.place, "status": member.status, "values": values}
    return json.dumps(found) + "\n"


def longest_line(layout: Layout) -> int:
    """Return how many bytes the line of a member has at most."""
    return 6 * _LONGEST_STATUS + _A_NUMBER * (layout.numbers + 10) + 200 * len(layout.variables)


def member_of(line: bytes, layout: Layout, members: int) -> Member | None:
    """Return the member of a line, or None if the line is not one of `members` of this layout."""
    with suppress(
        ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError
    ):
        found = json.loads(line)
        place, status = found["member"], found["status"]
        given = found["values"] if status == FINISHED else {}
        values = {str(name): np.array(value, dtype=float) for name, value in given.items()}
        known = type(place) is int and 0 <= place < members
        plain = isinstance(status, str) and len(status) <= _LONGEST_STATUS and status.isprintable()
        shaped = all(
            name in layout.variables and value.shape == layout.shape(name)
            for name, value in values.items()
        )
        if known and plain and shaped:
            return Member(place=place, status=status, values=values)
    return None
