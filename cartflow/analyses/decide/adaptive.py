"""Adaptive dosing: of several options, that which the posterior after first counts favours.

Posteriors are by importance sampling with a reference cohort of the same population, whose weights
are the likelihoods of a member's counts. The members the policy is judged by are others, and
their utility is that of their true numbers, so that its mean is without bias whatever the
reference cohort's size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from cartflow.analyses.decide.observed import Observed

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """Utilities of members: of every option (members, options), and which one each is given.

    `fixed` is the one option that the reference cohort favours for all; `sizes` are the effective
    sample sizes of the members' posteriors, `expected` their utilities (members, options).
    """

    utilities: Array
    chosen: Array
    fixed: int
    sizes: Array
    expected: Array

    @property
    def adaptive(self) -> Array:
        """The utility of each member with the option chosen for it."""
        return np.take_along_axis(self.utilities, self.chosen[:, None], axis=1)[:, 0]

    @property
    def gains(self) -> Array:
        """What each member gains by the adaptive dose over the fixed one."""
        return self.adaptive - self.utilities[:, self.fixed]


def compared(
    observed: Observed, counts: Array, utilities: Array, reference: Array, courses: Array
) -> Compared:
    """Return what members with `counts` (members, times) are given, and what comes of it.

    `utilities` (members, options) are theirs, `reference` (m, options) and `courses` (m, times)
    those of the reference cohort.
    """
    expected = np.empty_like(utilities)
    sizes = np.empty(len(counts))
    for k, own in enumerate(counts):
        logs = observed.logs(own, courses)
        if np.isfinite(logs.max()):
            weights = np.exp(logs - logs.max())
            weights /= weights.sum()
        else:
            weights = np.full(len(courses), 1.0 / len(courses))
        expected[k] = weights @ reference
        sizes[k] = 1.0 / np.sum(weights**2)
    return Compared(
        utilities=utilities,
        chosen=np.argmax(expected, axis=1),
        fixed=int(np.argmax(reference.mean(axis=0))),
        sizes=sizes,
        expected=expected,
    )


def mean_interval(values: Array) -> tuple[float, float, float]:
    """Return the mean and its 95 % interval by Student's t; of paired differences, the paired one.

    Where all values are alike the interval is the value.
    """
    count = len(values)
    mean = float(values.mean())
    half = float(stdtrit(count - 1, 0.975) * values.std(ddof=1) / np.sqrt(count))
    return mean, mean - half, mean + half
