"""What a page shows against what is printed: the same words, and numbers to the last digit."""

import re

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
# Round-off differs from machine to machine.
_ROUND_OFF = 1e-10
_STEPS = 0.05


def unit_of_last_digit(text):
    """Return what one more in the last printed digit of a number is."""
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals)


def alike(shown, printed):
    """Return whether a line shown is the one printed: words equal, numbers within one unit.

    Numbers of steps may differ by 5 %, since they depend on the processor's rounding.
    """
    if _NUMBER.sub("#", shown).split() != _NUMBER.sub("#", printed).split():
        return False
    about_steps = shown.startswith("steps")
    for one, two in zip(_NUMBER.findall(shown), _NUMBER.findall(printed), strict=True):
        a, b = float(one), float(two)
        if max(abs(a), abs(b)) < _ROUND_OFF:
            continue
        allowed = max(unit_of_last_digit(one), unit_of_last_digit(two)) * (1 + 1e-9)
        allowed = max(allowed, _STEPS * abs(b)) if about_steps else allowed
        if abs(a - b) > allowed:
            return False
    return True


def missing(shown, printed):
    """Return the first line shown that was not printed after those before it, or None.

    Lines may be left out of what is shown, as a line of dots may say.
    """
    rest = iter(printed.splitlines())
    for line in shown.splitlines():
        if line.strip() in {"", "...", "…"}:
            continue
        if not any(alike(line.rstrip(), other.rstrip()) for other in rest):
            return line
    return None
