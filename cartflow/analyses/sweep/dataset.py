"""The dataset of a sweep: outcomes along labelled dimensions, with units and sources."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import xarray as xr

from cartflow.analyses.sweep.axes import Axis
from cartflow.analyses.sweep.choices import Choice
from cartflow.analyses.sweep.ensemble import with_chances
from cartflow.analyses.sweep.gathered import Gathered
from cartflow.analyses.sweep.layout import Layout
from cartflow.analyses.sweep.of_population import KIND as KIND_OF_MEMBERS
from cartflow.analyses.sweep.of_population import bodies_of
from cartflow.analyses.sweep.plan import MEMBER, Plan, number_name
from cartflow.analyses.sweep.whole import Results
from cartflow.core.dataset import identifier, label, without_fill
from cartflow.core.provenance import installed_version
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import internal_unit
from cartflow.core.units.udunits import unit_words
from cartflow.study.overrides import without_folders

Array = np.ndarray
KIND = "sweep"


def sweep_dataset(
    plan: Plan,
    layout: Layout,
    members: Gathered,
    attributes: Mapping[str, str | int],
    results: Results | None = None,
) -> xr.Dataset:
    """Return the outcomes of all members, nan and the reason in ``status`` where one failed.

    The values of an axis are in the unit they were given in; all else is in mm, day, cell and ng.
    Where whole `results` are kept, ``result`` names their files.
    """
    dims = tuple(axis.name for axis in plan.axes)
    data = {
        name: xr.Variable(
            (*dims, *like.dims),
            members.values[name].reshape(*plan.shape, *layout.shape(name)),
            like.attrs,
        )
        for name, like in layout.variables.items()
    }
    status = np.array(members.status, dtype=object)
    data["status"] = label(dims, status.reshape(plan.shape).tolist(), "how the member ended")
    if results is not None:
        files = np.array(results.names(), dtype=object).reshape(plan.shape).tolist()
        data["result"] = label(dims, files, "file of the member's whole result")
        attributes = {**attributes, "results": results.folder.name}
    coords = dict(layout.coordinates)
    for axis in plan.axes:
        own, beside = _coordinates(axis, plan)
        coords |= own
        data |= beside
    words = f"a sweep of {plan.in_words()}"
    if attributes.get("members") == KIND_OF_MEMBERS:
        data |= bodies_of(plan)
        words = f"a population of {plan.count}" if dims == (MEMBER,) else words
    study = plan.study
    attrs = {
        "Conventions": "CF-1.11",
        "title": f"{study.table.title}: {words}",
        "analysis": KIND,
        "source": f"cartflow {installed_version('cartflow')}",
        "study": study.text,
        "settings": json.dumps(without_folders(study.settings), default=str),
        "axes": " ".join(dims),
        **attributes,
    }
    return without_fill(with_chances(xr.Dataset(data, coords=coords, attrs=attrs)))


def _coordinates(axis: Axis, plan: Plan) -> tuple[dict[str, xr.Variable], dict[str, xr.Variable]]:
    """Return the coordinate of an axis, and what else varies along it."""
    numbered = axis.name == MEMBER or (axis.labels is None and len(axis.choices) > 1)
    if axis.labels is None and not numbered:
        return {axis.name: _column(axis.name, axis.choices[0], plan)}, {}
    if axis.labels is not None:
        own = label((axis.name,), list(axis.labels), axis.name)
    else:
        own = xr.Variable((axis.name,), np.arange(axis.size), {"long_name": axis.name})
    beside = {identifier(each.key): _column(axis.name, each, plan) for each in axis.choices}
    return {axis.name: own}, beside


def _column(dim: str, each: Choice, plan: Plan) -> xr.Variable:
    if each.numbers is None:
        names = [
            str(value).lower() if isinstance(value, bool) else value for value in each.settings
        ]
        found = label((dim,), names, each.key)
        found.attrs |= _of_study(each, plan)
        return found
    attrs = {"units": unit_words(each.unit), "long_name": each.key, "unit_as_given": each.unit}
    return xr.Variable((dim,), np.array(each.numbers), {**attrs, **_of_study(each, plan)})


def _of_study(each: Choice, plan: Plan) -> dict[str, str | float]:
    """Return the value in the study itself, with its source, and the key that varies."""
    name = number_name(each.key)
    own = plan.numbers.get(name) or plan.study.stated.get(each.key)
    found: dict[str, str | float] = {"key": each.key, **each.said}
    if own is None:
        return found
    found |= {
        "stated_in_study": own.stated,
        "source_in_study": own.source,
        "standing_in_study": own.standing,
    }
    if each.numbers is not None and internal_unit(each.unit) == own.unit:
        found["value_in_study"] = own.value / to_internal(f"1 {each.unit}", own.unit)
    return found
