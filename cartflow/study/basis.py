"""What a study rests on: every number that its run uses, and the works that they are from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cartflow.core.bibliography import references
from cartflow.core.parameters import Parameter
from cartflow.study.bodies import size_references
from cartflow.study.circulating import circulating_parameters
from cartflow.study.composition import Composition
from cartflow.study.sites import site_parameters


def all_parameters(study: Composition, stated: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return every number that the study's run uses, of which it states some, by dotted key."""
    found = {**stated, **study.organs.parameters}
    found |= circulating_parameters(study.table.circulating, study.circulating)
    if study.table.organs and study.organ_kinetics is not None:
        found |= site_parameters(study.table.organs, study.organ_kinetics, study.models.network)
        found |= study.models.organ_numbers()
    for name, one in study.tumours.items():
        own = {**_of_kinetics(one), **_egress_used(one)}
        found |= {f"tumours.{name}.{k.removeprefix('tumour.')}": p for k, p in own.items()}
    if study.table.tumour is None:
        return found
    return {**found, **_of_kinetics(study), **_egress_used(study)}


def _of_kinetics(study: Composition) -> dict[str, Parameter]:
    """Return the numbers of a tumour's kinetics models, by dotted key."""
    numbers = {**study.kinetics.described_parameters(), **study.tumour_model.numbers()}
    return {f"kinetics.{k}": p for k, p in numbers.items()}


def all_references(
    study: Composition, parameters: Mapping[str, Parameter], more: Sequence[str] = ()
) -> list[str]:
    """Return the bibliography keys of everything that the study rests on, `more` among it."""
    sources = {p.source for p in parameters.values()}
    named = {*study.table.references, *more, *size_references(study.table.body, study.dosed_body)}
    if study.organ_kinetics is not None:
        named |= set(study.organ_kinetics.network.references)
    for one in study.tumours.values():
        named |= {*one.kinetics.references, "guyer2009"}
    if study.table.tumour is not None:
        named |= {*study.kinetics.references, "guyer2009"}
    return references({*sources, *named} - {"study", "assumed"})


def _egress_used(study: Composition) -> dict[str, Parameter]:
    """Return the rate of egress that follows from the lymph flow, where none is given."""
    if study.table.tumour_alone and study.fed is None:
        return {}
    used = study.vessels()
    if used.egress_rate is not None:
        return {}
    rate = study.organs.egress_rate
    derived = Parameter(
        value=rate,
        unit="1/day",
        stated=f"{rate:g} 1/day",
        source=used.lymph_fraction.source,
        standing="derived",
        note="lymph flow / (interstitial volume x retention), with the model's lymph factor",
    )
    return {"tumour.egress_rate": derived}
