"""The likelihood of a population, its random effects integrated out subject by subject.

Adaptive Gauss-Hermite quadrature about each subject's likeliest random effects, its points spread
by their curvature. One point is Laplace's approximation with the expected information, which is
FOCEI (first order conditional estimation with interaction).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from cartflow.analyses.fit.mixed.individual import Mode, mode, with_effects
from cartflow.analyses.fit.mixed.laplace import laplace_slopes
from cartflow.analyses.fit.mixed.layout import Layout
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray


class Marginal(NamedTuple):
    """``-ln L`` of each subject (subjects,), slopes of it (subjects, vector), and modes."""

    losses: Array
    slopes: Array
    modes: list[Mode]


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """Subjects with numbers of their own; `points` in each direction of the random effects."""

    layout: Layout
    individuals: Sequence[Problem]
    points: int
    starts: list[Array] = field(repr=False)

    def evaluate(self, vector: Array, slopes: bool = True) -> Marginal:
        """Return the likelihood at a vector of the layout; infinite where a run fails."""
        layout = self.layout
        root = layout.root(vector)
        precision = np.linalg.inv(root @ root.T)
        typical = layout.typical(vector)
        modes = [
            mode(one, typical[k], layout.places, precision, self.starts[k])
            for k, one in enumerate(self.individuals)
        ]
        losses = np.full(len(modes), np.inf)
        moves = np.zeros((len(modes), layout.size))
        for k, found in enumerate(modes):
            if np.isfinite(found.loss):
                self.starts[k][:] = found.eta
                losses[k], moves[k] = self._integrated(
                    k, found, typical[k], root, precision, slopes
                )
        return Marginal(losses, moves, modes)

    def _integrated(
        self, k: int, found: Mode, typical: Array, root: Array, precision: Array, slopes: bool
    ) -> tuple[float, Array]:
        """Return -ln L of subject `k` and, by Fisher's identity, its slopes."""
        half = float(np.log(np.diag(root)).sum())
        curved = np.linalg.cholesky(found.curvature)
        wide = float(np.log(np.diag(curved)).sum())
        if self.points == 1:
            moves = np.zeros(self.layout.size)
            if slopes:
                one = self.individuals[k]
                moves = laplace_slopes(one, k, found, typical, root, self.layout)
            return found.loss + half + wide, moves
        nodes, weights = _grid(self.points, len(root))
        spread = np.sqrt(2.0) * np.linalg.solve(curved.T, nodes.T).T
        logs, moves = np.full(len(nodes), -np.inf), np.zeros((len(nodes), self.layout.size))
        run_slopes = slopes and self._needs_runs
        for place, away in enumerate(spread):
            eta = found.eta + away
            at = self.individuals[k].evaluate(
                with_effects(typical, self.layout.places, eta), run_slopes
            )
            if np.isfinite(at.loss):
                loss = at.loss + 0.5 * float(eta @ precision @ eta)
                logs[place] = weights[place] - (loss - found.loss)
                if slopes:
                    moves[place] = self._moves(k, at.gradient, eta, root, precision)
        total = float(logsumexp(logs))
        shares = np.exp(logs - total)
        return found.loss + half + wide - total, shares @ moves

    @property
    def _needs_runs(self) -> bool:
        """Whether slopes of the runs count: not if every number has a random effect."""
        numbers = [k for k, p in enumerate(self.layout.parameters) if p.kind != "error"]
        return bool(set(numbers) - set(self.layout.places.tolist()))

    def _moves(self, k: int, gradient: Array, eta: Array, root: Array, precision: Array) -> Array:
        """Return the slopes of ``-ln p(y, eta)`` to the vector, the subject's own values held."""
        layout = self.layout
        pull = precision @ eta
        plain = gradient.copy()
        plain[layout.places] = -pull
        sizes = np.array([layout.shifts[k, c] * plain[layout.moved[c]] for c in layout.sized])
        to_covariance = 0.5 * (precision - np.outer(pull, pull))
        return np.concatenate([plain, sizes, layout.slopes_of_root(root, to_covariance)])


def _grid(points: int, dimensions: int) -> tuple[Array, Array]:
    """Return nodes (n, dimensions) and logarithms of weights whose total at a bowl is 1."""
    nodes, weights = np.polynomial.hermite.hermgauss(points)
    logs = np.log(weights) + nodes**2 - 0.5 * np.log(np.pi)
    places = list(product(range(points), repeat=dimensions))
    return np.array([nodes[list(p)] for p in places]), np.array(
        [logs[list(p)].sum() for p in places]
    )
