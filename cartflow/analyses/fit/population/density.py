"""The posterior's density of a population: its numbers, and random effects not centred.

With u the numbers and z standard normal, a subject has the inner values ``typical(u) + L(u) z``.
The density is ``sum ln p(y | u, z) + ln p(u) - z^T z/2``, so that where data say little of a
subject, z does not follow how much subjects differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import linalg, special

from cartflow.analyses.fit.bayes.density import OF_EVEN, Counter, logits
from cartflow.analyses.fit.mixed.individual import with_effects
from cartflow.analyses.fit.population.numbers import Numbers
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class PopulationDensity:
    """``ln posterior`` (but for a constant) of coordinates without bounds, with its slopes.

    Numbers lie between their bounds on the logit of their share; coordinates are laid about
    `start`, inner numbers and z (subjects, random), by the information there. `normals` are
    (middle, sd) of priors or None. Where a run fails the density is 0.
    """

    numbers: Numbers
    individuals: Sequence[Problem]
    normals: Sequence[tuple[float, float] | None]
    start: tuple[Array, Array]
    counter: Counter = field(default_factory=Counter)

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.individuals), len(self.numbers.layout.random)

    @property
    def size(self) -> int:
        """How many coordinates there are."""
        return len(self.centre)

    @cached_property
    def centre(self) -> Array:
        """The start: numbers on the logit scale, a little inside of their bounds, then z."""
        inner, z = self.start
        return np.concatenate([logits(inner, *self.numbers.bounds), z.ravel()])

    @cached_property
    def root(self) -> Array:
        """A root of the covariance there, by the information of data and priors."""
        u, z = self.parts(self.centre)
        size = len(self.centre)
        information = np.eye(size)
        stretch = self._stretch(self.centre)
        for k, prior in enumerate([*self.normals, *[None] * len(self.numbers.pairs)]):
            information[k, k] = OF_EVEN + (0.0 if prior is None else (stretch[k] / prior[1]) ** 2)
        for k in range(len(self.individuals)):
            rows = self._rows(k, u, z) * np.concatenate([stretch, np.ones(z.size)])
            information += rows.T @ rows
        lower = np.linalg.cholesky(information)
        return np.asarray(linalg.solve_triangular(lower, np.eye(size), lower=True).T)

    def inner(self, z: Array) -> Array:
        """Return inner numbers, then z of all subjects."""
        u, own = self.parts(self.centre + self.root @ z)
        return np.concatenate([u, own.ravel()])

    def parts(self, y: Array) -> tuple[Array, Array]:
        """Return inner numbers and z from logits and z."""
        low, high = self.numbers.bounds
        count = self.numbers.size
        return low + (high - low) * special.expit(y[:count]), y[count:].reshape(self._shape)

    def at(self, at: Array) -> tuple[float, Array]:
        """Return the logarithm of the density and its slopes; -inf where a run fails."""
        y = self.centre + self.root @ at
        with np.errstate(all="ignore"):
            u, z = self.parts(y)
            found = self._data(u, z)
        self.counter.add(found is None)
        if found is None:
            return -np.inf, np.zeros(len(at))
        loss, slopes, to_z = found
        even, even_slopes = self.numbers.flatness(u)
        slopes = even_slopes - slopes
        loss += 0.5 * float((z**2).sum()) - even
        for k, prior in enumerate(self.normals):
            if prior is not None:
                away = (u[k] - prior[0]) / prior[1]
                loss += 0.5 * away**2
                slopes[k] -= away / prior[1]
        logit = y[: len(u)]
        jacobian = special.log_expit(logit).sum() + special.log_expit(-logit).sum()
        slopes = slopes * self._stretch(y) + 1.0 - 2.0 * special.expit(logit)
        everything = np.concatenate([slopes, -(to_z + z).ravel()])
        return float(jacobian - loss), self.root.T @ everything

    def _stretch(self, y: Array) -> Array:
        low, high = self.numbers.bounds
        share = special.expit(y[: len(low)])
        return np.asarray((high - low) * share * (1.0 - share))

    def _data(self, u: Array, z: Array) -> tuple[float, Array, Array] | None:
        """Return -ln L of all subjects, its slopes to numbers and to z; None if a run fails."""
        numbers, layout = self.numbers, self.numbers.layout
        root = numbers.root(u)
        typical = layout.typical(u)
        loss, plain, to_root = 0.0, np.zeros(len(layout.parameters)), np.zeros_like(root)
        sizes, to_z = np.zeros(len(layout.sized)), np.zeros_like(z)
        for k, one in enumerate(self.individuals):
            found = one.evaluate(with_effects(typical[k], layout.places, root @ z[k]))
            if not np.isfinite(found.loss):
                return None
            loss += found.loss
            plain += found.gradient
            sizes += numbers.shifts[k] * found.gradient[layout.moved[layout.sized]]
            own = found.gradient[layout.places]
            to_root += np.outer(own, z[k])
            to_z[k] = root.T @ own
        slopes = np.concatenate([plain, sizes, numbers.slopes_of_root(u, root, to_root)])
        return loss, slopes, to_z

    def _rows(self, k: int, u: Array, z: Array) -> Array:
        """Return rows of subject `k` whose squares are the information on numbers and z."""
        numbers, layout = self.numbers, self.numbers.layout
        root = numbers.root(u)
        typical = layout.typical(u)[k]
        with np.errstate(all="ignore"):
            found = self.individuals[k].evaluate(with_effects(typical, layout.places, root @ z[k]))
        own = found.rows[:, layout.places]
        sizes = found.rows[:, layout.moved[layout.sized]] * numbers.shifts[k]
        to_root = own.T[:, None, :] * z[k][None, :, None]
        wide = numbers.slopes_of_root(u, root, to_root).T
        to_z = np.zeros((len(own), *z.shape))
        to_z[:, k] = own @ root
        return np.concatenate([found.rows, sizes, wide, to_z.reshape(len(own), -1)], axis=1)
