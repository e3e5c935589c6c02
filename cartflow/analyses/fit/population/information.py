"""How sure a population's numbers and effects are where sampling begins, as a root."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from cartflow.analyses.fit.bayes.density import OF_EVEN
from cartflow.analyses.fit.mixed.individual import with_effects
from cartflow.analyses.fit.population.coordinates import Laid
from cartflow.analyses.fit.population.numbers import Numbers
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray
_STEP = 1e-4  # on the logit scale, of differences of coordinates


@dataclass(frozen=True, kw_only=True, eq=False)
class At:
    """A place: numbers on the logit scale and as they are, how these stretch, coordinates w."""

    y: Array
    inner: Array
    stretch: Array
    w: Array


def root_of(
    at: At,
    numbers: Numbers,
    individuals: Sequence[Problem],
    normals: Sequence[tuple[float, float] | None],
    laid: Callable[[Array], list[Laid]],
) -> Array:
    """Return a root of the covariance of logits and w, by information of data and priors."""
    count, (many, random) = len(at.y), at.w.shape
    information = np.zeros((count + at.w.size,) * 2)
    for k, prior in enumerate(normals):
        own = 0.0 if prior is None else (at.stretch[k] / prior[1]) ** 2
        information[k, k] = OF_EVEN + own
    here, moved = laid(at.y), _moved(at, laid)
    for k in range(many):
        z = here[k].z(at.w[k])
        rows = _rows(numbers, individuals[k], k, at.inner, z)
        rows[:, :count] *= at.stretch
        # Effects are standard normal, and move with numbers where w is held.
        rows = np.concatenate([rows, np.eye(random, count + random, count)])
        by_numbers = rows[:, :count] + rows[:, count:] @ moved[k]
        by_w = rows[:, count:] @ here[k].inverse.T
        turned = np.concatenate([by_numbers, by_w], axis=1)
        places = [*range(count), *range(count + k * random, count + (k + 1) * random)]
        information[np.ix_(places, places)] += turned.T @ turned
    lower = np.linalg.cholesky(information)
    return np.asarray(linalg.solve_triangular(lower, np.eye(len(lower)), lower=True).T)


def _moved(at: At, laid: Callable[[Array], list[Laid]]) -> Array:
    """Return how z move with logits where w is held (subjects, random, numbers)."""
    found = np.empty((*at.w.shape, len(at.y)))
    for k in range(len(at.y)):
        step = np.zeros(len(at.y))
        step[k] = _STEP
        up, down = (
            np.array([one.z(own) for one, own in zip(laid(at.y + way), at.w, strict=True)])
            for way in (step, -step)
        )
        found[..., k] = (up - down) / (2.0 * _STEP)
    return found


def _rows(numbers: Numbers, one: Problem, k: int, u: Array, z: Array) -> Array:
    """Return rows of subject `k` whose squares are the information on numbers and its z."""
    layout, root = numbers.layout, numbers.root(u)
    with np.errstate(all="ignore"):
        found = one.evaluate(with_effects(layout.typical(u)[k], layout.places, root @ z))
    own = found.rows[:, layout.places]
    sizes = found.rows[:, layout.moved[layout.sized]] * numbers.shifts[k]
    wide = numbers.slopes_of_root(u, root, own.T[:, None, :] * z[None, :, None]).T
    return np.concatenate([found.rows, sizes, wide, own @ root], axis=1)
