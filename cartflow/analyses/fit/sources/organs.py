"""What a fit of a study knows of organs: cells in each, and how much each weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cartflow.analyses.derivatives.outcomes import Course
from cartflow.pbpk.flows.network import OrganNetwork
from cartflow.pbpk.flows.observables import organ_table
from cartflow.study.study import Study

_DENSITY = 1e6  # ng of tissue in a mm3: 1 g per mL


def by_organ(found: Mapping[str, Course], network: OrganNetwork) -> dict[str, Course]:
    """Return courses, those by organ each under a name of its own."""
    result: dict[str, Course] = {}
    organs = organ_table(network).organs
    for name, each in found.items():
        if each.dims == ("organ",):
            for k, organ in enumerate(organs):
                result[f"{name}_{organ}"] = replace(each, values=each.values[:, k], dims=())
        else:
            result[name] = each
    return result


def masses(study: Study, times: int) -> dict[str, Course]:
    """Return the mass of each organ of the study's body, with its blood, at 1 g per mL."""
    if study.table.body is None or study.table.tumour_alone:
        return {}
    organs = study.body.organs
    return {
        f"mass_{name}": Course(
            values=np.full(times, _DENSITY * organ.volume.value), unit="ng", text=f"mass of {name}"
        )
        for name, organ in organs.items()
    }
