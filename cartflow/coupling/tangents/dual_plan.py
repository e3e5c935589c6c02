"""The arrays of a system on a line as dual numbers, for all directions at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cartflow.core.compiling import serial
from cartflow.core.dual import SMALL
from cartflow.coupling.line.arrays import Body, Crossings, Drift, Kinetics, Mesh, Plan
from cartflow.coupling.line.ways import links_of
from cartflow.kinetics.compiled.network import Addresses

Array = np.ndarray


def smooth(plan: Plan) -> tuple[Array, ...]:
    """Return the arrays of a plan that may change smoothly with a number of a study."""
    mesh, drift, body = plan.mesh, plan.drift, plan.body
    return (
        *mesh,
        drift.sensitivity,
        drift.half_saturation,
        drift.ceiling,
        plan.kinetics.parameters,
        plan.kinetics.weight,
        body.rates,
        body.onward,
        body.arrival,
        body.egress,
        plan.crossings.gain,
        plan.crossings.loss,
    )


def fixed(plan: Plan) -> tuple[Array | int, ...]:
    """Return what of a plan is its structure."""
    return (
        plan.drift.attractant,
        plan.drift.law,
        plan.kinetics.rates,
        plan.kinetics.stoichiometry,
        plan.kinetics.driven,
        plan.body.products,
        plan.body.node,
        plan.crossings.species,
        plan.crossings.apart,
        plan.crossings.place,
        plan.crossings.cell,
    )


def dual_plans(plan: Plan, slopes: Sequence[Sequence[Array]], code: Addresses) -> Plan:
    """Return `plan` with its smooth arrays as dual numbers, directions first.

    `slopes` are those of `smooth(plan)` in each direction; `code` works out rates of dual numbers.
    """
    columns = zip(smooth(plan), *slopes, strict=True)
    found = [np.stack([value + 1j * SMALL * d for d in each]) for value, *each in columns]
    mesh, rest = Mesh(*found[: len(Mesh._fields)]), found[len(Mesh._fields) :]
    sensitivity, half, ceiling, parameters, weight, rates, onward, arrival, egress, gain, loss = (
        rest
    )
    return Plan(
        mesh=mesh,
        drift=plan.drift._replace(sensitivity=sensitivity, half_saturation=half, ceiling=ceiling),
        kinetics=plan.kinetics._replace(
            rates=code.rates, slopes=code.jacobian, parameters=parameters, weight=weight
        ),
        body=Body(
            rates=rates,
            # A way that there is not may come with a number.
            links=links_of(np.abs(rates).max(axis=0)),
            onward=onward,
            products=plan.body.products,
            arrival=arrival,
            egress=egress,
            node=plan.body.node,
        ),
        crossings=plan.crossings._replace(gain=gain, loss=loss),
    )


@serial
def direction(plans: Plan, q: int) -> Plan:
    """Return the plan of direction `q` of `dual_plans`."""
    m, d, k, b, c = plans.mesh, plans.drift, plans.kinetics, plans.body, plans.crossings
    return Plan(
        Mesh(
            m.volumes[q],
            m.areas[q],
            m.before[q],
            m.after[q],
            m.storage[q],
            m.held[q],
            m.exchange[q],
            m.gain[q],
            m.loss[q],
        ),
        Drift(d.attractant, d.law, d.sensitivity[q], d.half_saturation[q], d.ceiling[q]),
        Kinetics(k.rates, k.slopes, k.parameters[q], k.stoichiometry, k.weight[q], k.driven),
        Body(b.rates[q], b.links, b.onward[q], b.products, b.arrival[q], b.egress[q], b.node),
        Crossings(c.species, c.apart, c.place, c.cell, c.gain[q], c.loss[q]),
    )
