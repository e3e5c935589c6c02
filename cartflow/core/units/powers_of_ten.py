"""Powers of ten before a unit, as tables of counts have them: 10^6 cells/mL, x10^9/L, 1e6/kg."""

from __future__ import annotations

import re

from cartflow.core.outcome import InputError

TIMES = r"\s*[x*\N{MULTIPLICATION SIGN}\N{MIDDLE DOT}\N{DOT OPERATOR}]\s*"
POWER_OF_TEN = (
    r"\s*(?:\^|\*\*)\s*([-+\N{MINUS SIGN}]?[0-9]{1,3})(?![0-9.^*])|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})"
)
RAISED = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹\N{MINUS SIGN}", "+-0123456789-")
_BEFORE = re.compile(
    rf"(?:{TIMES})?(?:10(?:{POWER_OF_TEN})|1[eE]([-+]?[0-9]{{1,2}})(?![0-9.]))(?:{TIMES})?\s*(.*)"
)
_OTHER = re.compile(rf"(?:{TIMES})?([0-9]+\.?[0-9]*[eE][-+]?[0-9]+)")
_BEHIND = re.compile(rf"[A-Za-z)\]].*{TIMES}10\s*(?:\^|\*\*|[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹])")
# Of a count per volume these are read by some as 10^3, 10^6, 10^9, and as units by others.
_LETTER = re.compile(r"([kKMGT])\s*/\s*[dmu\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}]?[Ll]")
_WORD = re.compile(r"(?:thousand|tsd|million|mio|billion|mrd)s?\b\.?", re.I)
_MOST = 30
_LETTERS = {"k": 3, "K": 3, "M": 6, "G": 9, "T": 12}


def parted(unit: str) -> tuple[int, str]:
    """Return the power of ten before `unit`, and the unit itself.

    Raises `InputError` where what stands there may be read in two ways, with both.

    >>> parted("x10^9/L")
    (9, '/L')
    """
    unit = unit.strip()
    if (found := _BEFORE.fullmatch(unit)) is not None:
        power, raised, exponent, rest = found.groups()
        _refuse(rest)
        number = int((power or raised or exponent).translate(RAISED))
        if abs(number) > _MOST:
            msg = f"'{unit}': the power of ten before a unit lies between -{_MOST} and {_MOST}"
            raise InputError(msg)
        return number, rest
    _refuse(unit)
    return 0, unit


def _refuse(unit: str) -> None:
    if (other := _OTHER.match(unit)) is not None:
        msg = f"'{unit}': '{other[1]}' is no power of ten to stand before a unit"
        if other[1].lower().startswith("10e"):
            msg = f"'{unit}': '{other[1]}' is meant as 10^n by some, and is ten times that"
        msg += "; write it as in '10^6 cells/mL'"
        raise InputError(msg)
    if _BEHIND.search(unit) is not None:
        msg = f"'{unit}': a power of ten behind a unit multiplies for some and divides for others; "
        raise InputError(msg + "write it before, as in '10^6 cells/mL'")
    if (letter := _LETTER.fullmatch(unit)) is not None:
        power = _LETTERS[letter[1]]
        msg = f"'{unit}': '{letter[1]}' is a unit, and 10^{power} for some; write '10^{power}/...'"
        raise InputError(msg)
    if (word := _WORD.match(unit)) is not None:
        msg = f"'{unit}': '{word[0]}' is no unit; write a power of ten, as in '10^6 cells/mL'"
        raise InputError(msg)
