"""Roles that cells of a tumour seldom have on purpose."""

from __future__ import annotations

from cartflow.study.composition import Composition
from cartflow.study.schema import StudyTable


def role_hints(study: Composition) -> list[str]:
    """Return what to ask of phenotypes that stand in the tumour at the start and in no dose.

    Where another phenotype is dosed they are likely the tumour's own cells, which then count as
    product and leave with the lymph.
    """
    table = study.table
    if table.tumour is None or table.tumours or not table.doses:
        return []
    phenotypes = [s for s in study.kinetics.species if s.role == "phenotype"]
    dosed = _dosed(table, phenotypes[0].name if phenotypes else "")
    left = [s.name for s in phenotypes if s.name not in dosed and _starts(table, s.name, s.initial)]
    rate = study.organs.egress_rate
    if not left or not rate > 0:
        return []
    name = left[0]
    return [
        f"{name} is a phenotype that stands in the tumour at the start and is in no dose: it "
        f"counts as product, and leaves with the lymph at {rate:.3g}/day; the role of a tumour's "
        "own cells is resident"
    ]


def _dosed(table: StudyTable, first: str) -> set[str]:
    named: set[str] = set()
    for dose in table.doses:
        named |= set(dose.shares or [dose.phenotype or first])
    return named


def _starts(table: StudyTable, name: str, initial: float) -> bool:
    own = table.fields.get(name)
    if own is None or own.initial is None:
        return initial > 0
    return not str(own.initial).strip().startswith(("0 ", "0.0 "))
