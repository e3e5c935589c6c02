"""What a run rests on, in marks by which another study or version is told apart."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.provenance import installed_version
from cartflow.coupling.body_alone import BodyAlone
from cartflow.coupling.runs import Run, System, system_of
from cartflow.coupling.several.simulation import TumoursSimulation
from cartflow.coupling.several.system import Tumours
from cartflow.coupling.simulation import Simulation
from cartflow.kinetics.compiled.network import structure_key


def marks(run: Run, study: str) -> dict[str, str]:
    """Return a mark of each thing that a run rests on; where one differs it is another run."""
    system = system_of(run)
    kinetics = system.kinetics
    found: dict[str, list[Any]] = {
        "study": [study],
        "organs": [system.network.rates, system.network.names],
        "doses": [system.doses, *of_solutes(system)],
        "happenings": [system.happenings],
        "saved times": [np.array(run.save_times)],
        "version": [installed_version("cartflow")],
    }
    if system.placed is not None:
        found["start of the body"] = [system.placed]
    if run.programme is not None:
        found["events and courses"] = [run.programme.rests_on]
    if kinetics is not None:
        found["kinetics in organs"] = [structure_key(kinetics.network), kinetics.parameters]
    if isinstance(run, BodyAlone):
        found["solver"] = [run.tolerance]
    elif isinstance(run, TumoursSimulation):
        for name, part in run.parts.items():
            mine = _of_tumour(part)
            mine["what models do"] = [part.coupled.happenings]
            found |= {f"{what} of {name}": parts for what, parts in mine.items()}
    else:
        found |= _of_tumour(run)
        if run.coupled.feed is not None:
            course = run.coupled.feed.course
            found["blood"] = [course.times, course.values, run.coupled.feed.vessels.inflow]
    return {name: _mark(parts) for name, parts in found.items()}


def of_solutes(system: System) -> list[Any]:
    """Return what a run rests on of what circulates beside cells, if anything does."""
    if isinstance(system, Tumours) or not system.organs.circulating:
        return []
    found: list[Any] = [system.solute_doses]
    for each in system.organs.circulating:
        found += [each.species, each.rates, each.saturations, each.start, each.tumour]
    return found


def _of_tumour(run: Simulation) -> dict[str, list[Any]]:
    """Return what a run's tumour rests on."""
    problem = run.coupled.engine.problem
    network = problem.network
    return {
        "solver": [run.control, run.coupled.engine.name],
        "geometry": [problem.geometry.cell_volumes, problem.geometry.depth],
        "start": [run.initial],
        "kinetics": [
            structure_key(network),
            [(n, p.value) for n, p in network.parameters.items()],
        ],
        "fields": [
            *(np.asarray(item.diffusivity, dtype=float) for item in problem.fields),
            *((each.name, each.terms) for each in problem.following),
            *(each.within for each in problem.following),
            *(item.anisotropy for item in problem.fields if item.anisotropy is not None),
        ],
        "egress": [run.coupled.door.egress, run.coupled.door.arrival],
    }


def require_same(was: dict[str, str], now: dict[str, str]) -> None:
    """Raise `InputError` naming what a run does not have in common with that of the file."""
    differ = sorted(n for n in {*was, *now} if was.get(n) != now.get(n))
    if differ:
        msg = (
            f"is of another study or version: not the same are {', '.join(differ)}; run it as it "
            "was run before, or anew"
        )
        raise InputError(msg)


def _mark(parts: list[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
        digest.update(b"%d " % len(data) + data)
    return digest.hexdigest()[:16]
