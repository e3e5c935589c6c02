"""What differs between the subjects of a table, read from what is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cartflow.analyses.fit.mixed.effects import read_covariates, read_random, shifts
from cartflow.analyses.fit.mixed.layout import Layout
from cartflow.analyses.fit.problem import Problem
from cartflow.core.outcome import InputError


def layout_of(
    problem: Problem, random: Sequence[str], covariates: Mapping[str, Sequence[str]]
) -> Layout:
    """Return the layout of a population. Raises `InputError`, also for a single subject."""
    data = problem.measurements
    if np.isfinite(data.depth).any():
        msg = f"{data.source}: depth: profiles are not known beside random effects"
        raise InputError(msg)
    if len(data.subjects) < 2:
        msg = f"{data.source}: has one subject; random effects need several"
        raise InputError(msg)
    numbers = [p for p in problem.parameters if p.kind == "number"]
    found = read_covariates(covariates, numbers)
    return Layout(
        parameters=problem.parameters,
        blocks=read_random(random, numbers),
        covariates=found,
        shifts=shifts(found, data),
    )
