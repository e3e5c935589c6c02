"""How many cells, how long and how fast a study may ask for: beyond that numbers or runs end."""

from __future__ import annotations

from cartflow.core.outcome import InputError

MOST_CELLS = 1e18  # a man has 4e13, with those of his blood
DENSEST = 1e15  # cells/mm^3; some 1e6 fill a mm^3
LONGEST = 1e5  # days
FASTEST = 1e7  # mm^2/day; hydrogen diffuses at 4e2 in water, at 6e6 in air


def require_possible(found: float, most: float, unit: str) -> None:
    """Raise `InputError` where what is `found`, in a `unit`, is more than `most`."""
    if not found <= most:
        msg = f"got {found:.3g} {unit}; at most {most:g} are possible"
        raise InputError(msg)
