"""What can be known: the rank of what the data say, and the combinations that stay open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.parameters import Parameter, several
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray
# Sizes of the information's root, on a relative scale, below which a direction is open.
_OPEN = 1e-5
_PART = 1e-3  # of a direction that counts
_NOTHING = 1e-12  # of the largest, at which nothing changes with a number


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """Singular values of the sensitivity matrix (columns scaled to one), and what stays open.

    `directions` (open, parameters) are changes, on the inner scale, that change nothing which was
    measured, beside those of `idle` parameters, with which nothing changes; `words` say so.
    """

    singular: Array
    rank: int
    condition: float
    directions: Array
    idle: Array
    words: tuple[str, ...]

    @property
    def open(self) -> Array:
        """All directions that are open (open, parameters)."""
        return np.concatenate([self.directions, np.eye(len(self.idle))[self.idle]])


def known(problem: Problem, best: Found) -> Known:
    """Return what the data can tell of the parameters near the best values."""
    rows = best.at.rows
    size = np.sqrt((rows**2).sum(axis=0))
    idle = size <= _NOTHING * max(size.max(), 1e-300)
    scaled = rows[:, ~idle] / size[~idle]
    count = scaled.shape[1]
    # All directions are wanted, of hundreds of values no basis of their own.
    _, singular, vectors = np.linalg.svd(scaled, full_matrices=len(scaled) < count)
    whole = np.zeros(count)
    whole[: len(singular)] = singular
    open_ = whole <= _OPEN * whole.max(initial=0.0)
    directions = np.zeros((int(open_.sum()), len(size)))
    directions[:, ~idle] = vectors[open_] / size[~idle]
    directions = _sparse(directions)
    words = [
        f"{problem.parameters[k].name}: not known at all; nothing that was measured changes with it"
        for k in np.flatnonzero(idle).tolist()
    ]
    words += [_in_words(problem.parameters, each) for each in directions]
    least = whole[whole > 0].min(initial=np.inf)
    return Known(
        singular=np.concatenate([whole, np.zeros(int(idle.sum()))]),
        rank=int(count - open_.sum()),
        condition=float("inf") if open_.any() or idle.any() else float(whole.max() / least),
        directions=directions,
        idle=idle,
        words=tuple(words),
    )


def _sparse(directions: Array) -> Array:
    """Return directions that span the same, each with as many noughts as elimination gives."""
    found = directions.copy()
    row = 0
    for column in range(found.shape[1]):
        if row == len(found):
            break
        best = row + int(np.argmax(np.abs(found[row:, column])))
        if abs(found[best, column]) <= 1e-6 * np.abs(found).max():
            continue
        found[[row, best]] = found[[best, row]]
        found[row] /= found[row, column]
        others = np.arange(len(found)) != row
        found[others] -= np.outer(found[others, column], found[row])
        row += 1
    return found


def _in_words(parameters: Sequence[Parameter], direction: Array) -> str:
    """Return which combination of parameters alone is known, in a line."""
    places = np.flatnonzero(np.abs(direction) > _PART * np.abs(direction).max()).tolist()
    names = [parameters[k].name for k in places]
    if len(places) == 1:
        return f"{names[0]}: not known; nothing that was measured changes with it"
    if not all(parameters[k].logarithmic for k in places):
        return f"{several(names)}: not known apart; they can change together, and nothing is seen"
    kept = [_kept(names[0], n, direction[places[0]], d) for n, d in _rest(names, direction, places)]
    if len(kept) > 1:
        return f"{several(names)}: not known apart; known are only {several(kept)}"
    kind, sign = ("ratio", "/") if "/" in kept[0] else ("product", "x")
    return f"{f' {sign} '.join(names)}: only their {kind} is known ({kept[0]})"


def _rest(names: Sequence[str], direction: Array, places: list[int]) -> list[tuple[str, float]]:
    return [(name, float(direction[k])) for name, k in zip(names[1:], places[1:], strict=True)]


def _kept(first: str, second: str, one: float, two: float) -> str:
    """Return the product of powers of two numbers that stays while both change together."""
    ratio = Fraction(-one / two).limit_denominator(6)
    power = f"{ratio}" if abs(float(ratio) + one / two) < 1e-2 else f"{-one / two:.3g}"
    sign, power = ("/", power.removeprefix("-")) if power.startswith("-") else ("x", power)
    if power == "1":
        return f"{first} {sign} {second}"
    return f"{first} {sign} {second}^{f'({power})' if '/' in power else power}"
