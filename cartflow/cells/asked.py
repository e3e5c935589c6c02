"""What a study asks of its cells: which fields are cells, and the numbers of their run."""

from __future__ import annotations

from dataclasses import dataclass

from cartflow.cells.births.acts import NetRates


@dataclass(frozen=True, kw_only=True)
class Walking:
    """How one kind of cells walks: straight on at `speed` (mm/day) for `persistence` (day)."""

    speed: float = 0.0
    persistence: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The `kinds` of cells with how each walks, and what their run goes by.

    `step` is in days, `kernel_width` in mm; at most `most` cells live at once, and at most `saved`
    are written at every saved time.
    """

    kinds: tuple[str, ...]
    walking: tuple[Walking, ...]
    seed: int = 1
    step: float = 15.0 / 1440.0
    kernel_width: float = 0.0
    net_rates: NetRates = "refuse"
    most: int = 10_000_000
    saved: int = 100_000
