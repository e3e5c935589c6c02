"""What a run says of its mesh: companions keep what it holds, and the errors are the true ones."""

import numpy as np
import pytest
import xarray as xr
from studies import FAST, front_in_a_ball

from cartflow.core.outcome import InputError
from cartflow.results.mesh_error.check import mesh_errors
from cartflow.results.mesh_error.companion import coarse_simulation
from cartflow.results.mesh_error.reach import reaches
from cartflow.results.result import load_result
from cartflow.results.summary import summary_lines
from cartflow.study.study import Study

STUDY = front_in_a_ball(
    "[tissue]\nporosity = { rim = 0.2, core = 0.2, fed = 0.3 }",
    geometry='[geometry.layers]\nfed = ["1 mm", "1.5 mm"]',
    tumour='region = "fed"\negress_region = "fed"\n',
    models='"predator_prey", "chemokine"',
    fields=f"""{FAST}
[fields.tumour]
initial = {{ all = "2e4 cells/mm^3", core = "1e4 cells/mm^3" }}
[fields.chemokine]
diffusivity = "100 um^2/s"
[fields.chemokine.regions.fed]
supply = "1 ng/mm^3/day"
[fields.chemokine.boundaries.rim]
type = "robin"
transfer_coefficient = "1 mm/day\"""",
    time='end = "6 days"\nevery = "3 days"',
)
PHANTOM = {
    "geometry": {"shape": "phantom", "volume": "20 mm^3", "spacing": "0.4 mm", "split": 2},
    "tumour.region": "viable",
    "tumour.egress_region": "rim",
    "tumour.feeding": "vessels",
    "fields.chemokine.regions": {"viable": {"supply": "1 ng/mm^3/day"}},
    "tissue.porosity": {"viable": 0.3, "centre": 0.2},
    "time.end": "1 min",
    "time.every": "1 min",
}
BOX = {
    "geometry": {"shape": "box", "lengths": ["2 mm", "1 mm"], "cells": [9, 8]},
    "tumour.region": "core",
    "tumour.egress_region": "rim",
    "fields.chemokine.regions": {"core": {"supply": "1 ng/mm^3/day"}},
    "fields.chemokine.boundaries": {"top": {"type": "robin", "transfer_coefficient": "1 mm/day"}},
    "tissue.porosity": 0.3,
    "time.end": "1 min",
    "time.every": "1 min",
}


def study(**settings):
    return Study.from_text(STUDY, settings=settings)


@pytest.mark.parametrize("settings", [{}, PHANTOM, BOX], ids=["ball", "split phantom", "box"])
def test_a_companion_keeps_what_the_mesh_holds(settings):
    fine = study(**settings).simulation
    coarse = coarse_simulation(fine)
    one, other = fine.coupled.engine.problem, coarse.coupled.engine.problem
    assert other.geometry.size < 0.7 * one.geometry.size
    assert other.geometry.volume == pytest.approx(one.geometry.volume, rel=1e-13)
    assert other.totals(coarse.initial) == pytest.approx(one.totals(fine.initial), rel=1e-12)
    before, after = one.geometry.cell_volumes, other.geometry.cell_volumes
    for name in ("arrival", "egress"):
        held = getattr(fine.coupled.door, name) @ before
        assert getattr(coarse.coupled.door, name) @ after == pytest.approx(held, rel=1e-12)
    assert coarse.coupled.injection @ after == pytest.approx(1.0, rel=1e-12)
    for item, wide in zip(one.fields, other.fields, strict=True):
        assert len(item.sources) == len(wide.sources)
        for source in item.sources:
            held = one.geometry.region(source.region) @ before
            assert other.geometry.region(source.region) @ after == pytest.approx(held, rel=1e-12)
        for name in item.boundaries:
            area = one.geometry.boundary(name).area
            assert other.geometry.boundary(name).area == pytest.approx(area, rel=1e-12)
    record = coarse.run()
    assert record.outcome.status == "finished"


def errors_of(**settings):
    result = study(**settings).run(mesh_check=True)
    return result, result.tree["errors"].to_dataset()


def numbers_of(result):
    tumour = result.tree["tumour"].to_dataset()
    amount = float((tumour["tumour"][-1] * tumour["cell_volume"]).sum())
    solute = float((tumour["chemokine"][-1] * tumour["cell_volume"]).sum())
    return {**result.summary(), "tumour": amount, "chemokine": solute}


