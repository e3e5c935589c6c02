"""Courses of each subject, with and without its random effects, at many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cartflow.analyses.fit.mixed.individual import with_effects
from cartflow.analyses.fit.mixed.marginal import Population
from cartflow.analyses.fit.mixed.search import Ended
from cartflow.analyses.fit.problem import Subject

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """An observable of a subject over time (days), in its unit."""

    subject: str
    observable: str
    times: Array
    depths: Array
    own: Array
    typical: Array


def curves_of(population: Population, ended: Ended, fine: Sequence[Subject]) -> list[Curve]:
    """Return the courses of every subject's observables over the times of `fine` subjects."""
    layout = population.layout
    typical = layout.typical(ended.vector)
    found = []
    for k, one in enumerate(population.individuals):
        own = with_effects(typical[k], layout.places, ended.at.modes[k].eta)
        courses = []
        for inner in (own, typical[k]):
            values = one.values(inner)
            run = fine[k].runner.run(values[list(fine[k].takes)], False)
            courses.append([one.courses(e, fine[k], run, values, False)[0] for e in one.measured])
        for each, mine, middle in zip(one.measured, *courses, strict=True):
            curve = Curve(
                subject=fine[k].name,
                observable=each.observable.name,
                times=fine[k].times,
                depths=fine[k].depths,
                own=mine,
                typical=middle,
            )
            found.append(curve)
    return found
