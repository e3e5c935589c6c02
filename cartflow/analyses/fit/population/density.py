"""The posterior's density of a population: its numbers, and random effects by coordinates.

With u the numbers and z standard normal, a subject has the inner values ``typical(u) + L(u) z``.
The density is ``sum ln p(y | u, z) + ln p(u) - z^T z/2``, in the coordinates w of z of the module
`coordinates`, with their Jacobian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import special

from cartflow.analyses.fit.bayes.density import Counter, logits
from cartflow.analyses.fit.mixed.individual import with_effects
from cartflow.analyses.fit.population.coordinates import Bowl, Laid
from cartflow.analyses.fit.population.information import At, root_of
from cartflow.analyses.fit.population.numbers import Numbers
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray


class _Said(NamedTuple):
    """ln of the density of data and effects, and its slopes to inner numbers and w."""

    log: float
    to_numbers: Array
    to_w: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class PopulationDensity:
    """``ln posterior`` (but for a constant) of coordinates without bounds, with its slopes.

    Numbers lie between their bounds on the logit of their share; coordinates are laid about
    `start`, inner numbers and z (subjects, random), by the information there, those of subjects
    by their `bowls`. `normals` are (middle, sd) of priors or None. Where a run fails it is 0.
    """

    numbers: Numbers
    individuals: Sequence[Problem]
    bowls: Sequence[Bowl]
    normals: Sequence[tuple[float, float] | None]
    start: tuple[Array, Array]
    counter: Counter = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """How many coordinates there are."""
        return len(self.centre)

    @cached_property
    def centre(self) -> Array:
        """The start: numbers on the logit scale, a little inside of their bounds, then w."""
        y = logits(self.start[0], *self.numbers.bounds)
        laid = self._laid(self._numbers(y))
        w = [one.w(z) for one, z in zip(laid, self.start[1], strict=True)]
        return np.concatenate([y, *w])

    @cached_property
    def root(self) -> Array:
        """A root of the covariance there, by the information of data and priors."""
        y, w = self._parted(self.centre)
        at = At(y=y, inner=self._numbers(y), stretch=self._stretch(y), w=w)
        return root_of(
            at,
            self.numbers,
            self.individuals,
            [*self.normals, *[None] * len(self.numbers.pairs)],
            lambda moved: self._laid(self._numbers(moved)),
        )

    def inner(self, at: Array) -> Array:
        """Return inner numbers, then z of all subjects."""
        y, w = self._parted(self.centre + self.root @ at)
        u = self._numbers(y)
        return np.concatenate([u, *(one.z(own) for one, own in zip(self._laid(u), w, strict=True))])

    def at(self, at: Array) -> tuple[float, Array]:
        """Return the logarithm of the density and its slopes; -inf where a run fails."""
        y, w = self._parted(self.centre + self.root @ at)
        with np.errstate(all="ignore"):
            u = self._numbers(y)
            found = self._said(u, w)
        self.counter.add(found is None)
        if found is None:
            return -np.inf, np.zeros(len(at))
        even, slopes = self.numbers.flatness(u)
        log, slopes = found.log + even, slopes + found.to_numbers
        for k, prior in enumerate(self.normals):
            if prior is not None:
                away = (u[k] - prior[0]) / prior[1]
                log -= 0.5 * away**2
                slopes[k] -= away / prior[1]
        log += float(special.log_expit(y).sum() + special.log_expit(-y).sum())
        slopes = slopes * self._stretch(y) + 1.0 - 2.0 * special.expit(y)
        return log, self.root.T @ np.concatenate([slopes, found.to_w.ravel()])

    def _parted(self, whole: Array) -> tuple[Array, Array]:
        count = self.numbers.size
        shape = len(self.individuals), len(self.numbers.layout.random)
        return whole[:count], whole[count:].reshape(shape)

    def _numbers(self, y: Array) -> Array:
        low, high = self.numbers.bounds
        return np.asarray(low + (high - low) * special.expit(y))

    def _stretch(self, y: Array) -> Array:
        low, high = self.numbers.bounds
        share = special.expit(y)
        return np.asarray((high - low) * share * (1.0 - share))

    def _laid(self, u: Array) -> list[Laid]:
        """Return the coordinates of all subjects at inner numbers."""
        layout, root = self.numbers.layout, self.numbers.root(u)
        typical = layout.typical(u)[:, layout.places]
        return [bowl.laid(root, own) for bowl, own in zip(self.bowls, typical, strict=True)]

    def _said(self, u: Array, w: Array) -> _Said | None:
        """Return what data say and how likely effects are; None if a run fails."""
        numbers, layout = self.numbers, self.numbers.layout
        root, typical = numbers.root(u), layout.typical(u)
        log, to_w = 0.0, np.zeros_like(w)
        # Slopes to all parameters, those of covariates' sizes, and the factor.
        plain, to_root = np.zeros(len(layout.parameters)), np.zeros_like(root)
        sizes = np.zeros(len(layout.sized))
        for k, (one, laid) in enumerate(zip(self.individuals, self._laid(u), strict=True)):
            z = laid.z(w[k])
            found = one.evaluate(with_effects(typical[k], layout.places, root @ z))
            if not np.isfinite(found.loss):
                return None
            log += laid.log_volume - found.loss - 0.5 * float(z @ z)
            own = -found.gradient
            effects = own[layout.places]
            to_w[k], through, moved = laid.slopes(w[k], root.T @ effects - z)
            to_root += np.outer(effects, z) + through
            own[layout.places] += moved
            plain += own
            sizes += numbers.shifts[k] * own[layout.moved[layout.sized]]
        slopes = np.concatenate([plain, sizes, numbers.slopes_of_root(u, root, to_root)])
        return _Said(log, slopes, to_w)
