"""What a population's fit was asked for and what it came to, as attributes of its dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.analyses.fit.asked import Wanted
from cartflow.analyses.fit.mixed.marginal import Population
from cartflow.analyses.fit.mixed.search import Ended
from cartflow.analyses.fit.problem import Problem


@dataclass(frozen=True, kw_only=True)
class AskedMixed(Wanted):
    """What was asked for of a population's fit."""

    covariates: Mapping[str, Sequence[str]]
    simulations: int


def attributes(
    problem: Problem, population: Population, ended: Ended, asked: AskedMixed
) -> dict[str, Any]:
    """Return the attributes of a population's fit: what was asked, likelihood, method."""
    layout, loss = population.layout, 2.0 * ended.loss
    count, free = problem.measurements.size, layout.size
    return {
        "Conventions": "CF-1.11",
        "analysis": "mixed fit",
        "title": asked.of_whom("a population"),
        **asked.attributes(problem.measurements),
        "random_effects": json.dumps([list(block) for block in layout.blocks]),
        "covariates": json.dumps({k: list(v) for k, v in asked.covariates.items()}),
        "simulations": asked.simulations,
        "points": population.points,
        "evaluations": ended.evaluations,
        "converged": int(ended.converged),
        "minus_two_log_likelihood": loss,
        "estimated": free,
        "values": count,
        "aic": loss + 2.0 * free,
        "bic": loss + free * float(np.log(count)),
        "error_models": json.dumps({e.observable.name: e.error.kind for e in problem.measured}),
    }
