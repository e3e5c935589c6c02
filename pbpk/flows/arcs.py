"""The arcs of an organ network while it is put together: rates from place to place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.flows.compartments import Compartment, Space
from cartflow.pbpk.flows.rates import rates_of
from cartflow.pbpk.flows.streams import Stream
from cartflow.pbpk.scaling import ScalingRule, elimination_rate, entry_rate
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels


@dataclass(kw_only=True)
class Arcs:
    """Compartments and arcs while a network is put together.

    `tumours` are by the names of their streams, as are `egress_rates`; `nodes` are the
    compartments that take the lymph of organs and tumours with a node of their own.
    """

    body: Body
    trafficking: Trafficking
    rule: ScalingRule
    compartments: dict[str, Compartment] = field(default_factory=dict)
    arcs: list[tuple[str, str, float]] = field(default_factory=list)
    found: list[Stream] = field(default_factory=list)
    tumours: Mapping[str, TumourVessels] = field(default_factory=dict)
    egress_rates: dict[str, float] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)

    def hosted_by(self, organ: str) -> list[str]:
        """Return the streams of the tumours that take all their blood from `organ`."""
        return [name for name, tumour in self.tumours.items() if tumour.host == (organ,)]

    def place(self, name: str, organ: str, space: Space, volume: float) -> None:
        """Add a compartment."""
        self.compartments[name] = Compartment(name=name, organ=organ, space=space, volume=volume)

    def arc(self, source: str, target: str, rate: float) -> None:
        """Add an arc of `rate` 1/day."""
        self.arcs.append((source, target, rate))

    def blood(self) -> list[str]:
        """Return the compartments that hold blood."""
        return [name for name, c in self.compartments.items() if c.space == "vascular"]

    def lost(self, source: str, rate: Parameter | None) -> None:
        """Add the loss of cells from a compartment, scaled to the body, if there is one."""
        if rate is not None:
            scaled = elimination_rate(rate, self.body, self.trafficking, self.rule)
            self.arc(source, "lost", scaled.value)

    def from_blood(self, target: str, rate: Parameter | None, share: float = 1.0) -> None:
        """Add entry from all blood, if there is one."""
        if rate is not None:
            scaled = entry_rate(rate, self.body, self.trafficking, self.rule)
            for source in self.blood():
                self.arc(source, target, scaled.value * share)

    def rates(self) -> NDArray[np.float64]:
        """Return the matrix of all arcs; its diagonal is minus what leaves."""
        return rates_of(self.compartments, self.arcs)
