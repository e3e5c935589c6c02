"""How many cells and how long a study may ask for: beyond that numbers end, and runs do not."""

from __future__ import annotations

from cartflow.core.outcome import InputError

MOST_CELLS = 1e18  # a man has 4e13, with those of his blood
DENSEST = 1e15  # cells/mm^3; some 1e6 fill a mm^3
LONGEST = 1e5  # days


def require_possible(found: float, most: float, unit: str) -> None:
    """Raise `InputError` where what is `found` in a `unit` of cells is more than `most`."""
    if not found <= most:
        msg = f"got {found:.3g} {unit}; at most {most:g} are possible"
        raise InputError(msg)
