"""What is kept of each member, by name, of a body with a tumour or without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xarray as xr

from cartflow.analyses.cohort.of_body import of_body
from cartflow.analyses.cohort.of_tumours import of_tumours
from cartflow.analyses.cohort.outcomes import coordinates, outcomes_of
from cartflow.core.dataset import label, variable
from cartflow.core.outcome import InputError, Outcome
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.record import Record
from cartflow.coupling.runs import Run, system_of
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.simulation import Simulation
from cartflow.pbpk.flows.observables import in_body, organ_table, venous_concentration

Array = np.ndarray
COURSE = "course_"


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """The outcomes of a run by name, and the coordinates that they have."""

    variables: Mapping[str, xr.Variable]
    coordinates: Mapping[str, xr.Variable]


def kept(record: Record, run: Run, courses: bool) -> Kept:
    """Return the numbers of a run at its end and, if wanted, ``course_NAME`` over its saved times.

    Beside those of a cohort's members (`outcomes_of`) these are ``density_NAME`` (site) of every
    species where kinetics act in organs; without a tumour ``infused``, ``cells`` (organ),
    ``in_body`` and ``relative_residual``.
    """
    if isinstance(run, TumoursSimulation):
        variables = of_tumours(record, run, courses)
        places = {
            "organ": _names("organ", organ_table(run.tumours.network).organs, "organ"),
            "time": variable(("time",), list(run.save_times), "day", "time"),
        }
    elif isinstance(run, Simulation):
        found = outcomes_of(record, run, courses)
        places = coordinates(run)
        variables = {**found.ends, **found.courses}
    else:
        variables = {**of_body(record, run), **(_body_courses(record, run) if courses else {})}
        places = {
            "organ": _names("organ", organ_table(run.network).organs, "organ"),
            "time": variable(("time",), list(run.save_times), "day", "time"),
        }
    at_sites, sites = _at_sites(record, run, courses)
    return Kept(variables={**variables, **at_sites}, coordinates={**places, **sites})


def at_the_start(run: Run) -> Kept:
    """Return the outcomes as they are at the start: their names, sizes, units and coordinates."""
    if isinstance(run, Simulation):
        state = run.coupled.start(run.initial, run.save_times[0])
    elif isinstance(run, TumoursSimulation):
        state = run.tumours.start(run.initial, run.save_times[0])
    else:
        state = run.start()
    outcome = Outcome(status="running")
    record = Record(
        states=[state], outcome=outcome, accepted_steps=0, rejected_steps=0, error_sum=0.0
    )
    return kept(record, run, courses=True)


def _body_courses(record: Record, run: BodyAlone) -> dict[str, xr.Variable]:
    inside = [in_body(run.network, s.body).sum() for s in record.states]
    venous = [venous_concentration(run.network, s.body).sum() for s in record.states]
    return {
        "course_in_body": variable(("time",), inside, "cell", "product cells in the body"),
        "course_blood_concentration": variable(
            ("time",), venous, "cell/mm^3", "product cells in venous blood"
        ),
    }


def _at_sites(
    record: Record, run: Run, courses: bool
) -> tuple[dict[str, xr.Variable], dict[str, xr.Variable]]:
    """Return the densities where kinetics act in organs, and those sites."""
    system = system_of(run)
    kinetics = system.kinetics
    if kinetics is None:
        return {}, {}
    states = record.states if courses else record.states[-1:]
    densities = np.array([system.organs.densities(s.body, s.residents, s.carried) for s in states])
    found = {}
    for number, species in enumerate(kinetics.network.species):
        text = f"{species.long_name or species.name} where kinetics act"
        values, name = densities[:, :, number], f"density_{species.name}"
        found[name] = variable(("site",), values[-1], species.unit, text)
        if courses:
            found[f"{COURSE}{name}"] = variable(("time", "site"), values, species.unit, text)
    names = [site.compartment for site in kinetics.sites]
    return found, {"site": _names("site", names, "compartment in which kinetics act")}


def _names(dim: str, names: Sequence[str], text: str) -> xr.Variable:
    """Return a coordinate of names, which a sweep's members have in common.

    To make its index takes a tenth of all that Python does for a member of organs alone.
    """
    return _made(dim, tuple(names), text).copy(deep=False)


@lru_cache(maxsize=64)
def _made(dim: str, names: tuple[str, ...], text: str) -> xr.Variable:
    return label((dim,), list(names), text)


def require_same_times(found: Kept, times: Array) -> None:
    """Raise `InputError` unless a run saves at `times`, which its courses need."""
    own = np.asarray(found.coordinates["time"].values)
    if own.shape != times.shape or not np.array_equal(own, times):
        raise InputError("its courses have other saved times than the study; give time.save")
