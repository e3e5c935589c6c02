"""The posterior's density as a sampler wants it: without bounds, and about as wide each way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import linalg, special

from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.problem import Problem

Array = np.ndarray
_INSIDE = 1e-3  # of a range, to which the centre keeps from its ends
OF_EVEN = 0.3  # the precision of what is even over its range, on the logit scale


@dataclass(eq=False)
class Counter:
    """How often the density was worked out, and how often nothing could be run."""

    runs: int = 0
    failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, failed: bool) -> None:
        """Count one."""
        with self._lock:
            self.runs += 1
            self.failed += failed


class Sampled(Protocol):
    """A density as a chain samples it."""

    @property
    def counter(self) -> Counter:
        """How often it was worked out."""

    def at(self, z: Array) -> tuple[float, Array]:
        """Return its logarithm at coordinates without bounds, and its slopes."""

    def inner(self, z: Array) -> Array:
        """Return what is kept of a draw."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Density:
    """``ln posterior`` (but for a constant) of coordinates without bounds, with its slopes.

    The inner values lie between their bounds as ``low + (high - low) / (1 + exp(-y))`` with
    ``y = centre + root @ z``; the density is of z, Jacobian included. Where a run fails it is 0.
    """

    problem: Problem
    best: Found
    counter: Counter = field(default_factory=Counter)

    @cached_property
    def centre(self) -> Array:
        """The best values on the logit scale, a little inside of their bounds."""
        return self._logit(self.best.inner)

    @cached_property
    def root(self) -> Array:
        """A root of the covariance there, by the information and even chances in the ranges."""
        low, high = self.problem.bounds
        share = special.expit(self.centre)
        rows = self.best.at.rows * ((high - low) * share * (1.0 - share))
        information = rows.T @ rows + OF_EVEN * np.eye(len(share))
        lower = np.linalg.cholesky(information)
        return np.asarray(linalg.solve_triangular(lower, np.eye(len(share)), lower=True).T)

    def inner(self, z: Array) -> Array:
        """Return the inner values at z."""
        low, high = self.problem.bounds
        return low + (high - low) * special.expit(self.centre + self.root @ z)

    def coordinates(self, inner: Array) -> Array:
        """Return z of inner values."""
        return np.asarray(np.linalg.solve(self.root, self._logit(inner) - self.centre))

    def at(self, z: Array) -> tuple[float, Array]:
        """Return the logarithm of the density at z and its slopes; -inf where a run fails."""
        low, high = self.problem.bounds
        y = self.centre + self.root @ z
        share = special.expit(y)
        with np.errstate(all="ignore"):
            found = self.problem.evaluate(low + (high - low) * share)
        self.counter.add(not np.isfinite(found.loss))
        if not np.isfinite(found.loss):
            return -np.inf, np.zeros(len(z))
        jacobian = special.log_expit(y).sum() + special.log_expit(-y).sum()
        slopes = -found.gradient * (high - low) * share * (1.0 - share) + 1.0 - 2.0 * share
        return float(jacobian - found.loss), self.root.T @ slopes

    def _logit(self, inner: Array) -> Array:
        return logits(inner, *self.problem.bounds)


def logits(inner: Array, low: Array, high: Array) -> Array:
    """Return the logits of shares of a range, a little inside of its ends."""
    share = np.clip((inner - low) / (high - low), _INSIDE, 1.0 - _INSIDE)
    return np.asarray(special.logit(share))


def beginnings(density: Density, ended: Sequence[Found], chains: int, seed: int) -> list[Array]:
    """Return where each chain begins: about ends of searches, twice as wide as the posterior.

    Ends whose density is below exp(-10) of the best are left out; chains take the others in turn.
    """
    best = density.best.at.loss
    near = [found for found in ended if found.at.loss < best + 10.0] or [density.best]
    near.sort(key=lambda found: found.at.loss)
    return [
        beginning(density, density.coordinates(near[k % len(near)].inner), seed, k)
        for k in range(chains)
    ]


def beginning(density: Sampled, centre: Array, seed: int, chain: int) -> Array:
    """Return where a chain begins: about `centre`, nearer where nothing can be run."""
    random, wide = np.random.default_rng([seed, chain]), 2.0
    for _ in range(50):
        tried = centre + wide * random.standard_normal(len(centre))
        value, slopes = density.at(tried)
        if np.isfinite(value) and np.abs(slopes).max() > 0:
            return tried
        wide *= 0.8
    return centre + 1e-3
