"""Formulas broken on purpose: each must make the case that guards it fail.

``python -m cartflow.validation.numerics.mutations [NAME ...]`` runs the quick case of each with the
one formula replaced, prints which check noticed, and exits 1 if none did.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from cartflow.core.outcome import require_known
from cartflow.validation.book.cases import chosen
from cartflow.validation.book.run import TO_ITS_END, run_cases

Function = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One formula of the package, `breaks` what is wrong with it, and the case that must fail.

    `target` is ``module:name`` or ``module:Class.name`` below cartflow; `wrap` makes the wrong
    function from the right one.
    """

    name: str
    breaks: str
    case: str
    target: str
    wrap: Callable[[Function], Function]


@contextmanager
def applied(mutation: Mutation) -> Iterator[None]:
    """Break the formula while the block runs."""
    module, _, path = mutation.target.partition(":")
    owner: Any = import_module(f"cartflow.{module}")
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    right = getattr(owner, name)
    setattr(owner, name, mutation.wrap(right))
    try:
        yield
    finally:
        setattr(owner, name, right)


def noticed(mutation: Mutation) -> list[str]:
    """Return the checks of the guarding case that fail with the formula broken.

    A case that stops with an error has measured nothing, so that does not count.
    """
    with applied(mutation):
        ran = run_cases(chosen([mutation.case], "quick"), "quick")
    failed = [check.name for item in ran for check in item.result.checks if not check.passed]
    return [name for name in failed if name != TO_ITS_END]


def times(factor: float) -> Callable[[Function], Function]:
    """Return what multiplies a function's result."""
    return lambda right: lambda *given, **named: factor * right(*given, **named)


def _root(right: Function) -> Function:
    return lambda *given: np.sqrt(right(*given))


def _squared_shells(right: Function) -> Function:
    """FiPy's own volumes of shells, r^2 dr, in place of the difference of cubes."""

    def wrong(**named: Any) -> Any:
        if named["name"] == "ball":
            edges = named["edges"]
            middles = 0.5 * (edges[1:] + edges[:-1])
            named["volumes"] = 4.0 * np.pi * middles**2 * np.diff(edges)
        return right(**named)

    return wrong


def _in_full(right: Function) -> Function:
    return lambda *given: (np.ones_like(shares) for shares in right(*given))


def _without_two_pi(right: Function) -> Function:
    def wrong(*given: Any) -> Any:
        areas, volumes = right(*given)
        return areas / (2.0 * np.pi), volumes

    return wrong


def _without(entry: str) -> Callable[[Function], Function]:
    """Return what sets one entry of a step's account to nothing."""

    def wrap(right: Function) -> Function:
        def wrong(*given: Any) -> Any:
            account = right(*given)
            return replace(account, **{entry: 0.0 * getattr(account, entry)})

        return wrong

    return wrap


def _without_key(key: str) -> Callable[[Function], Function]:
    """Return a function that takes one entry out of the table that another returns."""

    def wrap(right: Function) -> Function:
        def wrong(*args: Any) -> Any:
            return {name: value for name, value in right(*args).items() if name != key}

        return wrong

    return wrap


def _no_arc(source: str, target: str) -> Callable[[Function], Function]:
    """Return what forgets one way from compartment to compartment."""

    def wrap(right: Function) -> Function:
        def wrong(arcs: Any, a: str, b: str, rate: float) -> None:
            if (a, b) != (source, target):
                right(arcs, a, b, rate)

        return wrong

    return wrap


def _volume(name: str, factor: float) -> Callable[[Function], Function]:
    """Return what gives one compartment a wrong volume."""

    def wrap(right: Function) -> Function:
        def wrong(arcs: Any, place: str, organ: str, space: str, volume: float) -> None:
            right(arcs, place, organ, space, volume * (factor if place == name else 1.0))

        return wrong

    return wrap


def _more_diffusion(right: Function) -> Function:
    def wrong(*given: Any) -> Any:
        moving = right(*given)
        return replace(moving, diffusivity=2.0 * moving.diffusivity)

    return wrong


def _of_tissue(right: Function) -> Function:
    return lambda network: np.zeros_like(right(network))


def _full_storage(right: Function) -> Function:
    return lambda problem, state: np.ones_like(right(problem, state))


