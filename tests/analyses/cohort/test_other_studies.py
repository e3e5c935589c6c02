"""Cohorts of bodies alone, of several tumours, and of tumours by themselves."""

import numpy as np
import pytest
import xarray as xr
from studies import GROWING, MOVING, study

from cartflow import Study, run_cohort

TIME = 'end = "2 h"\nevery = "1 h"'
BALL = '[geometry]\nshape = "ball"\nradius = "1 mm"\ncells = 4'
KINETICS = '[kinetics]\nmodels = ["predator_prey"]'
ORGANS = '[organs.spleen.kinetics]\nmodels = ["predator_prey"]'
TWO = '[tumours]\nhost = "flank"\n[tumours.left]\n[tumours.right.geometry]\nradius = "0.5 mm"'
FIELDS = f"{MOVING}\n{GROWING}"
BY_ITSELF = f"""
title = "by itself"
[tumour]
{BALL}
{KINETICS}
{FIELDS}
[[doses]]
cells = "1e4 cells"
route = "intratumoural"
[time]
{TIME}
"""
STUDIES = {
    "body alone": (study(time=TIME), "doses.0.cells", [1e6, 3e6]),
    "organs with kinetics": (study(ORGANS, time=TIME), "doses.0.cells", [1e6, 3e6]),
    "several tumours": (study(TWO, BALL, KINETICS, FIELDS, time=TIME), "doses.0.cells", [1e6, 3e6]),
    "by itself": (BY_ITSELF, "fields.tumour.initial", [2e4, 3e4]),
}


def of_single(name, single):
    """Return what the result of a run says of an outcome at its end, None if it says nothing."""
    last = single.tree.isel(time=-1)
    if name == "infused":
        return float(last["balance/infused"].sum())
    if name == "in_body":
        return float(last["balance/in_body"].sum())
    if name.startswith("density_"):
        return last["body"][name].values
    if name == "cells":
        cells = last["body/cells"].sum(["space", "phenotype"]).to_series()
        return {organ: cells[organ] for organ in cells.index if not organ.startswith("tumour")}
    for head in ("", "left_", "right_"):
        key = name.removeprefix(head)
        if name.startswith(head) and key in ("reached_tumour", "in_tumour", "depth"):
            return single.summary().get(f"{head[:-1]}.{key}" if head else key)
    return None


@pytest.mark.parametrize("kind", STUDIES)
def test_members_are_single_runs_to_the_bit(kind):
    text, key, values = STUDIES[kind]
    base = Study.from_text(
        text, settings={} if kind == "body alone" else {"solver.tolerance": 1e-3}
    )
    cohort = run_cohort(base, {key: values}, courses=True, threads=2)
    xr.testing.assert_identical(cohort, run_cohort(base, {key: values}, courses=True, threads=1))
    unit = "cells" if key.startswith("doses") else "cells/mm^3"
    compared = set()
    for place, value in enumerate(values):
        single = base.with_settings({key: f"{value!r} {unit}"}).run(time_check=False)
        member = cohort.isel(member=place)
        for name in cohort.data_vars:
            found = of_single(name, single)
            if isinstance(found, dict):
                found = np.array([found[o] for o in member["organ"].values if o in found])
                own = member[name].sel(organ=[o for o in member["organ"].values if "tum" not in o])
                assert own.values.tolist() == found.tolist(), name
            elif found is not None:
                assert np.array_equal(member[name].values, found), name
            if found is not None:
                compared.add(name)
    expected = {
        "body alone": {"infused", "in_body", "cells"},
        "organs with kinetics": {"infused", "in_body", "cells", "density_cart", "density_tumour"},
        "several tumours": {"infused", "in_body", "left_in_tumour", "right_reached_tumour"},
        "by itself": {"infused", "in_tumour", "depth"},
    }
    assert expected[kind] <= compared
    assert float(cohort["relative_residual"].max()) < 1e-11


def test_a_body_alone_keeps_why_a_member_failed():
    cohort = run_cohort(study_of_a_body(), {"body.cardiac_output": [678.42e3 * 24, -1.0]})
    assert cohort["status"].values[0] == "finished"
    assert cohort["status"].values[1].startswith("refused: ")
    assert np.isnan(cohort["in_body"].values[1])
    assert np.isfinite(cohort["in_body"].values[0])


def study_of_a_body():
    return Study.from_text(study(time=TIME))


def test_a_study_with_a_population_has_the_members_of_the_table():
    text = study(time=TIME) + '[population]\nmembers = 3\n[population.varied."doses.0.cells"]\n'
    text += 'distribution = "log-normal"\nmedian = "1e6 cells"\ncv = 0.3\nsource = "assumed"\n'
    cohort = run_cohort(Study.from_text(text), {"doses.0.cells": [1e5, 1e6]})
    assert cohort["infused"].values.tolist() == [1e5, 1e6]
