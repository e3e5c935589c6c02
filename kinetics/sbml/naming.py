"""Names of SBML as names of a network: letters first, at most 60 characters, no function's."""

from __future__ import annotations

import re

from cartflow.kinetics.expressions.grammar import FUNCTIONS

_LONGEST = 50


class Names:
    """Gives each key a name of its own, its own one where that may stand."""

    def __init__(self) -> None:
        self.taken = {*FUNCTIONS, "time"}  # the time of a result
        self.given: dict[str, str] = {}

    def of(self, key: str) -> str:
        """Return the name of `key`, made when first asked for."""
        if key not in self.given:
            self.given[key] = self.new(key)
        return self.given[key]

    def new(self, wanted: str) -> str:
        """Return a name like `wanted` that nothing else has."""
        stem = re.sub(r"\W", "_", wanted, flags=re.ASCII).lstrip("_0123456789") or "unnamed"
        stem = stem if len(stem) <= _LONGEST + 10 else stem[:_LONGEST]
        name, number = stem, 1
        while name in self.taken:
            number += 1
            name = f"{stem[:_LONGEST]}_{number}"
        self.taken.add(name)
        return name