_DIFFUSIVITY = "pde.problem:Problem.place_diffusivity"
_DRIFT = "pde.chemotaxis:Chemotaxis.face_velocity"
_ACCOUNT = "pde.extents:Extents.account"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="twice_d_fisher",
        breaks="a factor 2 in D",
        case="fisher_kpp",
        target=_DIFFUSIVITY,
        wrap=times(2.0),
    ),
    Mutation(
        name="porous_d",
        breaks="D(u) at half of its value",
        case="pushed_fronts",
        target="pde.problem:DensityDependence.factor",
        wrap=times(0.5),
    ),
    Mutation(
        name="hindrance_root",
        breaks="1/lambda in place of 1/lambda^2",
        case="tortuosity",
        target="pde.hindrance:Hindrance.factor",
        wrap=_root,
    ),
    Mutation(
        name="shell_volumes",
        breaks="volumes of shells as r^2 dr",
        case="depth",
        target="geometries.shapes.ball:row_of_cells",
        wrap=_squared_shells,
    ),
    Mutation(
        name="twice_d_orders",
        breaks="a factor 2 in D",
        case="orders",
        target=_DIFFUSIVITY,
        wrap=times(2.0),
    ),
    Mutation(
        name="drift_sign",
        breaks="cells flee the attractant",
        case="orders",
        target=_DRIFT,
        wrap=times(-1.0),
    ),
    Mutation(
        name="staircase",
        breaks="the area of every face of a voxel counted in full",
        case="surfaces",
        target="geometries.voxels.rim:face_shares",
        wrap=_in_full,
    ),
    Mutation(
        name="shallow",
        breaks="depth in a mask as nine tenths of the distance to the surface",
        case="surfaces",
        target="geometries.voxels.geometry:depths",
        wrap=times(0.9),
    ),
    Mutation(
        name="faces_of_planes",
        breaks="what a plane leaves of a voxel's face as the root of it",
        case="surfaces",
        target="geometries.partial.planes:_area",
        wrap=_root,
    ),
    Mutation(
        name="cylinder_areas",
        breaks="areas of cylinders as r L",
        case="surfaces",
        target="geometries.shapes.cylinder:_areas_and_volumes",
        wrap=_without_two_pi,
    ),
    Mutation(
        name="egress_lost",
        breaks="what leaves the tumour never reaches the nodes",
        case="conservation",
        target=_ACCOUNT,
        wrap=_without("egress"),
    ),
    Mutation(
        name="births_uncounted",
        breaks="divisions are not entered in the ledger",
        case="conservation",
        target=_ACCOUNT,
        wrap=_without("born"),
    ),
    Mutation(
        name="handed_over_halved",
        breaks="half of what leaves the vessels reaches the tissue",
        case="conservation",
        target="coupling.door:Door.deliver",
        wrap=times(0.5),
    ),
    Mutation(
        name="lymph_return",
        breaks="the nodes give nothing back to the veins",
        case="organ_network",
        target="pbpk.flows.arcs:Arcs.arc",
        wrap=_no_arc("lymph", "venous"),
    ),
    Mutation(
        name="spleen_loss",
        breaks="the spleen's blood passes by the liver",
        case="organ_network",
        target="pbpk.flows.arcs:Arcs.arc",
        wrap=_no_arc("spleen_vascular", "liver_vascular"),
    ),
    Mutation(
        name="venous_volume",
        breaks="venous blood of 1.01 times its volume",
        case="organ_network",
        target="pbpk.flows.arcs:Arcs.place",
        wrap=_volume("venous", 1.01),
    ),
    Mutation(
        name="extravascular",
        breaks="lymph that empties 1.05 times the organ less its vessels",
        case="organ_network",
        target="pbpk.trafficking:Trafficking.extravascular",
        wrap=times(1.05),
    ),
    Mutation(
        name="portal_blood",
        breaks="blood of the gut does not reach a tumour in the liver",
        case="bodies:tumours",
        target="pbpk.flows.arcs:Arcs.arc",
        wrap=_no_arc("gut_vascular", "tumour_vascular"),
    ),
    Mutation(
        name="published_flow",
        breaks="a published tumour with the default's flow",
        case="bodies:tumours",
        target="pbpk.flows.tumour_like:published_vessels",
        wrap=_without_key("plasma_flow"),
    ),
    Mutation(
        name="solute_storage",
        breaks="a solute stored in all tissue, not in its pores",
        case="independent_solver",
        target="pde.problem:Problem.storage",
        wrap=_full_storage,
    ),
    Mutation(
        name="pores_forgotten",
        breaks="what solutes do among themselves counted per tissue",
        case="independent_solver",
        target="pde.problem:in_pores",
        wrap=_of_tissue,
    ),
    Mutation(
        name="film",
        breaks="a film that lets pass 1.05 times as much",
        case="independent_solver",
        target="pde.operators.crossings:conductance",
        wrap=times(1.05),
    ),
    Mutation(
        name="one_engine",
        breaks="a factor 2 in D at the faces of one engine alone",
        case="engines_agree",
        target="pde.operators.operator:field_transport",
        wrap=_more_diffusion,
    ),
)


def main(names: Sequence[str]) -> int:
    """Run the mutations called `names`, or all; return 0 if every one is noticed."""
    for name in names:
        require_known(name, [m.name for m in MUTATIONS], "mutation")
    missed = 0
    for mutation in MUTATIONS:
        if names and mutation.name not in names:
            continue
        checks = noticed(mutation)
        missed += not checks
        found = f"{len(checks)} checks fail, first: {checks[0]}" if checks else "NOT NOTICED"
        print(f"{mutation.name:20} {mutation.case:20} {mutation.breaks}: {found}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
