"""How deep tables and lists may lie within one another, so that no reader of them runs out."""

from __future__ import annotations

from typing import Any

from cartflow.core.outcome import InputError

# The deepest place of a file that ships is the sixth level.
LEVELS = 30


def require_shallow(value: Any, where: str, levels: int = LEVELS) -> None:
    """Raise `InputError` naming `where` if tables and lists lie deeper than `levels` in `value`."""
    # One level after the other, since what is too deep for a reader is so for a recursion here.
    level = [value]
    for _ in range(levels):
        held = [item for item in level if isinstance(item, (dict, list, tuple))]
        level = [v for item in held for v in (item.values() if isinstance(item, dict) else item)]
        if not level:
            return
    msg = f"{where}: its tables or lists are nested too deeply (more than {levels} levels)"
    raise InputError(msg)
