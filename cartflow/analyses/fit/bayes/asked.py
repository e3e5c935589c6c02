"""What a posterior was asked for and how it was sampled, as attributes of its dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cartflow.analyses.fit.asked import Wanted
from cartflow.analyses.fit.bayes.chain import Length
from cartflow.analyses.fit.bayes.chains import Chains
from cartflow.analyses.fit.bayes.density import Counter, Density
from cartflow.analyses.fit.bayes.measures import LeftOut
from cartflow.analyses.fit.bayes.prior import Prior
from cartflow.core.provenance import installed_version


@dataclass(frozen=True, kw_only=True)
class AskedBayes(Wanted):
    """What was asked for of a posterior: lengths of chains, priors of ``--prior``."""

    length: Length
    prior: Mapping[str, str]
    exact: bool


def sampler_attributes(
    asked: AskedBayes, chains: Chains, counter: Counter, out: LeftOut
) -> dict[str, Any]:
    """Return the attributes of how it was sampled, and of what is foretold."""
    return {
        "prior": json.dumps(dict(asked.prior)),
        "chains": asked.length.chains,
        "draws": asked.length.draws,
        "warm_up": asked.length.warm_up,
        "sampler": f"nutpie {installed_version('nutpie')}, No-U-Turn",
        "derivatives": "exact" if asked.exact else "differences",
        "runs": counter.runs,
        "failed_runs": counter.failed,
        "divergences": int(chains.diverging.sum()),
        "deepest": int(chains.deepest.sum()),
        "elpd_loo": out.elpd,
        "elpd_loo_error": out.error,
        "effective_parameters": out.effective,
        "worst_pareto_shape": float(np.max(out.shape)),
    }


def attributes(
    density: Density,
    priors: Sequence[Prior],
    chains: Chains,
    out: LeftOut,
    asked: AskedBayes,
) -> dict[str, Any]:
    """Return the attributes of a posterior's dataset: what was asked, sampler, prediction."""
    problem = density.problem
    return {
        "Conventions": "CF-1.11",
        "analysis": "bayes fit",
        "title": asked.of_whom("a posterior"),
        **asked.attributes(problem.measurements),
        **sampler_attributes(asked, chains, density.counter, out),
        "priors_in_words": " | ".join(
            f"{p.name}: {prior.words(p.unit)}"
            for p, prior in zip(problem.parameters, priors, strict=True)
        ),
        "error_models": json.dumps(
            {each.observable.name: each.error.kind for each in problem.measured}
        ),
        "observable_units": json.dumps({e.observable.name: e.unit for e in problem.measured}),
    }
