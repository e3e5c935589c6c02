"""Work-precision curves: what a solver's error was, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

WANTED = (1e-2, 1e-3, 1e-4)


@dataclass(frozen=True, kw_only=True)
class Point:
    """One run: its setting, relative L2 error, seconds; `extrapolated` if partly reckoned."""

    setting: str
    error: float
    seconds: float
    extrapolated: bool = False


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The runs of one solver on one case.

    `setup_seconds` (mesh, assembly) and `compile_seconds` are not in the points. `order` is the
    order in time by which the curve may be continued below its least error, or None.
    """

    solver: str
    how: str
    points: tuple[Point, ...]
    setup_seconds: float = 0.0
    compile_seconds: float = 0.0
    order: float | None = None

    def front(self) -> list[Point]:
        """Return the points that no other beats in both error and time, least error last.

        A run that is the reference itself has no error, and does not count.
        """
        best: list[Point] = []
        for point in sorted(self.points, key=lambda p: (p.error, p.seconds)):
            if point.error > 0.0 and (not best or point.seconds < best[-1].seconds):
                best.append(point)
        return best[::-1]

    def seconds_at(self, error: float) -> tuple[float, str] | None:
        """Return the seconds to reach `error`, and how they were found; None if out of reach.

        Between runs: a straight line in logarithms. Above the greatest error: the cheapest run.
        """
        front = self.front()
        if not front:
            return None
        if error >= front[0].error:
            note = f"cheapest run, error {front[0].error:.1e}"
            return front[0].seconds, note + _reckoned(front[:1])
        if error < front[-1].error:
            if self.order is None:
                return None
            last = front[-1]
            seconds = last.seconds * (last.error / error) ** (1.0 / self.order)
            return seconds, f"continued from error {last.error:.1e} by order {self.order:g}"
        k = next(k for k, point in enumerate(front) if point.error <= error)
        return _between(front[k - 1], front[k], error)

    def as_dict(self) -> dict[str, Any]:
        """Return the curve as plain data, with the seconds at the wanted errors."""
        found = {f"{e:.0e}": self.seconds_at(e) for e in WANTED}
        at = {k: None if f is None else {"seconds": f[0], "how": f[1]} for k, f in found.items()}
        return {**asdict(self), "seconds_at": at}


def ratios(ours: Curve, peers: Sequence[Curve]) -> dict[str, float | None]:
    """Return the seconds of the fastest of `peers` over ours at every wanted error."""
    result: dict[str, float | None] = {}
    for error in WANTED:
        mine = ours.seconds_at(error)
        others = [found[0] for peer in peers if (found := peer.seconds_at(error)) is not None]
        result[f"{error:.0e}"] = min(others) / mine[0] if mine is not None and others else None
    return result


def fitted_order(steps: Sequence[float], errors: Sequence[float]) -> float:
    """Return the order in time that the two smallest steps show."""
    (a, b), (x, y) = sorted(zip(steps, errors, strict=True))[:2]
    return float(np.log(y / b) / np.log(x / a))


def relative_l2(found: np.ndarray, wanted: np.ndarray, weights: np.ndarray | float = 1.0) -> float:
    """Return the greatest relative L2 error over the rows (species, cells)."""
    found, wanted = np.atleast_2d(found), np.atleast_2d(wanted)
    weights = np.broadcast_to(weights, found.shape[-1:])
    norm = np.sqrt((wanted**2) @ weights)
    return float(np.max(np.sqrt(((found - wanted) ** 2) @ weights) / norm))


def _between(upper: Point, lower: Point, error: float) -> tuple[float, str]:
    share = np.log(upper.error / error) / np.log(upper.error / lower.error)
    seconds = upper.seconds * (lower.seconds / upper.seconds) ** share
    note = f"between '{upper.setting}' and '{lower.setting}'"
    return float(seconds), note + _reckoned([upper, lower])


def _reckoned(points: Sequence[Point]) -> str:
    return ", steps x seconds per step" if any(p.extrapolated for p in points) else ""
