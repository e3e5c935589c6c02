"""What a population's posterior was asked for and how it was sampled, as attributes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cartflow.analyses.fit.bayes.asked import AskedBayes, sampler_attributes
from cartflow.analyses.fit.bayes.chains import Chains
from cartflow.analyses.fit.bayes.measures import LeftOut
from cartflow.analyses.fit.population.density import PopulationDensity
from cartflow.analyses.fit.population.priors import Posed


@dataclass(frozen=True, kw_only=True)
class AskedPopulation(AskedBayes):
    """What was asked for of a population's posterior."""

    covariates: Mapping[str, Sequence[str]]
    simulations: int


def attributes(
    posed: Posed,
    density: PopulationDensity,
    chains: Chains,
    out: LeftOut,
    asked: AskedPopulation,
) -> dict[str, Any]:
    """Return the attributes of the dataset: what was asked, sampler, prediction."""
    layout, measured = posed.numbers.layout, posed.problem.measured
    words = [
        f"{p.name}: {prior.words(p.unit)}"
        for p, prior in zip(posed.numbers.parameters, posed.priors, strict=True)
    ]
    words += [
        f"correlation of {', '.join(block)}: even over all correlation matrices"
        for block in layout.blocks
        if len(block) > 1
    ]
    return {
        "Conventions": "CF-1.11",
        "analysis": "population bayes fit",
        "title": asked.of_whom("a population's posterior"),
        **asked.attributes(posed.problem.measurements),
        **sampler_attributes(asked, chains, density.counter, out),
        "random_effects": json.dumps([list(block) for block in layout.blocks]),
        "covariates": json.dumps({k: list(v) for k, v in asked.covariates.items()}),
        "simulations": asked.simulations,
        "priors_in_words": " | ".join(words),
        "error_models": json.dumps({e.observable.name: e.error.kind for e in measured}),
        "observable_units": json.dumps({e.observable.name: e.unit for e in measured}),
    }
