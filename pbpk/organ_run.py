"""Organ kinetics through time: compiled, step controlled, with every birth and death counted."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cartflow.outcome import InputError, StepFailed
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.organ_kinetics import OrganKinetics
from cartflow.pbpk.organ_plan import Plan, plan
from cartflow.pbpk.organ_system import OrganSystem, organ_system

Array = NDArray[np.float64]
MOST_STEPS = 1_000_000
# Amounts below this part of a species' scale need no relative precision.
_FLOOR = 1e-9
_REASONS = {1: "the step has become too small", 2: f"more than {MOST_STEPS} steps were needed"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Animals:
    """What differs between animals: each array has them first.

    `rates` (animals, n, n) of the organs in 1/day, `volumes` (animals, sites) in mm3, `parameters`
    (animals, sites, parameters), `start` (animals, size), and the `shares` of each dose.
    """

    rates: Array
    volumes: Array
    parameters: Array
    start: Array
    shares: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class OrganRuns:
    """States of animals at times, and what has happened by then.

    `states` (animals, times, size), `events` (animals, times, sites, reactions) since the start,
    `infused` (times, size) likewise, of which each animal got its share, and `steps`
    (animals, 2), those taken and those refused.
    """

    kinetics: OrganKinetics
    animals: Animals
    times: Array
    states: Array
    events: Array
    infused: Array
    steps: NDArray[np.int64]

    def cells(self) -> Array:
        """Return the cells (animals, times, phenotypes, compartments)."""
        return self.kinetics.travelling(self.states)

    def residents(self) -> Array:
        """Return the amounts (animals, times, sites, residents) of what stays at the sites."""
        return self.kinetics.staying(self.states)

    def born(self) -> Array:
        """Return product cells born so far, (animals, times, products)."""
        return self._counted(self.kinetics.network.born)

    def died(self) -> Array:
        """Return product cells dead so far, those lost in organs among them."""
        found = self._counted(self.kinetics.network.died)
        for number, name in enumerate(self.kinetics.products):
            if name in self.kinetics.phenotypes:
                found[..., number] += self.states[..., self.kinetics.row(name, "lost")]
        return found

    def converted(self) -> Array:
        """Return product cells that became this product less those that ceased to be it."""
        return self._counted(self.kinetics.network.converted)

    def given(self) -> Array:
        """Return product cells infused so far, those at the start among them."""
        doses = self._products(self.infused) * self.animals.shares[:, None, None]
        return doses + self._products(self.animals.start)[:, None]

    def in_body(self) -> Array:
        """Return product cells in the body, those handed over to a tumour not among them."""
        found = self._products(self.states)
        for number, name in enumerate(self.kinetics.products):
            if name in self.kinetics.phenotypes:
                for place in ("lost", "handed_over"):
                    found[..., number] -= self.states[..., self.kinetics.row(name, place)]
        return found

    def handed_over(self) -> Array:
        """Return product cells that a tumour's vessels have given to its tissue."""
        found = np.zeros((*self.states.shape[:2], len(self.kinetics.products)))
        for number, name in enumerate(self.kinetics.products):
            if name in self.kinetics.phenotypes:
                found[..., number] = self.states[..., self.kinetics.row(name, "handed_over")]
        return found

    def residual(self) -> Array:
        """Return what the balance of product cells misses, (animals, times)."""
        gained = self.given() + self.born() - self.died() + self.converted()
        result: Array = (gained - self.in_body() - self.handed_over()).sum(axis=-1)
        return result

    def _counted(self, per_event: Array) -> Array:
        totals = np.einsum("atkr,sr->ats", self.events, per_event)
        names = self.kinetics.network.species_names
        result: Array = totals[..., [names.index(name) for name in self.kinetics.products]]
        return result

    def _products(self, states: Array) -> Array:
        travelling = self.kinetics.travelling(states).sum(axis=-1)
        staying = self.kinetics.staying(states).sum(axis=-2)
        columns = []
        for name in self.kinetics.products:
            if name in self.kinetics.phenotypes:
                columns.append(travelling[..., self.kinetics.phenotypes.index(name)])
            else:
                columns.append(staying[..., self.kinetics.residents.index(name)])
        return np.stack(columns, axis=-1)


