"""Arguments of calls from Python: of the kind that is needed, or an error in one line."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from contextlib import suppress
from numbers import Integral, Real
from typing import Any

from cartflow.core.outcome import InputError

_MOST_THREADS = 256


def text(value: Any, what: str) -> str:
    """Return `value`; raise `InputError` naming `what` unless it is text."""
    if isinstance(value, str):
        return value
    raise _other(value, what, "text")


def names(value: Any, what: str) -> list[str]:
    """Return a list of names; raise `InputError` naming `what` unless all are text."""
    if isinstance(value, (list, tuple, set, frozenset, Mapping)):
        return [text(name, what) for name in value]
    raise _other(value, what, "a list of names")


def table(value: Any, what: str) -> dict[str, Any]:
    """Return a dictionary; raise `InputError` naming `what` unless its keys are text."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {text(key, f"{what}: key"): item for key, item in value.items()}
    raise _other(value, what, "a dictionary")


def whole_number(value: Any, what: str, least: int, most: int) -> int:
    """Return `value`; raise `InputError` naming `what` unless it is whole and within the bounds."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        found = int(value)
        if least <= found <= most:
            return found
    raise _other(value, what, f"a whole number from {least} to {most}")


def threads(value: Any) -> int:
    """Return in how many threads to run: `value`, or as many as there are processors."""
    if value is None:
        return min(os.cpu_count() or 1, _MOST_THREADS)
    return whole_number(value, "threads", 1, _MOST_THREADS)


def number(value: Any, what: str) -> float:
    """Return `value`; raise `InputError` naming `what` unless it is a finite number."""
    if isinstance(value, Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            found = float(value)
            if math.isfinite(found):
                return found
    raise _other(value, what, "a finite number")


def _other(value: Any, what: str, needed: str) -> InputError:
    return InputError(f"{what}: got {shown(value)}; it must be {needed}")


def shown(value: Any) -> str:
    """Return `value` for a message, cut where it is long."""
    try:
        written = repr(value)
    # A number of thousands of digits, or an object that cannot be shown.
    except Exception:
        return f"a {type(value).__name__}"
    return written if len(written) <= 60 else f"{written[:40]} ..."
