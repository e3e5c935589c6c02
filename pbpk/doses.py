"""Doses of cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from cartflow.core.outcome import InputError, suggest
from cartflow.core.units.fractions import rational

Route = Literal[
    "intravenous",
    "intratumoural",
    "hepatic_artery",
    "portal_vein",
    "carotid_artery",
    "tumour_artery",
    "intrapleural",
    "intraventricular",
]
ROUTES: tuple[str, ...] = get_args(Route)


@dataclass(frozen=True, kw_only=True)
class Timed:
    """What is given at `time` (day), at once or over `duration` (day)."""

    time: float = 0.0
    duration: float = 0.0

    @property
    def bolus(self) -> bool:
        """Whether all comes at once: also if rounded times leave no time between."""
        return self.end == self.time

    @cached_property
    def end(self) -> float:
        """When it is over, in days."""
        if self.duration == 0:
            return self.time
        return float(rational(self.time) + rational(self.duration))

    def _rate(self, amount: float) -> float:
        """Return how much of an `amount` comes per day; nothing of what comes at once."""
        # By the times as they are rounded, so that all is given.
        return 0.0 if self.bolus else amount / (self.end - self.time)

    def _check_times(self) -> None:
        for name in ("time", "duration"):
            value = getattr(self, name)
            if not (0 <= value < math.inf):
                msg = f"dose: {name} {value:g} day must be a finite number, 0 or more"
                raise InputError(msg)


@dataclass(frozen=True, kw_only=True)
class SoluteDose(Timed):
    """A dose of an `amount` (ng, or cells) of a circulating species, into its plasma."""

    species: str
    amount: float

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not (0 < self.amount < math.inf):
            msg = f"dose: amount {self.amount:g} must be a finite number above 0"
            raise InputError(msg)
        self._check_times()

    @property
    def rate(self) -> float:
        """The amount per day while an infusion runs; a bolus has none and gives 0."""
        return self._rate(self.amount)


@dataclass(frozen=True, kw_only=True)
class Dose(Timed):
    """A dose of `cells` of one phenotype at `time` (day), at once or over `duration` (day).

    Intravenous cells enter the venous blood, those given into an artery or the portal vein the
    vessels it feeds (``tumour_artery``: the tumour's alone), those given into pleura or ventricles
    that cavity; intratumoural ones never pass the body first. Of several tumours `tumour` names the
    one meant.
    Raises `InputError` if a number is not finite or out of range.
    """

    route: Route
    cells: float
    phenotype: str
    tumour: str = ""

    def __post_init__(self) -> None:
        """Check route and numbers."""
        if self.route not in ROUTES:
            msg = f"dose: unknown route '{self.route}'; {suggest(str(self.route), ROUTES)}"
            raise InputError(msg)
        if not self.phenotype:
            msg = "dose: the phenotype is missing"
            raise InputError(msg)
        if not (0 < self.cells < math.inf):
            msg = f"dose: cells {self.cells:g} must be a finite number above 0"
            raise InputError(msg)
        self._check_times()

    @property
    def rate(self) -> float:
        """Cells per day while an infusion runs; a bolus has none and gives 0."""
        return self._rate(self.cells)
