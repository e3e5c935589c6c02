"""The arrays of a coupled system on a line."""

from __future__ import annotations

import numpy as np

from cartflow.core.entries import entries_of
from cartflow.coupling.coupled import Coupled
from cartflow.coupling.feed import line_rates
from cartflow.coupling.line.arrays import Body, Crossings, Drift, Kinetics, Mesh, Plan
from cartflow.kinetics.compiled.network import addresses, compiled
from cartflow.pde.operators.crossings import Crossing
from cartflow.pde.operators.operator import Operators
from cartflow.pde.operators.transport import steady
from cartflow.pde.problem import Problem

Array = np.ndarray

LAWS = ("linear", "logarithmic", "receptor")


def on_a_line(problem: Problem) -> bool:
    """Return whether a problem is on a line of cells, with transport that never changes."""
    # The faces of many cells, which take more memory than all else, are not asked for elsewhere.
    if not problem.geometry.in_row:
        return False
    faces = problem.geometry.connectivity
    places = np.arange(faces.owner.size)
    joined = np.array_equal(faces.owner, places) and np.array_equal(faces.neighbour, places + 1)
    return joined and all(steady(problem, item) for item in problem.fields)


def plan(coupled: Coupled) -> Plan:
    """Return the arrays of a coupled system `on_a_line`."""
    problem = coupled.engine.problem
    return _with_body(problem, body_of(coupled, problem.egress))


def plan_alone(problem: Problem) -> Plan:
    """Return the arrays of a problem `on_a_line` by itself: one compartment gathers its egress."""
    products, rates = np.flatnonzero(problem.network.is_product), np.zeros((1, 1))
    body = Body(
        rates=rates,
        links=entries_of(rates),
        onward=np.zeros(1),
        products=products.astype(np.int64),
        arrival=np.zeros(problem.geometry.size),
        egress=_plain(problem.travels[products, None] * problem.egress),
        node=0,
    )
    return _with_body(problem, body)


def _with_body(problem: Problem, body: Body) -> Plan:
    operator = Operators(problem).at(np.ones((len(problem.fields), problem.geometry.size)))
    return Plan(
        mesh=_mesh(problem, operator.storage, operator.exchange, operator.gain, operator.loss),
        drift=_drift(problem),
        kinetics=_kinetics(problem, operator.storage),
        body=body,
        crossings=_crossings(problem, operator.crossed),
    )


def body_of(coupled: Coupled, egress: Array) -> Body:
    """Return the arrays of a system's body, whose lymph takes cells at the rates `egress`."""
    problem, network = coupled.engine.problem, coupled.network
    rates = line_rates(network, coupled.feed)
    return Body(
        rates=rates,
        links=entries_of(rates),
        onward=_plain(rates[network.index("handed_over")]),
        products=np.asarray(coupled.products, dtype=np.int64),
        arrival=_plain(coupled.door.arrival),
        egress=_plain(problem.travels[coupled.products, None] * egress),
        node=network.draining,
    )


def _mesh(problem: Problem, storage: Array, exchange: Array, gain: Array, loss: Array) -> Mesh:
    faces, volumes = problem.geometry.connectivity, _plain(problem.geometry.cell_volumes)
    return Mesh(
        volumes=volumes,
        areas=_plain(faces.areas),
        before=_plain(faces.owner_distance),
        after=_plain(faces.neighbour_distance),
        storage=_plain(storage),
        held=_plain(storage * volumes),
        exchange=_plain(exchange),
        gain=_plain(gain),
        loss=_plain(loss),
    )


def _crossings(problem: Problem, crossed: tuple[tuple[int, Crossing], ...]) -> Crossings:
    volumes = problem.geometry.cell_volumes
    gains = np.array([c.gain for _, c in crossed]).reshape(len(crossed), volumes.size)
    losses = np.array([c.loss for _, c in crossed]).reshape(len(crossed), volumes.size)
    place, cell = np.ascontiguousarray(entries_of((gains != 0.0) | (losses != 0.0)).T)
    return Crossings(
        species=np.array([i for i, _ in crossed], dtype=np.int64),
        apart=np.array([c.apart for _, c in crossed], dtype=np.bool_),
        place=place,
        cell=cell,
        gain=_plain((gains * volumes)[place, cell]),
        loss=_plain((losses * volumes)[place, cell]),
    )


def _drift(problem: Problem) -> Drift:
    drifts = [item.chemotaxis for item in problem.fields]
    names = [item.name for item in problem.fields]
    return Drift(
        attractant=np.array([-1 if d is None else names.index(d.attractant) for d in drifts]),
        law=np.array([0 if d is None else LAWS.index(d.law) for d in drifts]),
        sensitivity=np.array([0.0 if d is None else d.sensitivity for d in drifts]),
        half_saturation=np.array([0.0 if d is None else d.half_saturation for d in drifts]),
        ceiling=np.array([np.inf if d is None else d.maximal_speed for d in drifts]),
    )


def _kinetics(problem: Problem, storage: Array) -> Kinetics:
    network = problem.network
    code, values = addresses(network), compiled(network)
    weight = np.ones((len(network.reactions), problem.geometry.size))
    pores = np.flatnonzero(problem.in_pores)
    if pores.size:
        weight[pores] = storage[np.flatnonzero(problem.solutes)[0]]
    return Kinetics(
        rates=code.rates,
        slopes=code.jacobian,
        parameters=_plain(np.append(values.parameters, 0.0)),
        stoichiometry=_plain(network.stoichiometry),
        weight=weight,
        driven=entries_of(values.pattern),
    )


def _plain(values: Array) -> Array:
    return np.array(values, dtype=np.float64, order="C")
