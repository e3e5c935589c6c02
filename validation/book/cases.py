"""The list of cases: what `cartflow validate` runs, in the order in which the report reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from cartflow.core.outcome import require_known
from cartflow.validation.book.case import CaseResult, Scope
from cartflow.validation.book.names import (
    BODIES,
    LONGER_MODELS,
    LONGER_SOURCES,
    PUBLISHED_MODELS,
    RECOMPUTED_MODELS,
    kinetics_title,
    source_models,
    source_title,
)

Group = Literal["code verification", "calculation verification", "validation"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the list: a case's name, what it is evidence for, and where it is written.

    `quick` says whether ``--quick`` runs it. `module` has the function `case`, called with the
    scope and, where the name has a colon, with what stands behind it.
    """

    name: str
    group: Group
    module: str
    title: str
    quick: bool = True

    def run(self, scope: Scope) -> CaseResult:
        """Return the case's result; its module is imported only now."""
        function: Any = import_module(f"cartflow.validation.{self.module}").case
        subject = self.name.partition(":")[2]
        result: CaseResult = function(scope, subject) if subject else function(scope)
        return result


def _kinetics(models: Iterable[str], group: Group) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            name=f"kinetics:{model}",
            group=group,
            module="kinetics.case",
            title=kinetics_title(model),
            quick=model not in LONGER_MODELS,
        )
        for model in models
    )


CASES: tuple[Entry, ...] = (
    Entry(
        name="fisher_kpp",
        group="code verification",
        module="fronts.fisher_kpp",
        title="Fisher-KPP: how fast cells that spread and divide advance",
    ),
    Entry(
        name="pushed_fronts",
        group="code verification",
        module="fronts.pushed_fronts",
        title="Pushed fronts: speeds known exactly",
    ),
    Entry(
        name="model_fronts",
        group="code verification",
        module="fronts.model_fronts",
        title="Fronts of the shipped kinetics models",
    ),
    Entry(
        name="patterns",
        group="code verification",
        module="fronts.patterns",
        title="Patterns: three diffusivities, 1 to 100",
    ),
    Entry(
        name="tortuosity",
        group="code verification",
        module="transport.tortuosity",
        title="Tortuosity and porosity: what the tissue takes off",
    ),
    Entry(
        name="depth",
        group="code verification",
        module="transport.depth",
        title="Depth, and how long it takes",
    ),
    Entry(
        name="orders",
        group="code verification",
        module="numerics.orders",
        title="Orders of accuracy in space and time",
    ),
    Entry(
        name="surfaces",
        group="code verification",
        module="surfaces.case",
        title="Surfaces: what fluxes act on",
    ),
    Entry(
        name="conservation",
        group="code verification",
        module="numerics.conservation",
        title="Cells are conserved and never negative",
    ),
    Entry(
        name="door",
        group="code verification",
        module="organs.door",
        title="The door in every body, host and route",
    ),
    Entry(
        name="refused",
        group="code verification",
        module="numerics.refused",
        title="What cannot be is refused",
    ),
    Entry(
        name="organ_network",
        group="code verification",
        module="organs.organ_network",
        title="The organ network against linear algebra",
    ),
    Entry(
        name="organ_kinetics",
        group="code verification",
        module="organs.organ_kinetics",
        title="Kinetics in organs, alone and beside a tumour",
    ),
    Entry(
        name="independent_solver",
        group="code verification",
        module="numerics.independent_solver",
        title="Two studies solved again by other code",
    ),
    *_kinetics(RECOMPUTED_MODELS, "code verification"),
    *(
        Entry(
            name=f"sources:{model}",
            group="code verification",
            module="kinetics.from_sources",
            title=source_title(model),
            quick=model not in LONGER_SOURCES,
        )
        for model in source_models()
    ),
    Entry(
        name="engines_agree",
        group="calculation verification",
        module="numerics.engines_agree",
        title="Two engines, one answer",
    ),
    Entry(
        name="measurements:scratch_assay",
        group="validation",
        module="measurements.case",
        title="Scratch assays: motility and growth of PC-3 cells",
    ),
    Entry(
        name="measurements:killing_assay",
        group="validation",
        module="measurements.case",
        title="Killing assays: CARRGO against xCELLigence wells",
    ),
    Entry(
        name="measurements:tracks",
        group="validation",
        module="measurements.case",
        title="Cell tracks: motility of T cells in node and matrix",
    ),
    Entry(
        name="measurements:spheroids",
        group="validation",
        module="measurements.case",
        title="Spheroids: how deep a nutrient reaches",
    ),
    *_kinetics(PUBLISHED_MODELS, "validation"),
    Entry(
        name="owens_outcomes",
        group="validation",
        module="kinetics.owens_outcomes",
        title="Owens and Bozic 2021: how long CAR T cells may wait",
        quick=False,
    ),
    *(
        Entry(name=f"bodies:{name}", group="validation", module="bodies.case", title=title)
        for name, title in BODIES.items()
    ),
)


def chosen(names: Sequence[str], scope: Scope) -> tuple[Entry, ...]:
    """Return the cases called `names`, or all of `scope` if none is named, in the book's order.

    A name without its colon part stands for all its cases. Raises `InputError` on others.
    """
    if not names:
        return tuple(entry for entry in CASES if entry.quick or scope == "full")
    known = {entry.name for entry in CASES} | {entry.name.partition(":")[0] for entry in CASES}
    for name in names:
        require_known(name, known, "case")
    wanted = set(names)
    return tuple(e for e in CASES if {e.name, e.name.partition(":")[0]} & wanted)
