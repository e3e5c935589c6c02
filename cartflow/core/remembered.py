"""What may be a key of `functools.lru_cache`, so that the same is not made twice."""

from __future__ import annotations

import sys
from typing import Any


class Same:
    """One thing, equal to itself alone."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value


class Written:
    """What tables of text, numbers and dates hold, equal to what is written alike."""

    def __init__(self, value: Any) -> None:
        self.value, self._text = value, repr(value)

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written) and other._text == self._text


def forget() -> None:
    """Forget what functions of this package remember of what they worked out.

    What has no bound (names, units, threads) depends on no formula and stays.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "cartflow":
            for each in list(vars(module).values()):
                if hasattr(each, "cache_clear") and each.cache_parameters()["maxsize"] is not None:
                    each.cache_clear()
