"""A sweep's members are single runs, along labelled dimensions, whatever the workers."""

import multiprocessing

import numpy as np
import pytest
import xarray as xr

from cartflow import InputError, RunStopped, Study, sweep
from cartflow.pbpk.flows.observables import organ_table

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
cells = 6
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey"]
[fields.cart]
diffusivity = { value = "2 um^2/min", source = "dekkers2022", standing = "derived" }
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "1.5 days"
every = "0.5 day"
"""
MARROW = """
title = "Leukaemia"
[body]
name = "human_male"
[trafficking]
name = "singh2020"
[[doses]]
cells = "1e8 cells"
phenotype = "cart_inactive"
[organs.bone_marrow.kinetics]
models = ["liu2022"]
[organs.bone_marrow.initial]
tumour = "2200 cells/mm^3"
[time]
end = "2 days"
every = "1 day"
"""
OVER = {
    "fields.cart.diffusivity": "1,8 um^2/min",
    "kinetics.killing_rate": "linear:0.5:1.5:3 1/day",
    "body": {"mouse": {"body.name": "mouse_28g"}, "man": {"body.name": "human_male"}},
}


@pytest.fixture(scope="module")
def study():
    return Study.from_text(STUDY)


@pytest.fixture(scope="module")
def product(study):
    return sweep(study, OVER, courses=["in_tumour"], workers=2)


def test_a_member_is_the_single_run_to_the_bit(product):
    settings = {
        "fields.cart.diffusivity": "8 um^2/min",
        "kinetics.parameters.killing_rate": "1.0 1/day",
        "body.name": "human_male",
        "solver.time_check": False,
    }
    result = Study.from_text(STUDY, settings=settings).run()
    member = product.sel(diffusivity=8.0, killing_rate=1.0, body="man")
    summary = result.summary()
    for name in ("reached_tumour", "in_tumour", "depth"):
        assert float(member[name]) == summary[name]
    course = result.tree["balance/in_tumour"].sum("phenotype")
    np.testing.assert_array_equal(member["course_in_tumour"], course)
    assert float(member["delivery"]) == pytest.approx(
        summary["reached_tumour"] / 1e6 / (result.tree["tumour/cell_volume"].sum().item() / 1e3)
    )


def test_dimensions_are_labelled_with_units_and_sources(product):
    assert product.sizes == {
        "diffusivity": 2, "killing_rate": 3, "body": 2, "organ": 16, "time": 4,
    }  # fmt: skip
    axis = product["diffusivity"]
    assert axis.values.tolist() == [1.0, 8.0]
    assert axis.attrs["units"] == "micrometer2 minute-1"
    assert axis.attrs["unit_as_given"] == "um^2/min"
    assert axis.attrs["source_in_study"] == "dekkers2022"
    assert axis.attrs["value_in_study"] == 2.0
    assert product["killing_rate"].values.tolist() == [0.5, 1.0, 1.5]
    assert product["body"].values.tolist() == ["mouse", "man"]
    assert product["body_name"].values.tolist() == ["mouse_28g", "human_male"]
    assert set(product["status"].values.ravel()) == {"finished"}
    assert float(product["relative_residual"].max()) < 1e-12


def test_the_number_of_workers_changes_no_bit(study, product):
    xr.testing.assert_identical(sweep(study, OVER, courses=["in_tumour"], workers=1), product)


@pytest.fixture(scope="module")
def in_turns():
    settings = {"solver.engine": "fipy", "geometry.cells": 4, "time.end": "0.01 day"}
    return Study.from_text(STUDY, settings={**settings, "time.every": "0.01 day"})


def kill(most=None):
    for process in multiprocessing.active_children()[:most]:
        process.kill()


def test_processes_give_the_bits_of_threads_also_where_they_are_killed(in_turns):
    over = {"doses.0.cells": "1e5,1e6,-1 cells"}
    killed = []

    def watch(ended, _):
        if ended and not killed:
            killed.append(ended)
            kill(1)

    one = sweep(in_turns, over, workers=1)
    xr.testing.assert_identical(sweep(in_turns, over, workers=2, watch=watch), one)
    assert killed
    assert one["doses_0_cells"].size == 3
    assert "refused" in one["status"].values[2]


def test_a_member_that_always_ends_its_process_is_marked(in_turns):
    with pytest.raises(RunStopped, match="the first: stopped: its process ended"):
        sweep(in_turns, {"doses.0.cells": "1e5,1e6 cells"}, workers=2,
              watch=lambda *_: kill())  # fmt: skip


def test_a_body_alone_is_swept_with_its_kinetics_in_organs():
    study = Study.from_text(MARROW)
    over = {
        "organs.bone_marrow.kinetics.killing_rate": [10.0, 20.0],
        "body.cardiac_output": "300 L/h, 400 L/h",
    }
    with pytest.raises(InputError, match="killing_rate: '10' is a plain number"):
        sweep(study, over)
    over["organs.bone_marrow.kinetics.killing_rate"] = "10,20 1/day"
    found = sweep(study, over, courses=["density_tumour"], workers=2)
    settings = {"organs.bone_marrow.kinetics.parameters.killing_rate": "20 1/day"}
    own = Study.from_text(MARROW, settings=settings)
    single = own.run().tree["body/density_tumour"]
    output = own.body.cardiac_output.value / 24e6  # mm3/day in L/h
    alone = sweep(
        study, {**over, "body.cardiac_output": f"{output!r} L/h"}, courses=["density_tumour"]
    )
    np.testing.assert_allclose(
        alone["course_density_tumour"].isel(killing_rate=1, cardiac_output=0), single, rtol=1e-9
    )
    assert found.sizes["killing_rate"] == found.sizes["cardiac_output"] == 2
    assert np.isfinite(found["density_tumour"]).all()
    assert float(found["relative_residual"].max()) < 1e-12


# An infusion, a bolus between saved times, and events at times, some of which are saved, too.
EVENTS = MARROW.replace(
    "[organs.bone_marrow.kinetics]",
    """duration = "30 min"
