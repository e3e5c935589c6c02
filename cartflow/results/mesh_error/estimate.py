"""From runs on meshes each twice as coarse to the error of the finest, and what would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

# The lowest order that is believed, and the scheme's own, beyond which no error falls for long.
_LOWEST, _HIGHEST = 1.0, 2.0
# Shifts that fall by more are not of one power: the smaller one is small by chance.
_JUMP = 6.0
# Relative shifts that say nothing of the mesh: what sums over cells are off by, and steps in time.
ROUND_OFF = 1e-10


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How far a number may be from its limit on fine meshes, relative to itself.

    `shift` is how far it moves on a mesh twice as coarse; `error` = |shift| / (2^order - 1).
    The order, at most 2, is measured from three meshes where their shifts fall, else 1 is taken;
    a shift below a quarter of that before counts as a quarter of it. Where three meshes turn, or
    the last shift nearly vanishes, no power tells the error, and it is a `bound` alone. Where all
    shifts are `round_off` there is no order to be seen.
    """

    shift: float
    error: float
    order: float
    measured: bool
    bound: bool = False
    round_off: bool = False

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
    largest = max(abs(shift), abs(last or 0.0))
    if last is None or largest <= ROUND_OFF:
        small = largest <= ROUND_OFF
        return Estimate(shift=shift, error=largest, order=1.0, measured=False, round_off=small)
    if shift * last <= 0.0:
        return Estimate(shift=shift, error=largest, order=1.0, measured=False, bound=True)
    ratio = last / shift
    # Not yet falling as a power would have it: no less than what was seen to move.
    order = min(max(log2(ratio), _LOWEST), _HIGHEST)
    # A shift smaller than the highest order explains is small by chance.
    size = max(abs(shift), abs(last) / 2.0**_HIGHEST)
    return Estimate(
        shift=shift,
        error=size / (2.0**order - 1.0),
        order=order,
        measured=ratio > 2.0**_LOWEST,
        bound=ratio > _JUMP,
    )
