"""What a fit was asked for and what it came to, as attributes of its dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cartflow.analyses.fit.known import Known
from cartflow.analyses.fit.optimise import Found
from cartflow.analyses.fit.parameters import Vary
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.subjects import Choices
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core.provenance import now

Array = np.ndarray


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for of every fit, as it is kept to repeat it."""

    identity: Mapping[str, str]
    settings: Mapping[str, Any]
    choices: Choices
    vary: Vary
    starts: int
    seed: int

    def of_whom(self, what: str) -> str:
        """Return the title of a fit, which is `what` of a model or study."""
        return f"{self.identity.get('model') or self.identity.get('title')}: {what}"

    def attributes(self, data: Measurements) -> dict[str, Any]:
        """Return the attributes that repeat it, with where its data came from."""
        return {
            "history": f"{now()} cartflow fit",
            **self.identity,
            "settings": json.dumps(dict(self.settings), default=str),
            "choices": json.dumps(asdict(self.choices), default=str),
            "vary": json.dumps(self.vary, default=str),
            "data": data.source,
            "extra_columns": json.dumps(data.extras),
            "doses": json.dumps(data.doses),
            "starts": self.starts,
            "seed": self.seed,
        }


@dataclass(frozen=True, kw_only=True)
class Asked(Wanted):
    """What was asked for of a fit; `exact` says whether its derivatives were."""

    exact: bool


def numbers_of(problem: Problem, best: Found, place: int) -> Array:
    """Return the values of all numbers of a measured observable's error model."""
    return problem.measured[place].numbers(problem.values(best.inner))


def attributes(problem: Problem, best: Found, what: Known, asked: Asked) -> dict[str, Any]:
    """Return the attributes of a fit's dataset: what was asked, likelihood, rank, models."""
    count = problem.measurements.size
    loss = 2.0 * best.at.likelihood
    free = problem.free
    small = 2.0 * free * (free + 1) / (count - free - 1) if count > free + 1 else float("nan")
    return {
        "Conventions": "CF-1.11",
        "analysis": "fit",
        "title": asked.of_whom("a fit"),
        **asked.attributes(problem.measurements),
        "derivatives": "exact" if asked.exact else "differences",
        "minus_two_log_likelihood": loss,
        "estimated": free,
        "values": count,
        "aic": loss + 2.0 * free,
        "aicc": loss + 2.0 * free + small,
        "bic": loss + free * float(np.log(count)),
        "rank": what.rank,
        "condition": what.condition,
        "not_known": " | ".join(what.words),
        "scales": json.dumps(
            {
                each.observable.name: best.at.linear[each.observable.name]
                for each in problem.measured
                if each.observable.scaled or each.observable.shifted
            }
        ),
        "error_models": json.dumps(
            {
                each.name: [each.error.kind, *numbers_of(problem, best, k).tolist()]
                for k, each in enumerate(problem.measured)
            }
        ),
        "observable_units": json.dumps({e.observable.name: e.unit for e in problem.measured}),
    }
