"""Regions of a study that follow fields: ``where = "tumour > 1e4 cells/mm^3"``, read, never run."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from cartflow.core.outcome import InputError, named, require_known
from cartflow.core.parameters import Parameter, parameter
from cartflow.geometries.geometry import Geometry
from cartflow.kinetics.network import Network
from cartflow.pde.following import FollowingRegion, Threshold
from cartflow.study.schema import StudyTable, TumourTable
from cartflow.study.tables.fields import MovingRegionTable

_LONGEST = 300
_MOST_TERMS = 16
_CLAUSE = re.compile(r"(\w{1,64})\s*([<>])\s*([^<>=]{1,100})")
_WIDTH = 0.2


def following_regions(
    tables: Mapping[str, MovingRegionTable], geometry: Geometry, network: Network, file: str
) -> tuple[tuple[FollowingRegion, ...], dict[str, Parameter]]:
    """Return the regions that follow fields, and the numbers in them by dotted key.

    Raises `InputError`, one line that names file and key.
    """
    regions: list[FollowingRegion] = []
    numbers: dict[str, Parameter] = {}
    for name, table in tables.items():
        key = f"{file}: regions.{name}"
        if not name.isidentifier() or name in geometry.regions or name in network.species_names:
            taken = "a name made of letters, digits and underscores that no region of the geometry "
            msg = f"{key}: needed is {taken}({', '.join(geometry.regions)}) and no field has"
            raise InputError(msg)
        require_known(table.within, geometry.regions, f"{key}.within")
        width = _WIDTH if table.width is None else table.width.value
        terms, found = _terms(table.where, width, network, f"{key}.where")
        within = geometry.region(table.within).astype(float)
        regions.append(FollowingRegion(name=name, within=within, terms=terms))
        numbers |= {f"regions.{name}.where.{i}": number for i, number in enumerate(found)}
        if table.width is not None:
            numbers[f"regions.{name}.width"] = table.width
    return tuple(regions), numbers


def refuse_idle(tumour: TumourTable, table: StudyTable) -> None:
    """Raise `InputError` on a region that follows a field and is named by nothing."""
    used = {tumour.region, tumour.egress_region}
    used |= {region for item in table.fields.values() for region in item.regions}
    for name in table.regions:
        if name not in used and tumour.injection_region != name:
            msg = f"regions.{name}: has no effect; tumour.region, tumour.egress_region or "
            raise InputError(msg + "[fields.NAME.regions] may name it")


def with_fixed_regions(tumour: TumourTable, table: StudyTable) -> TumourTable:
    """Return a tumour with the fixed regions within which those that follow fields move."""
    regions = table.regions
    named = {key: getattr(tumour, key) for key in ("region", "egress_region")}
    if tumour.injection_region in regions:
        msg = f"tumour.injection_region: '{tumour.injection_region}' follows a field; a dose is "
        raise InputError(msg + "given into a region of the geometry")
    moved = {key: regions[name].within for key, name in named.items() if name in regions}
    return tumour.model_copy(update=moved)


def follows(name: str | None, regions: tuple[FollowingRegion, ...]) -> FollowingRegion | None:
    """Return the region of that name among those that follow fields, if it is one."""
    return next((region for region in regions if region.name == name), None)


def _terms(
    text: str, width: float, network: Network, where: str
) -> tuple[tuple[tuple[Threshold, ...], ...], list[Parameter]]:
    """Return thresholds, joined by `or` of those joined by `and`, and their numbers."""
    if len(text) > _LONGEST:
        msg = f"{where}: {len(text)} characters are more than {_LONGEST}"
        raise InputError(msg)
    numbers: list[Parameter] = []
    terms = []
    for term in re.split(r"\bor\b", text):
        clauses = [
            _clause(part, width, network, where, text) for part in re.split(r"\band\b", term)
        ]
        terms.append(tuple(threshold for threshold, _ in clauses))
        numbers += [number for _, number in clauses]
    if len(numbers) > _MOST_TERMS:
        msg = f"{where}: {len(numbers)} thresholds are more than {_MOST_TERMS}"
        raise InputError(msg)
    return tuple(terms), numbers


def _clause(
    part: str, width: float, network: Network, where: str, text: str
) -> tuple[Threshold, Parameter]:
    found = _CLAUSE.fullmatch(part.strip())
    if found is None:
        msg = f"{where}: '{text}' is not as in \"tumour > 1e4 cells/mm^3\" or "
        raise InputError(msg + '"tumour > 1e4 cells/mm^3 and oxygen < 2 ng/mm^3"')
    name, sign, raw = found.groups()
    require_known(name, network.species_names, where)
    row = network.index(name)
    with named(where):
        number = parameter(raw.strip(), network.species[row].unit)
    if not (number.value > 0 and np.isfinite(number.value)):
        msg = f"{where}: '{number.stated}' must be greater than 0"
        raise InputError(msg)
    above = sign == ">"
    return Threshold(row=row, value=number.value, above=above, width=width), number
