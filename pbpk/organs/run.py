"""Organ kinetics through time: compiled, step controlled, with every birth and death counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.core.outcome import InputError, StepFailed
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.organs.arrays import Group, Results, Rules, Segments, Sizes
from cartflow.pbpk.organs.kinetics import OrganKinetics
from cartflow.pbpk.organs.plan import Plan, given_at, plan
from cartflow.pbpk.organs.result import Animals, OrganRuns, one_animal
from cartflow.pbpk.organs.system import OrganSystem, organ_system

Array = NDArray[np.float64]
MOST_STEPS = 1_000_000
# Amounts below this part of a species' scale need no relative precision.
FLOOR = 1e-9
REASONS = {1: "the step has become too small", 2: f"more than {MOST_STEPS} steps were needed"}


def integrate(
    kinetics: OrganKinetics,
    doses: Sequence[Dose],
    times: ArrayLike,
    tolerance: float = 1e-4,
    animals: Animals | None = None,
) -> OrganRuns:
    """Return the course of organ kinetics at `times` (days), the first of which is the start.

    A bolus at one of `times` stands in the state of that time.
    `tolerance` is the error allowed in one step, relative to each amount; the result's is
    usually smaller. Without `animals` there is one, that of `kinetics`; each is integrated by
    itself, on all threads of numba. Raises `InputError` on doses and times that do not fit,
    `StepFailed` if numbers grow out of bounds.
    """
    if not 0 < tolerance < 1:
        msg = f"tolerance {tolerance:g} must be above 0 and below 1"
        raise InputError(msg)
    segments = plan(kinetics, doses, times)
    group = one_animal(kinetics) if animals is None else animals
    system = organ_system(kinetics, (group.rates != 0).any(axis=0))
    now = given_at(kinetics, doses, segments.times)
    infused = segments.infused() + now
    rules = tolerance, scales(kinetics, kinetics.start + infused[-1])
    states, events, report = advance(kinetics, system, group, segments, rules)
    states += now * group.shares[:, None, None]
    return OrganRuns(
        kinetics=kinetics,
        animals=group,
        times=segments.times,
        states=states,
        events=events,
        infused=infused,
        steps=report[:, 1:],
    )


def advance(
    kinetics: OrganKinetics,
    system: OrganSystem,
    animals: Animals,
    segments: Plan,
    rules: tuple[float, Array],
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return states (animals, kept, size), events, and the report (status, steps, refused).

    The first state is the start with what is given there, the others those to be kept. `rules`
    are the tolerance of a step, and the scale (size,) of what it is relative to. Raises
    `StepFailed` naming the first animal that did not finish.
    """
    from numba import config

    from cartflow.pbpk.organs.lanes import LANES

    number, kept = len(animals.rates), int(segments.kept.sum()) + 1
    sites, reactions = len(kinetics.sites), len(kinetics.network.reactions)
    states = np.zeros((number, kept, kinetics.size))
    states[:, 0] = animals.start + segments.given[0] * animals.shares[:, None]
    events = np.zeros((number, kept, sites * reactions))
    report = np.zeros((number, 3), dtype=np.int64)
    allowed = Rules(tolerance=rules[0], floor=FLOOR * rules[1])

    def run_group(first: int) -> None:
        group = slice(first, min(first + LANES, number))
        results = Results(states=states[group], events=events[group], report=report[group])
        _run(kinetics, system, _some(animals, group), segments, allowed, results)

    firsts = range(0, number, LANES)
    if len(firsts) == 1:
        run_group(0)
    else:
        workers = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]  # set when numba loads
        with ThreadPoolExecutor(max_workers=workers) as threads:
            list(threads.map(run_group, firsts))
    _require_finished(report)
    return states, events.reshape(number, kept, reactions, sites).swapaxes(2, 3), report


def scales(kinetics: OrganKinetics, most: Array) -> Array:
    """Return the amount (size,) of each species that is a lot of it: its scale.

    For what travels all that travels in the state `most`; for the rest what stands there at the
    start, or what a day would change if all that travels were at one site, and at least 1e-12.
    For what circulates all of it in the state `most`, or what a day would change of it.
    """
    whole = kinetics.travelling(most).sum()
    result = np.full(kinetics.size, max(float(whole), 1.0))
    staying = kinetics.staying(result)
    names = kinetics.network.species_names
    travels = np.array([name in kinetics.phenotypes for name in names])
    stays = np.array([name in kinetics.residents for name in names])
    made = np.zeros(len(names))
    for site, volume in enumerate(kinetics.volumes):
        density = np.where(travels, whole / volume, kinetics.densities[site])
        with np.errstate(all="ignore"):
            rates = np.abs(kinetics.network.rates(density)) * volume
            turnover = (np.abs(kinetics.network.stoichiometry) * rates).max(axis=1, initial=0.0)
        usual = np.where(np.isfinite(turnover), turnover, 0.0)
        scale = np.maximum(kinetics.densities[site] * volume, usual)
        staying[site] = np.maximum(scale[stays], 1e-12)
        made = np.maximum(made, usual)
    for each, (first, end) in zip(kinetics.circulating, kinetics.carried_rows, strict=True):
        whole = most[first:end].sum()
        result[first:end] = max(float(whole), made[names.index(each.species)], 1e-12)
    return result