def integrate(
    kinetics: OrganKinetics,
    doses: Sequence[Dose],
    times: ArrayLike,
    tolerance: float = 1e-4,
    animals: Animals | None = None,
) -> OrganRuns:
    """Return the course of organ kinetics at `times` (days), the first of which is the start.

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
    states, events, report = advance(kinetics, system, group, segments, tolerance)
    require_finished(report)
    return OrganRuns(
        kinetics=kinetics,
        animals=group,
        times=segments.times,
        states=states,
        events=events,
        infused=segments.infused(),
        steps=report[:, 1:],
    )


def one_animal(kinetics: OrganKinetics) -> Animals:
    """Return the one animal that `kinetics` itself describes."""
    return Animals(
        rates=kinetics.organs.rates[None],
        volumes=kinetics.volumes[None],
        parameters=kinetics.parameters[None],
        start=kinetics.start[None],
        shares=np.ones(1),
    )


def require_finished(report: NDArray[np.int64]) -> None:
    """Raise `StepFailed` for the first animal of a report (animals, 3) that did not finish."""
    failed = np.flatnonzero(report[:, 0])
    if failed.size:
        which = f"animal {failed[0]}: " if len(report) > 1 else ""
        raise StepFailed("body", which + _REASONS[int(report[failed[0], 0])])


def advance(
    kinetics: OrganKinetics,
    system: OrganSystem,
    animals: Animals,
    segments: Plan,
    tolerance: float,
) -> tuple[Array, Array, NDArray[np.int64]]:
    """Return states (animals, kept, size), events, and the report (status, steps, refused).

    The first state is the start with what is given there, the others those to be kept.
    """
    from numba import config

    from cartflow.pbpk.lanes import LANES
    from cartflow.pbpk.organ_steps import run

    steps, code = system.elimination, system.code
    sites, reactions = len(kinetics.sites), len(kinetics.network.reactions)
    number, kept = len(animals.rates), int(segments.kept.sum()) + 1
    states = np.zeros((number, kept, kinetics.size))
    states[:, 0] = animals.start + segments.given[0] * animals.shares[:, None]
    events = np.zeros((number, kept, sites * reactions))
    report = np.zeros((number, 3), dtype=np.int64)
    floor = _FLOOR * scales(kinetics, segments)
    values = system.values(animals.rates)
    chosen = len(kinetics.phenotypes), len(kinetics.organs.compartments), MOST_STEPS

    def go(group: slice) -> None:
        volumes = _in_lanes(animals.volumes[group], LANES)
        parameters = _in_lanes(animals.parameters[group].swapaxes(1, 2), LANES)
        run(
            code.rates_block,
            code.jacobian_block,
            (system.transfers, system.places, system.effects, system.factors),
            (steps.plan, system.local, system.local_factors, system.pulls),
            (
                _in_lanes(values[group], LANES),
                volumes,
                1.0 / volumes,
                parameters.reshape(len(parameters), sites * LANES),
            ),
            (
                segments.ends,
                segments.kept,
                segments.given,
                segments.supplied,
                animals.shares[group],
            ),
            (steps.size, reactions, *chosen),
            (tolerance, floor),
            _in_lanes(animals.start[group], LANES),
            (states[group], events[group], report[group]),
        )

    workers = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]  # set when numba loads
    with ThreadPoolExecutor(max_workers=workers) as threads:
        groups = [slice(n, min(n + LANES, number)) for n in range(0, number, LANES)]
        list(threads.map(go, groups))
    by_site = events.reshape(number, kept, reactions, sites).swapaxes(2, 3)
    return states, by_site, report


def _in_lanes(values: Array, lanes: int) -> Array:
    """Return values (animals, ...) with the animals last, the last one repeated up to `lanes`."""
    whole = np.pad(values, [(0, lanes - len(values)), *[(0, 0)] * (values.ndim - 1)], "edge")
    return np.ascontiguousarray(np.moveaxis(whole, 0, -1))


def scales(kinetics: OrganKinetics, segments: Plan) -> Array:
    """Return the amount (size,) of each species that is a lot of it: its scale.

    For what travels all that is given or stands there; for the rest what stands there, or what
    a day would change if all that travels were at one site. Nothing is smaller than 1e-12.
    """
    whole = kinetics.travelling(kinetics.start + segments.infused()[-1]).sum()
    result = np.full(kinetics.size, max(float(whole), 1.0))
    staying = kinetics.staying(result)
    for site, rows in enumerate(kinetics.places):
        volume = kinetics.volumes[site]
        density = kinetics.start[rows] / volume
        travels = [s.role == "phenotype" for s in kinetics.network.species]
        density[travels] = whole / volume
        with np.errstate(all="ignore"):
            rates = np.abs(kinetics.network.rates(density)) * volume
        turnover = (np.abs(kinetics.network.stoichiometry) * rates).max(axis=1, initial=0.0)
        scale = np.maximum(kinetics.start[rows], np.where(np.isfinite(turnover), turnover, 0.0))
        staying[site] = np.maximum(scale[np.logical_not(travels)], 1e-12)
    return result