def test_the_error_that_is_said_holds_the_true_one_within_two():
    result, errors = errors_of(**{"geometry.cells": 48})
    own, fine = numbers_of(result), numbers_of(study(**{"geometry.cells": 384}).run())
    for name in errors["number"].values:
        true = abs(fine[name] / own[name] - 1.0)
        said = float(errors["mesh_error"].sel(number=name))
        assert 0.5 < said / true < (3.0 if name == "chemokine" else 2.0), name
    line = next(line for line in summary_lines(result.tree) if line.startswith("mesh"))
    worst = float(errors["mesh_error"].max())
    assert line.startswith(f"mesh          {100 * worst:.2g} % on ")
    assert line.endswith("measured)")


LAYER = {
    "fields.chemokine": {
        "diffusivity": "100 um^2/s",
        "boundaries": {"rim": {"type": "fixed_value", "value": "1 ng/mm^3"}},
    },
    "kinetics.parameters.chemokine_decay_rate": "1 1/s",
    "tissue": {},
    "time.end": "1 h",
    "time.every": "1 h",
}


def layer(**settings):
    result, errors = errors_of(**LAYER, **settings)
    line = next(line for line in summary_lines(result.tree) if line.startswith("mesh"))
    return result, float(errors["mesh_error"].sel(number="chemokine")), line


def test_a_solute_that_decays_within_a_cell_is_said_to_be_unresolved():
    """A layer of 10 um under the rim of a ball of 1.5 mm: cells of 62 um, and graded ones."""
    q, radius = 1.0 / 0.01, 1.5
    exact = 4 * np.pi * radius * (radius * q - np.tanh(radius * q)) / (q**2 * np.tanh(radius * q))
    result, _, line = layer()
    found = result.tree["tumour"].to_dataset()
    amount = float((found["chemokine"][-1] * found["cell_volume"]).sum())
    assert amount < 0.5 * exact
    assert "; amount of chemokine not resolved, " in line
    assert line.endswith(
        "it reaches 0.01 mm from where it enters, and cells there are 0.062 mm wide, use thinner "
        "ones"
    )
    result, error, line = layer(**{"geometry.cells": 96, "geometry.grading": 100.0})
    found = result.tree["tumour"].to_dataset()
    amount = float((found["chemokine"][-1] * found["cell_volume"]).sum())
    assert abs(amount / exact - 1.0) < error < 0.02
    assert "not resolved" not in line


def test_a_solute_that_follows_cells_is_not_said_to_lie_in_a_layer():
    """Made by tumour cells throughout, of which the mesh has a quarter too few of either."""
    result = Study.from_file("examples/mouse_flank.toml").run(mesh_check=True)
    errors = result.tree["errors"].to_dataset()
    # 100 um^2/s over 1.6^2, and 0.2 1/h beside 28 days.
    reach = np.sqrt(100e-6 * 86400 / 1.6**2 / (0.2 * 24 + 1 / 28))
    found = errors.sel(number="chemokine")
    assert float(found["solute_reach"]) == pytest.approx(reach, rel=1e-12)
    assert float(found["solute_cell_width"]) == pytest.approx(0.05)
    assert (int(found["enters_by_boundary"]), str(found["depends_on"].item())) == (0, "tumour")
    line = next(line for line in summary_lines(result.tree) if line.startswith("mesh"))
    assert line.endswith(
        "amount of chemokine not resolved, 25 % less on cells twice as wide: it reaches 0.84 mm, "
        "so no layer is too thin, and it depends on tumour cells, 23 % less there, use finer cells"
    )


def test_a_solute_made_within_lies_in_no_layer_however_short_its_way():
    fast = {**LAYER, "fields.chemokine": {"diffusivity": "100 um^2/s"}}
    simulation = study(**fast).simulation
    found = reaches(simulation.run(), simulation)["chemokine"]
    assert found.length == pytest.approx(0.01, rel=1e-3)
    assert found.length < found.width
    assert not found.enters


def test_an_event_changes_how_far_a_solute_gets():
    """Lost four times as fast from the middle of the hour on: half as far at its end."""
    slower = {"time": "30 min", "multiply": {"kinetics.parameters.chemokine_decay_rate": 4}}
    simulation = study(**LAYER, events=[slower]).simulation
    found = reaches(simulation.run(), simulation)["chemokine"]
    assert found.length == pytest.approx(0.005, rel=1e-3)
    assert found.enters


def test_the_hardly_any_cells_that_entered_do_not_stand_for_the_mesh():
    """Given into the tumour; of what leaves it next to nothing comes back within an hour."""
    result, _, line = layer()
    errors = result.tree["errors"].to_dataset()
    count, given = result.summary()["reached_tumour"], 1e5
    assert count < 1e-3 * given
    assert float(errors["mesh_error"].sel(number="reached_tumour")) > 1.0
    depth = float(errors["mesh_error"].sel(number="depth"))
    assert line.startswith(f"mesh          {100 * depth:.2g} % on depth (order")
    assert f"; hardly any cells entered ({count:.3g}, 920 % off); " in line
    steps = next(line for line in summary_lines(result.tree) if line.startswith("steps"))
    assert "entered" not in steps
    vein = Study.from_file("examples/mouse_flank.toml", settings={"time.end": "1 day"}).run(
        mesh_check=True
    )
    assert vein.tree["errors"].attrs["negligible"] == ""


