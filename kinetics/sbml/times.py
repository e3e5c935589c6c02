"""The unit of time of an SBML model, in days."""

from __future__ import annotations

import math
from typing import Any

from cartflow.core.outcome import InputError

_SECONDS_PER_DAY = 86400.0


def days_per_unit(sbml: Any, model: Any) -> float | None:
    """Return how many days the model's unit of time has, None where the file states none.

    Stated are ``timeUnits`` of level 3, and a unit named ``time`` in levels 1 and 2 (whose
    default of a second few files mean). Raises `InputError` for a unit that is no time.
    """
    name = model.getTimeUnits() if model.getLevel() > 2 else "time"
    if name == "second":
        return 1.0 / _SECONDS_PER_DAY
    definition = model.getUnitDefinition(name) if name else None
    if definition is None:
        if name in {"", "time", "dimensionless"}:
            return None
        msg = f"the unit of time '{name}' is not defined"
        raise InputError(msg)
    seconds, powers = 1.0, 0.0
    for part in definition.getListOfUnits():
        power = part.getExponentAsDouble()
        kind = sbml.UnitKind_toString(part.getKind())
        if kind not in {"second", "dimensionless"} or part.getOffset():
            msg = f"the unit of time '{name}' is made of '{kind}'; seconds alone are read"
            raise InputError(msg)
        powers += power if kind == "second" else 0.0
        seconds *= (part.getMultiplier() * 10.0 ** part.getScale()) ** power
    if powers != 1.0 or not (math.isfinite(seconds) and seconds > 0):
        msg = f"the unit of time '{name}' is no time"
        raise InputError(msg)
    return seconds / _SECONDS_PER_DAY
