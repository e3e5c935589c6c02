"""Units as text: which one is meant, and the powers of its dimensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from cartflow.core.outcome import InputError, nearest
from cartflow.core.units.plain import NAMES, PlainUnit, plain_unit
from cartflow.core.units.powers_of_ten import RAISED, parted

if TYPE_CHECKING:
    import pint

# Not energy per mass, by which pint takes a dose of radiation for a squared speed.
_DOSE, ABSORBED_GRAY = re.compile(r"(?:Gy|gray)(?![A-Za-z])"), "absorbed_gray"
# A unit is letters, digits, and the signs of multiplication; exponents have one or two digits.
# UDUNITS writes a power without a sign, as results do: mm2 day-1.
_POWER = re.compile(r"([A-Za-zµ])(-?\d)")
_SUPERSCRIPT = re.compile(r"(?<=[A-Za-zµ])⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]")
# Percent of the injected dose (or activity), as biodistributions have it: no plain percent.
_SHARE, _SHARE_OF_DOSE = re.compile(r"%\s*I[AD](?![A-Za-z])"), "percent_of_dose"
_TOWER = re.compile(r"\d\d|__|(?:\*\*|\^)[^A-Za-z]*(?:\*\*|\^)")
_UNIT = re.compile(r"[A-Za-z\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}%0-9*/^() ·.-]{1,80}")


@cache
def registry() -> pint.UnitRegistry[Any]:
    """Return the one pint registry, which knows ``cell`` and ``Gy`` as dimensions of their own."""
    import pint

    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    ureg.define("cell = [cell]")
    ureg.define(f"{ABSORBED_GRAY} = [absorbed_dose]")
    ureg.define("injected_dose = [injected_dose]")
    ureg.define(f"{_SHARE_OF_DOSE} = 0.01 injected_dose")
    return ureg


@cache
def parse_unit(text: str) -> pint.Unit:
    """Return the unit written in `text`; raise `InputError` if it is none.

    Only products, quotients and small powers of named units are read; ``mm2`` and ``mm-3`` are
    powers, too. A power of ten before it is no part of it (see `factor`).
    """
    text = _with_powers(power_and_unit(text)[1])
    if text in {"", "1"}:
        return registry().Unit("")
    if not _UNIT.fullmatch(text) or _TOWER.search(text):
        msg = f"'{text}' is not a unit"
        raise InputError(msg)
    import pint

    try:
        return registry().parse_units(_as_pint_has_it(text))
    except pint.UndefinedUnitError as error:
        unknown = [error.unit_names] if isinstance(error.unit_names, str) else error.unit_names
        name = next(iter(unknown), text)
        msg = f"'{text}' is not a unit ('{name}' is unknown{nearest(name, NAMES)})"
        raise InputError(msg) from None
    except Exception as error:
        msg = f"'{text}' is not a unit ({error})"
        raise InputError(msg) from None


# A study asks for the same few units again and again.
power_and_unit = cache(parted)


def _as_pint_has_it(text: str) -> str:
    return _DOSE.sub(ABSORBED_GRAY, _SHARE.sub(_SHARE_OF_DOSE, text.replace("·", "*")))


def _with_powers(text: str) -> str:
    text = _SUPERSCRIPT.sub(lambda found: found[0].translate(RAISED), text.strip())
    text = _POWER.sub(r"\1^\2", text)
    return f"1{text}" if text.startswith("/") else text


@cache
def as_plain(unit: str) -> PlainUnit | None:
    """Return `unit` as one that needs no pint, None where it is none."""
    return plain_unit(_with_powers(power_and_unit(unit)[1]) or "1")


def dimensionality(unit: str) -> Mapping[str, Any]:
    """Return the powers of the dimensions of `unit`, without pint where it is a plain one."""
    plain = as_plain(unit)
    return parse_unit(unit).dimensionality if plain is None else plain.dimensionality
