"""A virtual cohort: members of a population, run with other settings each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.alone.forward.plan import Number
from cartflow.analyses.bedside.posterior import stream
from cartflow.analyses.bedside.prior import Prior
from cartflow.analyses.bedside.runs import Seen, Watch, run_all
from cartflow.analyses.fit.sources.source import Source

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Cohort:
    """Members of a population as `values` (members, numbers) of what differs between them."""

    source: Source
    prior: Prior
    values: Array

    @property
    def numbers(self) -> list[Number]:
        """The numbers as a model takes them."""
        return [
            Number(key=p.key, unit=p.unit, low=p.low, high=p.high) for p in self.prior.parameters()
        ]

    def run(
        self,
        settings: Mapping[str, Any],
        times: Array,
        seen: Sequence[Seen],
        threads: int,
        watch: Watch | None = None,
    ) -> Array:
        """Return courses (members, seen, times) with `settings`; nan where a run fails."""
        runner = self.source.runner(settings, self.numbers, times)
        return run_all(runner, self.values, seen, len(times), threads, watch)


def cohort_of(source: Source, prior: Prior, members: int, name: str, seed: int) -> Cohort:
    """Return `members` drawn by `seed`; another `name` has others. Covariates are at their centre.

    A larger cohort begins with the members of a smaller one.
    """
    scores = stream(name, seed).standard_normal((members, len(prior.root)))
    inner = np.tile([each.inner for each in prior.spreads], (members, 1))
    inner[:, prior.places] += scores @ prior.root.T
    logged = np.array([each.logarithmic for each in prior.spreads])
    values = np.where(logged, np.exp(np.where(logged, inner, 0.0)), inner)
    return Cohort(source=source, prior=prior, values=values)
