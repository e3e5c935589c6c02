"""What the nouns of this folder share: their parameters, and checks of them."""

from __future__ import annotations

import math

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter

_NG_PER_G = 1e9
_LEAST, _MOST = 0.7, 1.1  # mL per g


def parameters_of(noun: object) -> dict[str, Parameter]:
    """Return the fields of a noun that hold a `Parameter`, by name."""
    return {name: value for name, value in vars(noun).items() if isinstance(value, Parameter)}


def require_positive(name: str, value: Parameter, *, zero: bool = False) -> None:
    """Raise `InputError` unless the value is finite and above 0 (with `zero`: 0 or more)."""
    if not (0 < value.value < math.inf or (zero and value.value == 0)):
        bound = "0 or more" if zero else "above 0"
        msg = f"{name}: '{value.stated}' must be a finite number, {bound}"
        raise InputError(msg)


def require_rates(noun: object, *, above_zero: tuple[str, ...]) -> None:
    """Check every `Parameter` among a noun's fields; those `above_zero` may not be 0."""
    for name, value in parameters_of(noun).items():
        require_positive(name, value, zero=name not in above_zero)


def require_weight(volume: float, weight: float) -> None:
    """Raise `InputError` unless a body of `weight` (ng) may have the `volume` (mm3) of its parts.

    Organ tables leave out contents and some tissues, and fat is lighter than water.
    """
    density = volume / 1e3 / (weight / _NG_PER_G)
    if not _LEAST <= density <= _MOST:
        msg = (
            f"organs and pools hold {shown(volume, 'mm^3')} at a body_weight of "
            f"{weight / _NG_PER_G:.6g} g: {density:.3g} mL per g, not in {_LEAST:g} to {_MOST:g}"
        )
        raise InputError(msg)


def shown(value: float, unit: str) -> str:
    """Return a flow (mm3/day) in mL/h or a volume (mm3) in mL as text, as files state them."""
    if unit == "mm^3/day":
        return f"{value / 24e3:.6g} mL/h"
    return f"{value / 1e3:.6g} mL" if unit == "mm^3" else f"{value:.6g} {unit}"
