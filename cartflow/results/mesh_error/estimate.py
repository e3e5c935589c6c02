"""From runs on meshes each twice as coarse to the error of the finest, and what would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

# The scheme's own order in space, beyond which no error falls for long.
_HIGHEST = 2.0


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How far a number may be from its limit on fine meshes, relative to itself.

    `shift` is how far it moves on a mesh twice as coarse; `error` = |shift| / (2^order - 1).
    The order, at most 2, is measured from three meshes where their shifts fall, else 1 is taken;
    a shift below a quarter of that before counts as a quarter of it.
    """

    shift: float
    error: float
    order: float
    measured: bool

    def width_for(self, share: float, width: float) -> float:
        """Return the cell width at which the error is `share`, if it is as stated at `width`."""
        if self.error <= share:
            return width
        return float(width * (share / self.error) ** (1.0 / self.order))


def estimates(meshes: Sequence[Mapping[str, float]]) -> dict[str, Estimate]:
    """Return the estimate of every number from runs on two or more meshes, the finest first."""
    first, second = meshes[:2]
    third: Mapping[str, float] = meshes[2] if len(meshes) > 2 else {}
    return {
        name: _estimate(value, second[name], third.get(name))
        for name, value in first.items()
        if name in second
    }


def _estimate(fine: float, coarse: float, coarser: float | None) -> Estimate:
    shift = (coarse - fine) / fine
    last = None if coarser is None else (coarser - coarse) / fine
    if last is None or shift == 0.0:
        return Estimate(shift=shift, error=abs(shift), order=1.0, measured=False)
    ratio = last / shift
    if ratio <= 2.0:
        # Not yet falling as a power would have it: no less than what was seen to move.
        error = abs(shift) if ratio > 0 else max(abs(shift), abs(last))
        return Estimate(shift=shift, error=error, order=1.0, measured=False)
    order = min(log2(ratio), _HIGHEST)
    # A shift smaller than the highest order explains is small by chance.
    size = max(abs(shift), abs(last) / 2.0**_HIGHEST)
    return Estimate(shift=shift, error=size / (2.0**order - 1.0), order=order, measured=True)
