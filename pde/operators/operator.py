"""All fields' transport at one state, stacked for the compiled loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cartflow.pde.operators.crossings import Crossing
from cartflow.pde.operators.transport import FieldTransport, drift, field_transport, steady
from cartflow.pde.problem import Problem

Array = np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Operator:
    """Transport at one state: everything is per species, then per cell or interior face.

    `exchange` = A D/d and `flow` = A v (mm^3/day); `gain` (amount/mm^3/day) and `loss` (1/day of
    u, egress included) are what boundaries and sources do; `crossed` tells them apart.
    """

    storage: Array
    exchange: Array
    flow: Array
    gain: Array
    loss: Array
    crossed: tuple[tuple[int, Crossing], ...]


class Operators:
    """Makes the `Operator` of a state, and works out once what never changes."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        faces = problem.geometry.connectivity
        self._conductance = faces.conductances
        self._areas = faces.areas
        start = np.ones((len(problem.fields), problem.geometry.size))
        self._storage = (
            np.ascontiguousarray(problem.storage(start)) if problem.tissue.matrix is None else None
        )
        self._steady: dict[int, FieldTransport] = {
            i: field_transport(problem, i, start, problem.storage(start))
            for i, item in enumerate(problem.fields)
            if steady(problem, item)
        }
        self._drifts = any(item.chemotaxis is not None for item in problem.fields)
        self._always: Operator | None = None
        if len(self._steady) == len(problem.fields):
            self._always = self._make(start)

    def storage(self, state: Array) -> Array:
        """Return the storage per species and cell at the matrix of `state`."""
        return self._problem.storage(state) if self._storage is None else self._storage

    def densities(self, amounts: Array) -> Array:
        """Return u from amounts per mm^3 of tissue; the matrix, which sets the storage, is both."""
        return amounts / self.storage(amounts)

    def at(self, state: Array) -> Operator:
        """Return the operator at `state` (species, cells), in densities."""
        if self._always is None:
            return self._make(state)
        if not self._drifts:
            return self._always
        known = self._always
        return Operator(
            storage=known.storage,
            exchange=known.exchange,
            flow=self._flow(state),
            gain=known.gain,
            loss=known.loss,
            crossed=known.crossed,
        )

    def _make(self, state: Array) -> Operator:
        problem, storage = self._problem, self.storage(state)
        exchange = np.zeros((len(state), self._areas.size))
        gain, loss = np.zeros_like(state), np.zeros_like(state)
        crossed: list[tuple[int, Crossing]] = []
        for i, item in enumerate(problem.fields):
            moving = self._steady.get(i) or field_transport(problem, i, state, storage)
            if item.mobile:
                exchange[i] = self._conductance * moving.diffusivity
            for crossing in moving.crossed:
                gain[i] += crossing.gain
                loss[i] += crossing.loss
                crossed.append((i, crossing))
            if problem.travels[i]:
                loss[i] += problem.egress_at(state)
        if problem.infusion is not None:
            gain += problem.infusion
        return Operator(
            storage=storage,
            exchange=exchange,
            flow=self._flow(state),
            gain=gain,
            loss=loss,
            crossed=tuple(crossed),
        )

    def _flow(self, state: Array) -> Array:
        flow = np.zeros((len(state), self._areas.size))
        for i, item in enumerate(self._problem.fields):
            velocity = drift(self._problem, item, state)
            if velocity is not None:
                flow[i] = self._areas * velocity
        return flow
