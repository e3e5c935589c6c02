"""The engines of several tumours, as far as a run goes by them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cartflow.core.stepping import Limit
from cartflow.coupling.several.layout import Layout
from cartflow.pde.engine import Engine

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Engines:
    """The `engines` of tumours by name, whose states stand one after the other in one row."""

    engines: Mapping[str, Engine]
    layout: Layout

    @property
    def order(self) -> int:
        """The lowest order of their steps in time."""
        return min(engine.order for engine in self.engines.values())

    def step_limit(self, state: Array) -> Limit:
        """Return the longest step that all of them can take, and what sets it where."""
        parts = zip(self.engines.items(), self.layout.parts(state), strict=True)
        limits = [
            Limit(days=own.days, field=in_tumour(own.field, name), reason=own.reason)
            for (name, engine), part in parts
            for own in (engine.step_limit(part),)
        ]
        return min(limits, key=lambda limit: limit.days)

    def memory(self) -> Array:
        """Return what they remember, one after the other."""
        return np.concatenate([np.zeros(0), *(e.memory() for e in self.engines.values())])

    def recall(self, memory: Array) -> None:
        """Go by what `memory` returned; by nothing if it is empty."""
        sizes = [engine.memory().size if memory.size else 0 for engine in self.engines.values()]
        parts = np.split(memory, np.cumsum(sizes)[:-1])
        for engine, part in zip(self.engines.values(), parts, strict=True):
            engine.recall(part)


def in_tumour(field: str, name: str) -> str:
    """Return a field's name with that of its tumour."""
    return f"{field} in {name}" if field else field
