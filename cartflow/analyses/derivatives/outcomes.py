"""What a run comes to, of states that may be dual numbers: courses, and numbers at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from cartflow.coupling.coupled import Coupled
from cartflow.coupling.growing.coupled import GrowingCoupled
from cartflow.coupling.state import State
from cartflow.coupling.tangents.direction import System
from cartflow.kinetics.species import Species
from cartflow.pbpk.flows.observables import organ_table

Array = np.ndarray


_VENOUS = "venous"


class Sizes(NamedTuple):
    """What states are measured by: mesh cells' volumes (mm3), storage and depth, and the blood."""

    volumes: Array
    storage: Array
    depth: Array
    blood: Array


class Stacked(NamedTuple):
    """States over time: tumour (times, species, cells), cells in the body (times, compartments).

    `counted` are the accounts' totals over time, by name; `each` the states themselves, by which
    the size of a tumour that grows is told: of dual numbers there are none, since it is not
    differentiated.
    """

    tumour: Array
    body: Array
    counted: Mapping[str, Array]
    each: tuple[State, ...] = ()


def stacked(states: Sequence[State]) -> Stacked:
    """Return what courses are made of, of many states or of their slopes."""
    return Stacked(
        tumour=np.array([state.tumour for state in states]),
        body=np.array([state.body for state in states]).sum(axis=2),
        counted={
            account: np.array([getattr(s.ledger, account) for s in states]).sum(axis=1)
            for account, _ in _COUNTED.values()
        },
        each=tuple(states),
    )


def sizes_of(system: System) -> Sizes:
    """Return the sizes of a system on a line, whose storage never changes."""
    coupled, network = system.coupled, system.coupled.network
    problem = coupled.engine.problem
    blood = 1.0  # where there is none, nothing is divided by it, and it must change with nothing
    if _VENOUS in network.names:
        blood = network.compartments[network.index(_VENOUS)].volume / network.counted_share
    return Sizes(
        volumes=coupled.volumes,
        storage=problem.storage(system.initial),
        depth=problem.geometry.depth,
        blood=np.array(blood),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """Values over time, then `dims`, with their unit and what they are."""

    values: Array
    unit: str
    text: str
    dims: tuple[str, ...] = ()


def courses(coupled: Coupled, states: Stacked, sizes: Sizes) -> dict[str, Course]:
    """Return the courses in time of everything that a run is asked for, by name."""
    rows, problem = coupled.products, coupled.engine.problem
    tumour, body = states.tumour, states.body
    products = tumour[:, rows].sum(axis=1) * sizes.volumes
    members = organ_table(coupled.network).members.sum(axis=1)
    stretches = [coupled.stretch(state) for state in states.each] or [1.0] * len(products)
    depth = np.array(
        [depth_of_share(c, sizes.depth) * s for c, s in zip(products, stretches, strict=True)]
    )
    found = {
        "in_tumour": Course(
            values=products.sum(axis=1), unit="cell", text="product cells in the tumour"
        ),
        "depth": Course(
            values=depth,
            unit="mm",
            text="depth that holds 95 % of the product cells",
        ),
        **_in_blood(coupled, body, sizes),
        "cells": Course(
            values=body @ members.T,
            unit="cell",
            text="product cells in the organ, without a tumour's tissue",
            dims=("organ",),
        ),
    }
    amounts = _amounts(problem.network.species, tumour, sizes)
    return {**_counted(states.counted), **found, **amounts, **_grown(coupled, states.each)}


def _in_blood(coupled: Coupled, body: Array, sizes: Sizes) -> dict[str, Course]:
    """Return the cells in venous blood, where there is any: not in a tumour alone."""
    if _VENOUS not in coupled.network.names:
        return {}
    return {
        "blood_concentration": Course(
            values=body[:, coupled.network.index(_VENOUS)] / sizes.blood,
            unit="cell/mm^3",
            text="product cells in venous blood",
        )
    }


def _grown(coupled: Coupled, states: Sequence[State]) -> dict[str, Course]:
    """Return the size of a tumour that grows, and the radii that are told of it."""
    if not isinstance(coupled, GrowingCoupled):
        return {}
    radius = np.array([coupled.edge * coupled.stretch(state) for state in states])
    inner = [coupled.radii(state) for state in states]
    return {
        "radius": Course(values=radius, unit="mm", text="radius or length of the tumour"),
        **{
            f"radius_{name}": Course(
                values=np.array([each[name] for each in inner]), unit="mm", text=f"{name} radius"
            )
            for name in coupled.growth.levels
        },
    }


_COUNTED = {
    "reached_tumour": ("inflow", "product cells that entered the tumour"),
    "left_tumour": ("egress", "product cells that left the tumour by lymph"),
    "infused": ("infused", "product cells given, with those there at the start"),
    "born": ("born", "product cells born"),
    "died": ("died", "product cells that died or left for good"),
}


def _counted(counted: Mapping[str, Array]) -> dict[str, Course]:
    return {
        name: Course(values=counted[account], unit="cell", text=text)
        for name, (account, text) in _COUNTED.items()
    }


def _amounts(species: Sequence[Species], tumour: Array, sizes: Sizes) -> dict[str, Course]:
    amounts = (sizes.storage * tumour) @ sizes.volumes
    return {
        f"amount_{each.name}": Course(
            values=amounts[:, i],
            unit=each.unit.partition("/mm^3")[0] or each.unit,
            text=f"{each.long_name or each.name} in the tumour",
        )
        for i, each in enumerate(species)
    }


def depth_of_share(cells: Array, depth: Array, share: float = 0.95) -> Array:
    """Return the depth above which `share` of `cells` stay, as `penetration_depth`, of duals too.

    The order of the mesh cells, and between which two of them it is, are those of the real parts.
    """
    total = cells.sum()
    if not total.real > 0:
        return np.asarray(np.nan * total)
    order = np.argsort(depth.real, kind="stable")
    above, depth = np.cumsum(cells[order]) - 0.5 * cells[order], depth[order]
    wanted = share * total
    after = int(np.searchsorted(above.real, wanted.real))
    if after in (0, len(above)):
        return np.asarray(depth[min(after, len(above) - 1)])
    one, two = above[after - 1], above[after]
    return np.asarray(
        depth[after - 1] + (wanted - one) / (two - one) * (depth[after] - depth[after - 1])
    )


def ends(courses: Mapping[str, Course]) -> dict[str, Course]:
    """Return what `courses` come to at the end, and the highest of cells in blood and tumour."""
    last = {name: replace(each, values=each.values[-1]) for name, each in courses.items()}
    for name in {"in_tumour", "blood_concentration"} & courses.keys():
        values = courses[name].values
        highest = values[int(np.argmax(values.real))]
        text = f"{courses[name].text}, the most at any saved time"
        last[f"peak_{name}"] = replace(courses[name], values=highest, text=text)
    return last
