"""What the models of a run do beside reactions: switches, jumps, and thresholds of extinction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cartflow.core.parameters import Parameter
from cartflow.kinetics.files.local_model import Change, LocalModel
from cartflow.pbpk.organs.kinetics import OrganKinetics

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Limits:
    """The whole `amount`, or `mean` density, below which each species dies out; 0 for never."""

    amount: Array
    mean: Array

    @property
    def any(self) -> bool:
        """Whether any species can die out."""
        return bool(self.amount.any() or self.mean.any())

    def least(self, capacity: Array) -> Array:
        """Return the smallest amount of each species that is not extinct.

        `capacity` (mm^3) is what its mean density is counted in.
        """
        return np.asarray(self.amount + self.mean * capacity)


@dataclass(frozen=True, kw_only=True, eq=False)
class Acting:
    """What happens in one place: `changes` by time, and `limits` of the species there."""

    changes: tuple[Change, ...] = ()
    limits: Limits = field(default_factory=lambda: Limits(amount=np.zeros(0), mean=np.zeros(0)))

    def switched(self, time: float) -> dict[str, Parameter]:
        """Return the parameters that have been switched by `time` (days), that of now included."""
        passed = (change.parameters for change in self.changes if change.time <= time)
        return {name: p for parameters in passed for name, p in parameters.items()}

    def factors(self, time: float, names: Sequence[str]) -> Array:
        """Return what the species `names` are multiplied with at just this time."""
        found = np.ones(len(names))
        for change in self.changes:
            if change.time == time:
                found *= [change.factors.get(name, 1.0) for name in names]
        return found


def acting(model: LocalModel, names: Sequence[str]) -> Acting:
    """Return what happens where `model` acts on the species `names`. Raises `InputError`."""
    amount, mean = np.zeros(len(names)), np.zeros(len(names))
    for row, name in enumerate(names):
        if name in model.extinction:
            threshold = model.extinction[name]
            into = amount if threshold.unit in ("cell", "ng") else mean
            into[row] = threshold.value
    return Acting(changes=model.changes(), limits=Limits(amount=amount, mean=mean))


@dataclass(frozen=True, kw_only=True, eq=False)
class Happenings:
    """What happens in the tumour, and at each site of kinetics in organs."""

    tumour: Acting = field(default_factory=Acting)
    sites: tuple[Acting, ...] = ()

    def least(self, kinetics: OrganKinetics | None) -> Array | None:
        """Return the smallest amounts (sites, species) of what may die out in organs, or inf."""
        if kinetics is None or not any(place.limits.any for place in self.sites):
            return None
        pairs = zip(self.sites, kinetics.volumes, strict=True)
        least = np.array([place.limits.least(volume) for place, volume in pairs])
        return np.where(least > 0.0, least, np.inf)

    def times(self) -> tuple[float, ...]:
        """Return the times (days) at which anything changes, rising."""
        places = (self.tumour, *self.sites)
        return tuple(sorted({change.time for place in places for change in place.changes}))
