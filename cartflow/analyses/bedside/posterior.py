"""What a patient's values say of its numbers: the posterior by importance sampling.

With x normal before, ``N(t, S)``, and values y, draws come in equal parts from the prior and from
a Student distribution laid about the likeliest x. Their weights are ``p(y | x) p(x) / q(x)``, q
being the mixture; since half of q is the prior, no weight is above twice the highest likelihood,
and estimates go to the posterior's as the number of draws grows, whatever its shape.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from cartflow.analyses.bedside.patient import Patient
from cartflow.analyses.bedside.prior import Prior
from cartflow.analyses.bedside.runs import Watch, run_all
from cartflow.analyses.fit.mixed.individual import mode
from cartflow.core.outcome import RunStopped

Array = np.ndarray
_FREEDOM = 5.0
_STARTS, _ROUNDS = 4, 3
_PILOT = 8  # so many times as many draws follow a pilot
_ENOUGH = 0.4  # of a pilot's draws, as its effective sample size


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Draws of the numbers that differ: `effects` (draws, differ) away from typical ones.

    `weights` (draws,) add up to 1, `courses` are (draws, seen, times). The first `before` draws
    are from the prior. `likeliest` are the effects at the mode; `failed` draws could not be run.
    """

    effects: Array
    weights: Array
    courses: Array
    before: int
    likeliest: Array
    failed: int

    @property
    def size(self) -> float:
        """The effective sample size, 1 / sum of squares of the weights."""
        return float(1.0 / np.sum(self.weights**2))


@dataclass(frozen=True, kw_only=True, eq=False)
class Laid:
    """A Student distribution of few degrees of freedom, about `centre` with the factor `root`."""

    centre: Array
    root: Array

    def draws(self, random: np.random.Generator, count: int) -> Array:
        """Return `count` draws."""
        normal = random.standard_normal((count, len(self.centre)))
        stretch = np.sqrt(_FREEDOM / random.chisquare(_FREEDOM, count))
        return self.centre + (normal * stretch[:, None]) @ self.root.T

    def logs(self, effects: Array) -> Array:
        """Return the logarithm of its density at effects (draws, differ)."""
        count = len(self.centre)
        away = np.linalg.solve(self.root, (effects - self.centre).T)
        squares = (away**2).sum(axis=0)
        norm = gammaln(0.5 * (_FREEDOM + count)) - gammaln(0.5 * _FREEDOM)
        norm -= 0.5 * count * np.log(_FREEDOM * np.pi) + np.log(np.diag(self.root)).sum()
        return norm - 0.5 * (_FREEDOM + count) * np.log1p(squares / _FREEDOM)


def normal_logs(effects: Array, root: Array) -> Array:
    """Return the logarithm of the density of ``N(0, root root^T)``."""
    away = np.linalg.solve(root, effects.T)
    norm = 0.5 * len(root) * np.log(2.0 * np.pi) + np.log(np.diag(root)).sum()
    return -0.5 * (away**2).sum(axis=0) - norm


def stream(name: str, seed: int) -> np.random.Generator:
    """Return random numbers of a patient's own, by `seed` and name."""
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
    return np.random.default_rng([seed, *words.tolist()])


def posterior(
    patient: Patient,
    prior: Prior,
    draws: int,
    seed: int,
    threads: int,
    watch: Watch | None = None,
) -> Posterior:
    """Return the posterior of a patient by `draws` runs, half of them from the prior.

    Raises `RunStopped` where no draw could be run.
    """
    random = stream(patient.name, seed)
    likeliest, laid = _laid(patient, prior, random)
    run = _Runs(patient, prior, threads, watch)
    laid = _adapted(run, laid, random, max(draws // _PILOT, 100))
    half = draws // 2
    first = random.standard_normal((half, len(prior.root))) @ prior.root.T
    effects = np.concatenate([first, laid.draws(random, draws - half)])
    courses = run(effects)
    logs = -patient.losses(courses)
    if not np.isfinite(logs).any():
        msg = f"patient '{patient.name}': at none of {draws} draws could it be run and compared "
        raise RunStopped(msg + "to the data")
    known = normal_logs(effects, prior.root)
    mixed = np.logaddexp(known, laid.logs(effects))
    return Posterior(
        effects=effects,
        weights=_shares(logs + known - mixed),
        courses=courses,
        before=half,
        likeliest=likeliest,
        failed=int(np.isnan(courses[:, 0, 0]).sum()),
    )


class _Runs:
    """The runs of a patient at effects."""

    def __init__(self, patient: Patient, prior: Prior, threads: int, watch: Watch | None) -> None:
        self._patient, self._prior, self._threads, self._watch = patient, prior, threads, watch

    def __call__(self, effects: Array) -> Array:
        patient = self._patient
        values = patient.values(patient.inner(effects, self._prior.places))
        size = len(patient.times)
        return run_all(patient.runner, values, patient.seen, size, self._threads, self._watch)

    def logs(self, effects: Array) -> Array:
        """Return the logarithm of the posterior's density, but for what is constant."""
        return normal_logs(effects, self._prior.root) - self._patient.losses(self(effects))


def _shares(logs: Array) -> Array:
    found = np.exp(logs - np.max(logs))
    return found / found.sum()


def _adapted(run: _Runs, laid: Laid, random: np.random.Generator, count: int) -> Laid:
    """Return a distribution laid anew while draws of a pilot say that it is not like enough."""
    for _ in range(_ROUNDS):
        effects = laid.draws(random, count)
        logs = run.logs(effects) - laid.logs(effects)
        if not np.isfinite(logs).any():
            return laid
        weights = _shares(logs)
        if 1.0 / np.sum(weights**2) > _ENOUGH * count:
            return laid
        centre = weights @ effects
        away = effects - centre
        # Never narrower in any direction than a third of what it was: a pilot may miss parts.
        covariance = (away * weights[:, None]).T @ away + 0.1 * laid.root @ laid.root.T
        laid = Laid(centre=centre, root=np.linalg.cholesky(covariance))
    return laid


def _laid(patient: Patient, prior: Prior, random: np.random.Generator) -> tuple[Array, Laid]:
    """Return the likeliest effects, sought from several places, and what is laid about them."""
    precision = np.linalg.inv(prior.covariance)
    count = len(prior.root)
    starts = [np.zeros(count)]
    starts += list(random.standard_normal((_STARTS - 1, count)) @ prior.root.T)
    with np.errstate(all="ignore"):
        ended = [
            mode(patient.problem, patient.typical, prior.places, precision, start)
            for start in starts
        ]
    best = min(ended, key=lambda found: found.loss)
    if not np.isfinite(best.loss):
        return np.zeros(count), Laid(centre=np.zeros(count), root=prior.root)
    return best.eta, Laid(centre=best.eta, root=np.linalg.cholesky(np.linalg.inv(best.curvature)))
