"""Units as UDUNITS reads them, for files that follow the CF conventions."""

from __future__ import annotations

from functools import cache

from cartflow.core.units.dimensions import internal_unit
from cartflow.core.units.parsing import (
    ABSORBED_GRAY,
    dimensionality,
    parse_unit,
    power_and_unit,
    registry,
)


@cache
def cf_unit(unit: str) -> str:
    """Return `unit` as UDUNITS reads it; a cell is a count, so it drops out.

    >>> cf_unit("cell/mm^3")
    'mm-3'
    """
    powers = dimensionality(internal_unit(unit))
    parts = [
        name if powers[d] == 1 else f"{name}{powers[d]:g}"
        for d, name in (
            ("[mass]", "ng"),
            ("[length]", "mm"),
            ("[time]", "day"),
            ("[absorbed_dose]", "Gy"),
        )
        if powers.get(d, 0)
    ]
    return " ".join(parts) or "1"


def unit_words(unit: str) -> str:
    """Return `unit` itself, not the internal one, as UDUNITS reads it; a cell drops out.

    >>> unit_words("um^2/min")
    'micrometer2 minute-1'
    """
    power, rest = power_and_unit(unit)
    if power:
        return f"1e{power} {unit_words(rest or '1')}"
    powers = registry().Quantity(1, parse_unit(unit)).unit_items()
    parts = [f"{name}{'' if power == 1 else f'{power:g}'}" for name, power in powers]
    words = " ".join(part for part in parts if not part.startswith("cell")) or "1"
    return words.replace(ABSORBED_GRAY, "gray")