def test_the_result_holds_the_errors(tmp_path):
    result, errors = errors_of(**{"time.end": "1 day", "time.every": "1 day"})
    result.write(tmp_path / "a.nc")
    again = load_result(tmp_path / "a.nc").tree
    assert summary_lines(again) == summary_lines(result.tree)
    xr.testing.assert_allclose(again["errors"].to_dataset()["mesh_error"], errors["mesh_error"])
    cells = {"reached_tumour", "in_tumour", "depth", "tumour"}
    assert set(errors["number"].values) == cells | {"chemokine"}
    assert float(errors["mesh_width"]) == pytest.approx(1.5 / 24)


def test_under_six_cells_a_radius_it_is_too_coarse_to_say():
    result, errors = errors_of(**{"geometry.cells": 5, "time.end": "3 days"})
    assert errors["mesh_error"].isnull().all()
    assert errors["mesh_shift"].notnull().all()
    line = next(line for line in summary_lines(result.tree) if line.startswith("mesh"))
    assert line.startswith("mesh          too coarse to say: 5 cells a radius; on twice as wide")
    _, single = errors_of(**{"geometry.cells": 5, "geometry.layers": {"fed": ["0 mm", "1.5 mm"]}})
    assert single["mesh_error"].isnull().all()


def test_where_it_costs_too_much_it_is_left_out():
    run = study(**{"time.end": "3 days"})
    record = run.simulation.run()
    assert "mesh_error" in mesh_errors(record, run.simulation, "auto", seconds=1.0)
    slow = study(**{"time.end": "3 days", "solver.engine": "fipy"}).simulation
    left = mesh_errors(record, slow, "auto", seconds=100.0)
    assert not left.data_vars
    assert "more than a quarter of the run" in left.attrs["mesh_check"]
    off = mesh_errors(record, run.simulation, wanted=False, seconds=1.0)
    assert off.attrs["mesh_check"] == "not asked for (solver.mesh_check)"


def test_a_study_may_ask_for_it_or_not():
    short = {"time.end": "1 h", "time.every": "1 h"}
    assert "errors" not in study(**short).run().tree.children
    assert "errors" in study(**short, **{"solver.mesh_check": True}).run().tree.children
    asked = study(**short, **{"solver.mesh_check": True}).run(mesh_check=False)
    assert "errors" not in asked.tree.children
    with pytest.raises(InputError, match=r"solver\.mesh_check"):
        study(**{"solver.mesh_check": "maybe"})


def test_interrupted_companions_leave_the_run_as_it_is():
    calls = []

    def watch(time, step):
        calls.append(time)
        if len(calls) > 1 and calls[-1] == calls[-2]:
            raise KeyboardInterrupt

    result = study(**{"time.end": "1 h", "time.every": "1 h"}).run(watch, mesh_check=True)
    assert result.outcome.status == "finished"
    assert "did not finish" in result.tree["errors"].attrs["mesh_check"]
    assert np.isfinite(list(result.summary().values())[:4]).all()


def test_means_of_ones_are_ones():
    """A third of a millimetre times itself: volumes that no float holds, and a porosity of 1."""
    study = Study.from_text(
        STUDY,
        settings={
            "geometry": {"shape": "box", "lengths": ["2 mm"] * 3, "cells": [12] * 3},
            "tumour.region": "all",
            "tumour.egress_region": "all",
            "fields.chemokine": {"diffusivity": "100 um^2/s"},
            "tissue": {},
            "fields.tumour.initial": "2e4 cells/mm^3",
        },
    )
    coarse = study.prepared.coupled.engine.problem.geometry.coarse
    assert (coarse.mean(np.ones(12**3)) == 1.0).all()
    companion = coarse_simulation(study.prepared)
    assert (companion.coupled.engine.problem.tissue.porosity == 1.0).all()


def test_a_companion_that_cannot_be_made_costs_no_result(monkeypatch):
    def fails(simulation):
        raise InputError("no such mesh")

    monkeypatch.setattr("cartflow.results.mesh_error.check.coarse_simulation", fails)
    result = Study.from_text(STUDY, settings={"time.end": "1 min", "time.every": "1 min"}).run(
        mesh_check=True
    )
    assert result.outcome.status == "finished"
    reason = "left out, since a companion fails: no such mesh"
    assert result.tree["errors"].attrs["mesh_check"] == reason
