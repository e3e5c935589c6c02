"""Members of a cohort are single runs, to the bit, whatever the threads."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cartflow import InputError, RunStopped, Study, run_cohort

STUDY = """
title = "A day and a half"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 8
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey_exhaustion"]
[fields.cart]
diffusivity = "0.02 mm^2/day"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "1.5 days"
every = "0.5 day"
"""
TABLE = {
    "kinetics.killing_rate": [1.0, 2.0, 1.0],
    "doses.0.cells": ["1e6 cells", "1e6 cells", "3e6 cells"],
    "geometry.radius": [2.0, 2.0, 2.5],
    "body.cardiac_output": ["678.42 mL/h", "678.42 mL/h", "700 mL/h"],
}


@pytest.fixture(scope="module")
def study():
    return Study.from_text(STUDY)


@pytest.fixture(scope="module")
def cohort(study):
    return run_cohort(study, TABLE, courses=True)


def test_a_member_is_the_single_run_to_the_bit(study, cohort):
    settings = {
        "kinetics.parameters.killing_rate": "2.0 1/day",
        "doses.0.cells": "1e6 cells",
        "geometry.radius": "2 mm",
        "solver.time_check": False,
    }
    table = {"kinetics.killing_rate": [2.0], "doses.0.cells": [1e6], "geometry.radius": [2.0]}
    member = run_cohort(study, table, courses=True).isel(member=0)
    result = Study.from_text(STUDY, settings=settings).run()
    for name, value in result.summary().items():
        if name in ("reached_tumour", "in_tumour", "depth"):
            assert float(member[name]) == value
    body = result.tree["body"].to_dataset().isel(time=-1)
    single = body["cells"].sum(["space", "phenotype"], skipna=True)
    organs = [name for name in member["organ"].values if name != "tumour"]
    for organ in organs:
        assert float(member["cells"].sel(organ=organ)) == float(single.sel(organ=organ))
    venous = result.tree["body/blood_concentration"].sum("phenotype")
    np.testing.assert_array_equal(member["course_blood_concentration"], venous)
    np.testing.assert_array_equal(member["time"], result.tree["time"])
    assert float(member["relative_residual"]) < 1e-12
    assert cohort.sizes == {"member": 3, "organ": 16, "time": 4}


def test_the_number_of_threads_changes_no_bit(study, cohort):
    alone = run_cohort(study, TABLE, courses=True, threads=1)
    xr.testing.assert_identical(alone, cohort)


def test_the_order_of_members_changes_no_bit(study, cohort):
    turned = run_cohort(study, {name: values[::-1] for name, values in TABLE.items()})
    for name in ("reached_tumour", "amount_tumour", "cells"):
        np.testing.assert_array_equal(turned[name][::-1], cohort[name])


def test_columns_are_what_members_got_in_internal_units(cohort):
    np.testing.assert_array_equal(cohort["doses.0.cells"], [1e6, 1e6, 3e6])
    assert cohort["kinetics.killing_rate"].attrs["units"] == "day-1"
    assert cohort["status"].values.tolist() == ["finished"] * 3
    # Three times the dose, in a larger tumour: more come than three times as many.
    reached = cohort["reached_tumour"].values
    assert reached[2] > 3 * reached[0]


def test_frames_and_datasets_are_tables(study):
    frame = pd.DataFrame({"doses.0.cells": [1e5, 1e6]})
    of_frame = run_cohort(study, frame)
    of_dataset = run_cohort(study, xr.Dataset({"doses.0.cells": ("member", [1e5, 1e6])}))
    xr.testing.assert_identical(of_frame, of_dataset)
    np.testing.assert_allclose(
        of_frame["reached_tumour"][1] / of_frame["reached_tumour"][0], 10.0, rtol=2e-2
    )


def test_a_member_that_fails_has_nan_and_its_reason(study):
    table = {"geometry.radius": [2.0, -1.0], "tumour.vascular_fraction": [0.07, 0.07]}
    seen = []
    cohort = run_cohort(study, table, watch=seen.append)
    assert seen == [1, 2]
    assert cohort["status"].values[0] == "finished"
    assert "geometry.radius" in cohort["status"].values[1]
    assert np.isnan(cohort["in_tumour"].values[1])
    assert np.isfinite(cohort["in_tumour"].values[0])
    with pytest.raises(RunStopped, match=r"no member finished; the first: refused: .*radius"):
        run_cohort(study, {"geometry.radius": [-1.0]})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "the table has no column"),
        ({"kinetics.killing": [1.0]}, r"unknown name 'kinetics.killing'.*did you mean"),
        ({"doses.0.cells": [1e6], "geometry.radius": [1.0, 2.0]}, "the columns differ in length"),
        ({"doses.0.cells": []}, "a cohort has 1 to 1000000 rows, got 0"),
        ({"doses.0.cells": [1e6, np.nan]}, "doses.0.cells: row 1 is not a finite number"),
        ({"doses.0.cells": ["1 mm"]}, r"doses.0.cells: '1 mm' has the dimension"),
        ({"doses.0.cells": [[1e6]]}, "a column has one dimension, got 2"),
    ],
)
def test_a_table_that_cannot_be_is_refused(study, table, message):
    with pytest.raises(InputError, match=message):
        run_cohort(study, table)


def test_an_interrupt_ends_it(study):
    def watch(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_cohort(study, {"doses.0.cells": [1e6] * 50}, watch=watch)


def test_a_cohort_is_written_and_read(cohort, tmp_path):
    cohort.to_netcdf(tmp_path / "cohort.nc")
    with xr.open_dataset(tmp_path / "cohort.nc") as read:
        np.testing.assert_array_equal(read["cells"], cohort["cells"])