[[doses]]
cells = "3e6 cells"
phenotype = "cart"
time = "7.3 h"
[[events]]
time = "1 day"
multiply = { "organs.bone_marrow.kinetics.parameters.killing_rate" = 0.5 }
[[events]]
time = "30 h"
remove = { fraction = 0.25, species = ["cart"], compartment = "venous" }
[organs.bone_marrow.kinetics]""",
    1,
).replace('every = "1 day"', 'every = "3 h"')


@pytest.mark.parametrize("text", [MARROW, EVENTS])
def test_members_of_organs_are_single_runs_to_the_bit(text):
    key = "organs.bone_marrow.kinetics.killing_rate"
    over = {"doses.0.cells": "1e6,1e7,1e8 cells", key: "10,20 1/day"}
    found = sweep(Study.from_text(text), over, courses=["density_tumour", "in_body"], workers=2)
    assert (found["status"] == "finished").all()
    for cells in (1e6, 1e8):
        settings = {
            "doses.0.cells": f"{cells!r} cells",
            key.replace("kinetics.", "kinetics.parameters."): "20.0 1/day",
        }
        run = Study.from_text(text, settings=settings)
        body = run.run().tree["body"].to_dataset()
        member = found.sel(doses_0_cells=cells, killing_rate=20.0)
        np.testing.assert_array_equal(member["course_density_tumour"], body["density_tumour"])
        last = run.prepared.run().states[-1]
        held = organ_table(run.prepared.network).totals(last.body)
        np.testing.assert_array_equal(member["cells"], held)
        assert float(member["infused"]) == last.ledger.infused.sum()


def test_the_number_of_workers_changes_no_bit_of_organs():
    study, over = Study.from_text(EVENTS), {"doses.0.cells": "log:1e5:1e8:7 cells"}
    one = sweep(study, over, courses=["density_tumour"], workers=1)
    xr.testing.assert_identical(sweep(study, over, courses=["density_tumour"], workers=3), one)


def test_samples_come_from_a_seed_and_its_ranges(study):
    over = {"kinetics.killing_rate": "0.5..2 1/day", "doses.0.cells": "log:1e5..1e7 cells"}
    for sampling in ("sobol", "latin"):
        one, two = (
            sweep(study, over, sample=8, sampling=sampling, outcomes=["in_tumour"], workers=w)
            for w in (1, 2)
        )
        xr.testing.assert_identical(one, two)
        assert one.attrs["seed"] == 1
        assert one.attrs["sampling"] == sampling
        rates, doses = one["kinetics_killing_rate"].values, one["doses_0_cells"].values
        assert rates.min() >= 0.5
        assert rates.max() <= 2.0
        # One point in each eighth of both, which is what makes either an even spread.
        eighths = np.floor((rates - 0.5) / 1.5 * 8)
        assert sorted(eighths) == list(range(8))
        assert sorted(np.floor(np.log10(doses / 1e5) / 2 * 8)) == list(range(8))
    other = sweep(study, over, sample=8, seed=2, outcomes=["in_tumour"])
    assert not np.array_equal(other["kinetics_killing_rate"], one["kinetics_killing_rate"])


def test_ranges_are_the_numbers_own_where_none_is_given(study):
    carried = {"value": "1 1/day", "source": "assumed", "standing": "assumed"}
    carried["range"] = ["0.5 1/day", "2 1/day"]
    own = study.with_settings({"kinetics.parameters.killing_rate": carried})
    found = sweep(own, ["kinetics.killing_rate"], sample=4, outcomes=["in_tumour"])
    rates = found["kinetics_killing_rate"]
    assert rates.attrs["units"] == "day-1"
    assert 0.5 <= float(rates.min()) < float(rates.max()) <= 2.0
    with pytest.raises(InputError, match=r"cells: carries no range \(1e6 cells, assumed\)"):
        sweep(own, ["doses.0.cells"], sample=4)


def test_a_product_of_cases_and_draws(study):
    over = [
        "tissue: tight, loose; fields.cart.diffusivity=1,8 um^2/min; geometry.radius=2,1.5 mm",
        "kinetics.killing_rate=0.5..2 1/day",
    ]
    found = sweep(study, over, sample=4, outcomes=["depth"])
    assert dict(found["depth"].sizes) == {"tissue": 2, "member": 4}
    assert found["geometry_radius"].dims == ("tissue",)
    assert found["kinetics_killing_rate"].dims == ("member",)


def test_a_member_that_fails_keeps_its_reason_and_the_rest_go_on(study):
    seen = []
    found = sweep(study, {"geometry.radius": "2,-1,3 mm"}, watch=lambda *told: seen.append(told))
    assert seen[-1] == (3, 1)
    assert found["status"].values[1].startswith("refused: ")
    assert "geometry.radius" in found["status"].values[1]
    assert np.isnan(found["depth"].values[1])
    assert np.isfinite(found["depth"].values[[0, 2]]).all()
    with pytest.raises(RunStopped, match=r"no member finished; the first: refused: .*radius"):
        sweep(study, {"geometry.radius": "-1,-2 mm"})


def test_a_member_that_takes_too_long_is_stopped(study):
    over = {"kinetics.killing_rate": "1,2 1/day"}
    with pytest.raises(RunStopped, match="the first: stopped: member: took longer than the limit"):
        sweep(study, over, limit="1e-6 s")
    found = sweep(study, over, limit="1 h", outcomes=["depth"])
    xr.testing.assert_identical(found, sweep(study, over, outcomes=["depth"]))
    with pytest.raises(InputError, match="--limit: '-1 s' must be above 0"):
        sweep(study, over, limit="-1 s")
    with pytest.raises(InputError, match="--limit: '3 mm' has the dimension length"):
        sweep(study, over, limit="3 mm")


def test_an_interrupt_ends_it(study):
    def watch(ended, _):
        if ended > 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(study, {"kinetics.killing_rate": "linear:0.5:1:100 1/day"}, watch=watch)
