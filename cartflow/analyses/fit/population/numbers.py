"""All numbers of a population as one vector with bounds, and the factor that they make.

After the typical numbers, sizes of errors and of covariates stand the standard deviations of the
random effects, then what correlates them: partial correlations c of each block, by rows, of which
any between -1 and 1 make a correlation matrix (Lewandowski, Kurowicka and Joe 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cartflow.analyses.fit.mixed.layout import Layout
from cartflow.analyses.fit.parameters import Parameter, values_of

Array = np.ndarray
_NEAREST = 1e-6  # of partial correlations to 1, where a factor can still be worked out


@dataclass(frozen=True, kw_only=True, eq=False)
class Numbers:
    """The numbers of a population; `sizes` and `deviations` stand with the ends of their priors.

    `sizes` are those of covariates that are estimated, `deviations` those of random effects.
    """

    layout: Layout
    sizes: Sequence[Parameter]
    deviations: Sequence[Parameter]
    shifts: Array = field(repr=False)

    @cached_property
    def pairs(self) -> list[tuple[int, int, int]]:
        """Rows and columns of the partial correlations, and where their block begins."""
        found, first = [], 0
        for block in self.layout.blocks:
            for i in range(1, len(block)):
                found += [(first + i, first + j, first) for j in range(i)]
            first += len(block)
        return found

    @cached_property
    def _beyond(self) -> Array:
        """How many columns of its block stand beyond that of each partial correlation."""
        sizes = [len(block) for block in self.layout.blocks for _ in block]
        return np.array([sizes[i] - 2 - (j - first) for i, j, first in self.pairs], dtype=float)

    @cached_property
    def parameters(self) -> list[Parameter]:
        """All but what correlates."""
        return [*self.layout.parameters, *self.sizes, *self.deviations]

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self.parameters) + len(self.pairs)

    @cached_property
    def bounds(self) -> tuple[Array, Array]:
        """The lowest and highest inner values."""
        ends = [p.bounds for p in self.parameters]
        low, high = np.array([*ends, *[(-1.0, 1.0)] * len(self.pairs)]).T
        return low, high

    @cached_property
    def _first(self) -> int:
        """Where standard deviations begin."""
        return len(self.layout.parameters) + len(self.sizes)

    def vector(self, inner: Array) -> Array:
        """Return the vector of the layout."""
        root = self.root(inner)
        entries = [
            np.log(max(root[i, i], 1e-300)) if i == j else root[i, j] for i, j in self.layout.factor
        ]
        return np.concatenate([inner[: self._first], entries])

    def inner(self, vector: Array) -> Array:
        """Return the inner values of a vector of the layout, within their bounds."""
        root = self.layout.root(vector)
        wide = np.sqrt((root**2).sum(axis=1))
        turned = root / wide[:, None]
        deviations = [
            p.inner(float(np.clip(value, p.low, p.high)))
            for p, value in zip(self.deviations, wide, strict=True)
        ]
        partial = []
        for i, j, first in self.pairs:
            rest = 1.0 - float((turned[i, first:j] ** 2).sum())
            partial.append(turned[i, j] / max(rest, 1e-300) ** 0.5)
        found = np.concatenate([vector[: self._first], deviations, partial])
        low, high = self.bounds
        return np.clip(found, low, high)

    def widths(self, inner: Array) -> Array:
        """Return the standard deviations of random effects."""
        return values_of(self.deviations, inner[self._first : len(self.parameters)])

    def correlation_root(self, inner: Array) -> Array:
        """Return the lower triangular factor of the correlation of random effects."""
        found = np.eye(len(self.deviations))
        left = np.ones(len(found))
        for value, (i, j, _) in zip(self.partial(inner), self.pairs, strict=True):
            found[i, j] = value * left[i]
            left[i] *= np.sqrt(1.0 - value**2)
            found[i, i] = left[i]
        return found

    def partial(self, inner: Array) -> Array:
        """Return the partial correlations, a little inside of their bounds."""
        most = 1.0 - _NEAREST
        return np.clip(inner[len(self.parameters) :], -most, most)

    def root(self, inner: Array) -> Array:
        """Return the lower triangular factor of the covariance of random effects."""
        return self.widths(inner)[:, None] * self.correlation_root(inner)

    def slopes_of_root(self, inner: Array, root: Array, to_root: Array) -> Array:
        """Return slopes to ln of standard deviations and to partial correlations, from the root's.

        `to_root` may have further dimensions last.
        """
        wide = np.einsum("ij,ij...->i...", root, to_root)
        found = []
        for value, (i, j, first) in zip(self.partial(inner), self.pairs, strict=True):
            moved = root[i] * (-value / (1.0 - value**2))
            moved[:j] = 0.0
            moved[j] = np.sqrt((root[i] ** 2).sum() - (root[i, first:j] ** 2).sum())
            found.append(np.einsum("j,j...->...", moved, to_root[i]))
        return np.concatenate([wide, np.array(found).reshape(len(found), *wide.shape[1:])])

    def flatness(self, inner: Array) -> tuple[float, Array]:
        """Return ln of a density that is even over correlation matrices, and its slopes."""
        value = self.partial(inner)
        slopes = np.zeros(self.size)
        slopes[len(self.parameters) :] = -self._beyond * value / (1.0 - value**2)
        return float(0.5 * (self._beyond * np.log1p(-(value**2))).sum()), slopes
