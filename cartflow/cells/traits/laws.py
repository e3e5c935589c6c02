"""Numbers that single cells have of their own, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Constant:
    """The same `value` for all."""

    value: float

    def quantile(self, share: Array) -> Array:
        """Return the value below which a `share` (0 to 1) of the cells is."""
        return np.full(share.shape, self.value)


@dataclass(frozen=True, kw_only=True, eq=False)
class Normal:
    """Normal with `mean` and `deviation`, cut off at 0: what falls below is 0."""

    mean: float
    deviation: float

    def quantile(self, share: Array) -> Array:
        """Return the value below which a `share` (0 to 1) of the cells is."""
        return np.maximum(self.mean + self.deviation * _standard(share), 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class LogNormal:
    """Log-normal with a `median`; `deviation` is that of the natural logarithm."""

    median: float
    deviation: float

    def quantile(self, share: Array) -> Array:
        """Return the value below which a `share` (0 to 1) of the cells is."""
        return self.median * np.exp(self.deviation * _standard(share))


@dataclass(frozen=True, kw_only=True, eq=False)
class Histogram:
    """Even between each two of the `edges`, between which `numbers` of cells were counted."""

    edges: Array
    numbers: Array

    def quantile(self, share: Array) -> Array:
        """Return the value below which a `share` (0 to 1) of the cells is."""
        up_to = np.concatenate([[0.0], np.cumsum(self.numbers)])
        # Where nothing was counted the share does not grow, and no cell may fall there.
        place = np.clip(np.searchsorted(up_to, share * up_to[-1], "left") - 1, 0, None)
        within = (share * up_to[-1] - up_to[place]) / self.numbers[place]
        return self.edges[place] + within * (self.edges[place + 1] - self.edges[place])


Law = Constant | Normal | LogNormal | Histogram


def _standard(share: Array) -> Array:
    from scipy.special import ndtri

    return np.asarray(ndtri(share))


@dataclass(frozen=True, kw_only=True, eq=False)
class Trait:
    """A number of each cell of a `kind`, in the column `column`, drawn by a `law`.

    A daughter has her mother's if it is `inherited`, else one of her own; with the chance `loss`
    a division leaves her 0.
    """

    name: str
    kind: int
    column: int
    law: Law
    inherited: bool = True
    loss: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """How much of a chance a trait lets through: 0 to a `threshold`, linear from there on.

    It is 1 at `saturation` and above; without that (infinite) it is the trait itself.
    """

    threshold: float = 0.0
    saturation: float = np.inf

    def __call__(self, value: Array) -> Array:
        """Return the factors of the traits `value`."""
        above = np.maximum(value - self.threshold, 0.0)
        if np.isinf(self.saturation):
            return above
        return np.minimum(above / (self.saturation - self.threshold), 1.0)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The chance of a `reaction` is times what the `ramp` makes of the trait in a `column`."""

    reaction: str
    column: int
    ramp: Ramp
