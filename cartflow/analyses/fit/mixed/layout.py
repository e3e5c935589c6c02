"""All that is estimated of a population as one vector, and what it means for each subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cartflow.analyses.fit.mixed.effects import Covariate
from cartflow.analyses.fit.parameters import Parameter

Array = np.ndarray
_SMALLEST, _LARGEST, _FIRST = 1e-4, 10.0, 0.3  # standard deviations of random effects
_MOST = 50.0  # of a covariate's size, and of what correlates


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """Typical numbers and error sizes, then sizes of covariates, then the random effects' factor.

    The inner values of a subject are ``typical + shifts @ sizes + eta`` with ``eta ~ N(0, L L^T)``;
    of the lower triangular `L` the logarithms of the diagonal are estimated, and what is beside
    it within a block.
    """

    parameters: Sequence[Parameter]
    blocks: Sequence[tuple[str, ...]]
    covariates: Sequence[Covariate]
    shifts: Array = field(repr=False)

    @cached_property
    def random(self) -> list[str]:
        """The keys that have random effects, in order."""
        return [key for block in self.blocks for key in block]

    @cached_property
    def places(self) -> Array:
        """Where each random effect acts among the parameters."""
        keys = [p.key if p.kind == "number" else "" for p in self.parameters]
        return np.array([keys.index(key) for key in self.random])

    @cached_property
    def sized(self) -> list[int]:
        """The covariates whose size is estimated."""
        return [k for k, each in enumerate(self.covariates) if each.size is None]

    @cached_property
    def moved(self) -> Array:
        """Which parameter each covariate moves."""
        keys = [p.key if p.kind == "number" else "" for p in self.parameters]
        return np.array([keys.index(each.key) for each in self.covariates], dtype=int)

    @cached_property
    def factor(self) -> list[tuple[int, int]]:
        """Rows and columns of the factor's entries that are estimated."""
        found, first = [], 0
        for block in self.blocks:
            found += [(first + i, first + j) for i in range(len(block)) for j in range(i + 1)]
            first += len(block)
        return found

    @property
    def size(self) -> int:
        """How many numbers are estimated."""
        return len(self.parameters) + len(self.sized) + len(self.factor)

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """The lowest and highest values of the vector."""
        ends = [p.bounds for p in self.parameters] + [(-_MOST, _MOST)] * len(self.sized)
        logs = float(np.log(_SMALLEST)), float(np.log(_LARGEST))
        ends += [logs if i == j else (-_MOST, _MOST) for i, j in self.factor]
        low, high = np.array(ends).T
        return low, high

    def start(self, inner: Array) -> Array:
        """Return a vector to begin with, from typical inner values."""
        spread = [np.log(_FIRST) if i == j else 0.0 for i, j in self.factor]
        found = np.concatenate([inner, np.zeros(len(self.sized)), spread])
        return np.clip(found, *self.bounds)

    def sizes(self, vector: Array) -> Array:
        """Return the sizes of all covariates."""
        found = np.array([0.0 if e.size is None else e.size for e in self.covariates])
        found[self.sized] = vector[len(self.parameters) :][: len(self.sized)]
        return found

    def typical(self, vector: Array) -> Array:
        """Return inner values of every subject without random effects (subjects, parameters)."""
        found = np.tile(vector[: len(self.parameters)], (len(self.shifts), 1))
        sizes = self.sizes(vector)
        for place, parameter in enumerate(self.moved):
            found[:, parameter] += self.shifts[:, place] * sizes[place]
        return found

    def root(self, vector: Array) -> Array:
        """Return the lower triangular factor of the covariance of random effects."""
        found = np.zeros((len(self.random),) * 2)
        for value, (i, j) in zip(vector[self.size - len(self.factor) :], self.factor, strict=True):
            found[i, j] = np.exp(value) if i == j else value
        return found

    def slopes_of_root(self, root: Array, to_covariance: Array) -> Array:
        """Return slopes to the vector's last part from those to the covariance (symmetric)."""
        whole = 2.0 * to_covariance @ root
        return np.array([whole[i, j] * (root[i, i] if i == j else 1.0) for i, j in self.factor])
