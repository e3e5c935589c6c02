"""What a population's fit was asked for and what it came to, as attributes of its dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cartflow.analyses.fit.mixed.marginal import Population
from cartflow.analyses.fit.mixed.search import Ended
from cartflow.analyses.fit.parameters import Vary
from cartflow.analyses.fit.problem import Problem
from cartflow.analyses.fit.subjects import Choices
from cartflow.core.provenance import now


@dataclass(frozen=True, kw_only=True)
class AskedMixed:
    """What was asked for, as it is kept to repeat it."""

    identity: Mapping[str, str]
    settings: Mapping[str, Any]
    choices: Choices
    vary: Vary
    random: Sequence[str]
    covariates: Mapping[str, Sequence[str]]
    starts: int
    seed: int
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
        "title": f"{asked.identity.get('model') or asked.identity.get('title')}: a population",
        "history": f"{now()} cartflow fit",
        **asked.identity,
        "settings": json.dumps(dict(asked.settings), default=str),
        "choices": json.dumps(asdict(asked.choices), default=str),
        "vary": json.dumps(asked.vary, default=str),
        "random_effects": json.dumps([list(block) for block in layout.blocks]),
        "covariates": json.dumps({k: list(v) for k, v in asked.covariates.items()}),
        "data": problem.measurements.source,
        "extra_columns": json.dumps(problem.measurements.extras),
        "doses": json.dumps(problem.measurements.doses),
        "starts": asked.starts,
        "seed": asked.seed,
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
