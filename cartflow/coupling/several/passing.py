"""What passes between a body and several tumours within a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cartflow.coupling.coupled import Coupled
from cartflow.coupling.draining import Draining, ramp
from cartflow.coupling.several.engines import in_tumour
from cartflow.coupling.several.layout import Layout
from cartflow.pbpk.flows.network import OrganNetwork

Array = np.ndarray
# Something of each tumour, in their order.
Parts = list[Array]


@dataclass(frozen=True, kw_only=True, eq=False)
class Passing:
    """The ways of product cells between an organ network and the tumours of `parts`."""

    network: OrganNetwork
    parts: Mapping[str, Coupled]
    layout: Layout

    @cached_property
    def rows(self) -> Parts:
        """Which of all products each tumour has."""
        return list(self.layout.rows.values())

    def leaving(self, tissues: Parts) -> Parts:
        """Return the rates at which each tumour's products leave for its node, cells/day."""
        return [way.leaving(tissue) for way, tissue in zip(self._ways, tissues, strict=True)]

    def leaving_after(self, tissues: Parts, coming: Parts, injected: Parts, time: float) -> Parts:
        """Return what leaves after some `time` in which products come and drain, and no more."""
        each = zip(self._ways, tissues, coming, injected, strict=True)
        return [way.leaving_after(tissue, come, given, time) for way, tissue, come, given in each]

    def brought(self, cells: Parts) -> Parts:
        """Return the rates at which `cells` that have just been delivered leave."""
        return [way.brought(each) for way, each in zip(self._ways, cells, strict=True)]

    def ramps(self, rest: Parts, last: Parts, dt: float, infused: float) -> tuple[Parts, Parts]:
        """Return first and last of what drains in the second half of `dt`, by tumour."""
        found = []
        for name, mean, end in zip(self.parts, rest, last, strict=True):
            names = [in_tumour(each, name) for each in self.parts[name].product_names]
            found.append(ramp(mean, end, 0.5 * dt, infused, names))
        return [first for first, _ in found], [end for _, end in found]

    def with_drained(self, supply: Array, draining: Parts) -> Array:
        """Return the supply to the body with what drains from each tumour to its node."""
        found = supply.copy()
        for node, rows, rates in zip(self._nodes, self.rows, draining, strict=True):
            found[node, rows] += rates
        return found

    def of_each(self, handed_over: Array) -> Parts:
        """Return what each tumour's vessels hand over, of its own products."""
        by_tumour = handed_over.reshape(len(self.parts), len(self.layout.products))
        return [cells[rows] for cells, rows in zip(by_tumour, self.rows, strict=True)]

    def deliver(self, handed_over: Parts, tissues: Parts) -> None:
        """Let what is handed over join the tissues."""
        for part, cells, tissue in zip(self.parts.values(), handed_over, tissues, strict=True):
            tissue[part.products] += part.door.deliver(cells)

    @cached_property
    def _nodes(self) -> list[int]:
        places = self.network.tumours
        return [self.network.index(places[name].node) for name in self.parts]

    @cached_property
    def _ways(self) -> list[Draining]:
        return [
            Draining(
                problem=part.engine.problem,
                products=part.products,
                arrival=part.door.arrival,
                injection=part.injection,
                egress=part.engine.problem.egress,
            )
            for part in self.parts.values()
        ]
