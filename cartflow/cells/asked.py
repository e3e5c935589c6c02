"""What a study asks of its cells: which fields are cells, and the numbers of their run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cartflow.cells.births.acts import NetRates
from cartflow.cells.births.clocks import Clock
from cartflow.cells.contact.terms import Contact
from cartflow.cells.hybrid.thresholds import Threshold
from cartflow.cells.layout import Layout
from cartflow.cells.traits.laws import Effect, Trait

Crowding = Literal["none", "spheres", "lattice"]


@dataclass(frozen=True, kw_only=True)
class Walking:
    """How one kind of cells walks: straight on at `speed` (mm/day) for `persistence` (day).

    Then it makes a `pause` (day), and turns, with a `bias` (0 to 1) up its attractant.
    """

    speed: float = 0.0
    persistence: float = 0.0
    pause: float = 0.0
    bias: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Body:
    """How much room a cell of one kind takes: a sphere of `radius` mm.

    It pushes at `repulsion` and clings at `adhesion` (mm/day), and does not divide where
    `most_touching` others overlap it, or more. After a division it has half of its volume, of which
    what is missing falls at `growth` (1/day), or none if that is 0. Dead it remains for `remains`
    days at the share `remains_volume` of its volume, is pushed and pushes, and counts for rates as
    `remains_activity` living ones.
    """

    radius: float = 0.0
    repulsion: float = 0.0
    adhesion: float = 0.0
    most_touching: int = 2**31 - 1
    growth: float = 0.0
    remains: float = 0.0
    remains_volume: float = 1.0
    remains_activity: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Room:
    """How cells make room for one another.

    As ``spheres`` they push one another, and cling within `reach` times the sum of their radii; on
    a ``lattice`` at most `per_site` of them are in a mesh cell.
    """

    crowding: Crowding = "none"
    reach: float = 1.25
    per_site: int = 1


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The `kinds` of cells with how each walks, and what their run goes by.

    `step` and `mechanics_step`, in which they move, push and meet, are in days, `kernel_width` in
    mm; at most `most` cells live at once, and at most `saved` are written at every saved time.
    `traits` are numbers of cells of their own, `effects` what those do to reactions, and `clocks`
    the divisions that come due.
    `thresholds` (kinds) say below which number cells are single cells, or that they always are, and
    `layouts` (kinds) where cells are at the start, or that their density says it. `missing` is
    the column among the numbers of a cell that holds which share of its volume it lacks, or -1;
    `by_volume` says that rates see the volumes of cells, not their numbers.
    """

    kinds: tuple[str, ...]
    walking: tuple[Walking, ...]
    bodies: tuple[Body, ...] = ()
    thresholds: tuple[Threshold | None, ...] = ()
    room: Room = Room()
    contacts: tuple[Contact, ...] = ()
    traits: tuple[Trait, ...] = ()
    effects: tuple[Effect, ...] = ()
    clocks: tuple[Clock, ...] = ()
    layouts: tuple[Layout | None, ...] = ()
    missing: int = -1
    by_volume: bool = False
    seed: int = 1
    step: float = 15.0 / 1440.0
    mechanics_step: float = 0.1 / 1440.0
    kernel_width: float = 0.0
    net_rates: NetRates = "refuse"
    most: int = 10_000_000
    saved: int = 100_000

    @property
    def dense(self) -> tuple[str, ...]:
        """The kinds that are a density where they are many."""
        pairs = zip(self.kinds, self.thresholds, strict=False)
        return tuple(name for name, threshold in pairs if threshold is not None)

    @property
    def weighed(self) -> bool:
        """Whether rates see other than numbers of living cells."""
        sized = self.by_volume and self.missing >= 0
        return sized or any(body.remains_activity > 0.0 for body in self.bodies)

    @property
    def columns(self) -> int:
        """How many numbers of its own each cell has."""
        waited = [clock.waited for clock in self.clocks]
        return 1 + max([self.missing, *waited, *(trait.column for trait in self.traits)])

    @property
    def stay(self) -> np.ndarray:
        """For how many days cells of each kind remain when they die."""
        found = [body.remains for body in self.bodies] or [0.0] * len(self.kinds)
        return np.array(found)

    @property
    def growth(self) -> np.ndarray:
        """At which rate cells of each kind grow back what of their volume is missing, 1/day."""
        return np.array([body.growth for body in self.bodies])
