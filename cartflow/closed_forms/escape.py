"""Before treatment: has a tumour cell that escapes been born, by antigen loss or another lineage?

Tumour cells grow from one as exp(g t); each loses the antigen at l, or switches its lineage at s,
and both kinds grow at g too. Events are Poisson with the mean (l + s)(N - 1)/g at N cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cartflow.closed_forms.quantities import CELLS, HAZARD, RATE, SHARE, Number


@dataclass(frozen=True, kw_only=True)
class Escape:
    """A tumour's growth rate, and the rates of antigen `loss` and of lineage `switch` (1/day)."""

    growth: Number = Number(RATE)
    loss: Number = Number(HAZARD)
    switch: Number = Number(HAZARD)

    def events(self, cells: float | str) -> tuple[float, float]:
        """Return the mean numbers of losses and of switches until there are `cells` tumour cells.

        l (N - 1)/g and s (N - 1)/g.
        """
        grown = max(CELLS.read(cells, "cells") - 1.0, 0.0) / self.growth
        return self.loss * grown, self.switch * grown

    def escaped(self, cells: float | str) -> tuple[float, float]:
        """Return the mean numbers of cells without antigen, and of another lineage, at `cells`.

        l N ln(N)/g and s N ln(N)/g: early events leave many. Half of all tumours have fewer.
        """
        number = max(CELLS.read(cells, "cells"), 1.0)
        grown = number * math.log(number) / self.growth
        return self.loss * grown, self.switch * grown

    def none(self, cells: float | str) -> tuple[float, float]:
        """Return the chances that no loss, and that no switch, has happened at `cells`."""
        losses, switches = self.events(cells)
        return math.exp(-losses), math.exp(-switches)

    @property
    def switch_first(self) -> float:
        """The chance that the first event is a switch: s / (l + s); nan where neither happens."""
        both = self.loss + self.switch
        return self.switch / both if both > 0 else math.nan

    def cells_at_first(self, chance: float = 0.5) -> float:
        """Return the tumour cells at which an event has happened with a `chance`.

        1 + g ln(1/(1 - chance)) / (l + s); infinite where neither happens.
        """
        odds = SHARE.read(chance, "chance")
        both = self.loss + self.switch
        if odds == 1.0 or both == 0.0:
            return 1.0 if odds == 0.0 else math.inf
        return 1.0 - self.growth * math.log1p(-odds) / both

    def in_words(self, cells: float | str) -> str:
        """Return the answer for a tumour of `cells` as one sentence."""
        if self.loss + self.switch == 0:
            return "No escape: cells neither lose the antigen nor switch."
        loss, switch = self.none(cells)
        return (
            f"Of such tumours {100 * loss:.3g} % have no cell without antigen and "
            f"{100 * switch:.3g} % none of another lineage; half have one of either kind from "
            f"{self.cells_at_first():.3g} cells on, and the first is a switch in "
            f"{100 * self.switch_first:.3g} %."
        )