def _run(
    kinetics: OrganKinetics,
    system: OrganSystem,
    animals: Animals,
    segments: Plan,
    rules: Rules,
    results: Results,
) -> None:
    """Integrate a group of animals, and write its results."""
    from cartflow.pbpk.organs.steps import run

    group = group_of(kinetics, system, animals)
    plan = Segments(
        ends=segments.ends,
        kept=segments.kept,
        given=segments.given,
        supplied=segments.supplied,
        rising=segments.rising,
        shares=animals.shares,
    )
    code, start = system.code, _in_lanes(animals.start)
    where, matrix, lanes = system.compiled, system.matrix, start.shape[1]
    run(
        code.rates_block,
        code.jacobian_block,
        where._replace(factors=_repeated(where.factors, lanes)),
        matrix._replace(local_factors=_repeated(matrix.local_factors, lanes)),
        group,
        plan,
        sizes_of(kinetics, system),
        rules,
        start,
        results,
    )


def group_of(kinetics: OrganKinetics, system: OrganSystem, animals: Animals) -> Group:
    """Return animals as compiled code takes them, one a lane."""
    parameters = _in_lanes(animals.parameters.swapaxes(1, 2))
    of_events, of_species = _volumes(kinetics, animals.volumes)
    saturations = [one.rate for each in kinetics.circulating for one in each.saturations]
    return Group(
        rates=_in_lanes(system.values(animals.rates)),
        volumes=_in_lanes(of_events),
        inverse_volumes=_in_lanes(1.0 / of_species),
        parameters=parameters.reshape(len(parameters), math.prod(parameters.shape[1:])),
        saturations=_in_lanes(np.broadcast_to(saturations, (len(of_events), len(saturations)))),
    )


def sizes_of(kinetics: OrganKinetics, system: OrganSystem) -> Sizes:
    """Return the sizes of the arrays of compiled code."""
    return Sizes(
        entries=system.elimination.size,
        reactions=len(kinetics.network.reactions),
        phenotypes=len(kinetics.phenotypes),
        compartments=len(kinetics.organs.compartments),
        most=MOST_STEPS,
    )


def _volumes(kinetics: OrganKinetics, volumes: Array) -> tuple[Array, Array]:
    """Return the volumes of events (animals, reactions x sites), and of species alike.

    Where something circulates all animals have the volumes of one body.
    """
    reactions, species = len(kinetics.network.reactions), len(kinetics.network.species)
    if not kinetics.circulating:
        return np.tile(volumes, reactions), np.tile(volumes, species)
    shape = (len(volumes), -1)
    own = [
        np.broadcast_to(v.T.ravel(), (len(volumes), v.size))
        for v in (kinetics.event_volumes, kinetics.fluid_volumes)
    ]
    return own[0].reshape(shape), own[1].reshape(shape)


def _some(animals: Animals, group: slice) -> Animals:
    return Animals(
        rates=animals.rates[group],
        volumes=animals.volumes[group],
        parameters=animals.parameters[group],
        start=animals.start[group],
        shares=animals.shares[group],
    )


def _repeated(column: Array, lanes: int) -> Array:
    """Return a column (rows, 1) for so many lanes."""
    return np.repeat(column, lanes, axis=1)


def _in_lanes(values: Array) -> Array:
    """Return a copy of values (animals, ...), animals last, the last one again in free lanes."""
    from cartflow.pbpk.organs.lanes import lanes_for

    free = lanes_for(len(values)) - len(values)
    whole = (
        values if free == 0 else np.pad(values, [(0, free), *[(0, 0)] * (values.ndim - 1)], "edge")
    )
    # Never the same memory, which a run overwrites, as one lane of a whole array would be.
    return np.moveaxis(whole, 0, -1).copy(order="C")


def _require_finished(report: NDArray[np.int64]) -> None:
    failed = np.flatnonzero(report[:, 0])
    if failed.size:
        which = f"animal {failed[0]}: " if len(report) > 1 else ""
        raise StepFailed("body", which + REASONS[int(report[failed[0], 0])])
