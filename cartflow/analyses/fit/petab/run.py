"""The parameters of a PEtab problem estimated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cartflow.analyses.fit.curvature import curvature
from cartflow.analyses.fit.dataset import estimates, profile_variables, start_variables
from cartflow.analyses.fit.known import known
from cartflow.analyses.fit.optimise import best_of, searched
from cartflow.analyses.fit.petab.problem import PetabProblem, estimated, petab_problem
from cartflow.analyses.fit.petab.tables import read_tables
from cartflow.analyses.fit.petab.variables import curve_variables, data_variables
from cartflow.analyses.fit.profiles import profiles
from cartflow.analyses.fit.run import LARGEST_SEED, MOST_STARTS, Fitted, Watch, counted
from cartflow.analyses.fit.small_samples import SmallSamples
from cartflow.core import arguments
from cartflow.core.dataset import without_fill
from cartflow.core.paths import as_path
from cartflow.core.provenance import installed_version, now

Array = np.ndarray


def fit_petab(
    path: str | Path,
    *,
    starts: int = 5,
    seed: int = 1,
    profile: bool = False,
    threads: int = 1,
    watch: Watch | None = None,
) -> Fitted:
    """Estimate the parameters of a PEtab problem (version 1), given by its YAML file.

    Searches begin at the nominal values and at `starts` - 1 places of the ranges; derivatives are
    exact where the model is compiled (`docs/howto_fit.md`), else differences of runs that read it
    anew. Raises `InputError` naming file and what is
    not read, `RunStopped` where no search could begin.
    """
    starts = arguments.whole_number(starts, "starts", 1, MOST_STARTS)
    seed = arguments.whole_number(seed, "seed", 0, LARGEST_SEED)
    tables = read_tables(as_path(path, "fit_petab"))
    problem = petab_problem(tables, estimated(tables))
    ended = searched(problem, starts, seed, threads, counted(watch, "search", starts))
    best = best_of(ended, tables.name)
    what = known(problem, best)
    curved = curvature(problem, best, what)
    which = range(len(problem.parameters)) if profile else range(0)
    # Noise formulas may say anything: their intervals are those of chi-squared.
    plain = SmallSamples(sized=(), parameters=len(problem.parameters))
    told = counted(watch, "profile", len(which))
    walked = profiles(problem, best, curved, which, plain, threads, told)
    parts = [
        estimates(problem, best, curved, walked, what),
        data_variables(problem, best.inner),
        start_variables(problem, ended),
        profile_variables(problem, walked),
        curve_variables(problem, {"middle": best.at.predicted}),
    ]
    variables: dict[str, xr.Variable] = {}
    for part in parts:
        variables |= part
    dataset = xr.Dataset(variables).set_coords(["parameter", "subject", "time", "observable"])
    dataset.attrs = _attributes(problem, best.at.likelihood, what, starts, seed)
    return Fitted(dataset=without_fill(dataset), problem=problem, best=best)


def _attributes(
    problem: PetabProblem, likelihood: float, what: Any, starts: int, seed: int
) -> dict[str, Any]:
    loss, free, count = 2.0 * likelihood, problem.free, problem.measurements.size
    return {
        "Conventions": "CF-1.11",
        "analysis": "fit",
        "title": f"{problem.tables.name}: a fit",
        "history": f"{now()} cartflow fit",
        "source": f"cartflow {installed_version('cartflow')}",
        "model_text": problem.tables.sbml,
        "starts": starts,
        "seed": seed,
        "derivatives": "differences" if problem.exact is None else "exact",
        "minus_two_log_likelihood": loss,
        "estimated": free,
        "values": count,
        "aic": loss + 2.0 * free,
        "bic": loss + free * float(np.log(count)),
        "rank": what.rank,
        "condition": what.condition,
        "not_known": " | ".join(what.words),
        "scales": json.dumps({}),
        "error_models": json.dumps({}),
    }
