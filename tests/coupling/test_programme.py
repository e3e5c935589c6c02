"""Events and courses in a run: closed forms, two runs joined, conditions found, cells kept."""

from dataclasses import replace

import numpy as np
import pytest
from programmes import BOX, DECAY, MOUSE, PLACES, TUMOUR, VOXELS, left

from cartflow.coupling.ledger import residual
from cartflow.coupling.together import Together
from cartflow.coupling.turns import InTurns
from cartflow.coupling.voxels.run import OnVoxels
from cartflow.pbpk.flows.observables import in_body
from cartflow.study.study import Study

DENSE = {"fields.cart.density_dependence": {"reference": "1e4 cells/mm^3"}}


@pytest.mark.parametrize("place", PLACES)
def test_rates_set_and_multiplied_at_times_give_the_closed_form(decaying, place):
    events = [
        {"time": "12 h", "set": "2 1/day"},
        {"time": "1 day", "every": "1 day", "until": "2 days", "multiply": 0.5},
        {"time": "1 day", "set": "1 1/day"},  # after the factor of that time: the file's order
    ]
    study = decaying(place, events=events)
    record = study.prepared.run()
    assert record.outcome.status == "finished", record.outcome
    exponent = np.array([0.0, 1.25, 2.25, 2.75, 3.25])
    np.testing.assert_allclose(left(study, record), np.exp(-exponent), rtol=1e-8)
    assert [(h.time, h.event) for h in record.happened] == [(0.5, 0), (1.0, 1), (1.0, 2), (2.0, 1)]


@pytest.mark.parametrize("place", PLACES)
def test_a_condition_is_found_within_1e_8_day(decaying, place):
    events = [
        {"when": "tumour < 2e4 cells/mm^3", "after": "6 h", "set": "0 1/day"},
    ]
    if place == "organ":
        events[0]["when"] = "tumour in bone_marrow_tissue < 2e4 cells/mm^3"
    study = decaying(place, events=events)
    record = study.prepared.run()
    [happened] = record.happened
    exact = np.log(5.0) / 0.5
    assert abs(happened.time - (exact + 0.25)) < 1e-8
    np.testing.assert_allclose(left(study, record)[-1], np.exp(-0.125) / 5.0, rtol=1e-8)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("interpolation", ["linear", "step", "pchip"])
def test_a_rate_that_is_a_course_gives_the_closed_form(decaying, place, interpolation, tmp_path):
    (tmp_path / "rate.csv").write_text("day,k\n0,0\n1,1\n# none\n4,0.4\n")
    course = {"course": "rate.csv", "time": "day", "value": "k", "unit": "1/day"}
    study = decaying(place, K={**course, "interpolation": interpolation})
    record = study.prepared.run()
    assert record.outcome.status == "finished", record.outcome
    exponent = {
        "linear": [0.0, 0.5, 1.4, 2.1, 2.6],
        "step": [0.0, 0.0, 1.0, 2.0, 3.0],
    }.get(interpolation)
    if exponent is None:
        from scipy.interpolate import PchipInterpolator

        whole = PchipInterpolator([0, 1, 4], [0, 1, 0.4]).antiderivative()
        np.testing.assert_allclose(left(study, record), np.exp(-whole(np.arange(5))), rtol=1e-3)
    else:
        np.testing.assert_allclose(left(study, record), np.exp(-np.array(exponent)), rtol=1e-8)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(Together, {}), (OnVoxels, VOXELS), (InTurns, {**VOXELS, **DENSE})],
    ids=["line", "few voxels", "in turns"],
)
def test_a_parameter_that_switches_is_two_runs_joined(kind, settings):
    changed = {
        "kinetics.parameters.killing_rate": "0 1/h",
        "fields.cart.diffusivity": "4 um^2/min",
        "tumour.plasma_flow": "0.1 mL/min/mL",
    }
    event = {"time": "2 days", "set": changed}
    switching = Study.from_text(MOUSE, settings={**settings, "events": [event]}).simulation
    record = switching.run()
    assert record.outcome.status == "finished", record.outcome
    first = Study.from_text(MOUSE, settings=settings).simulation
    before = replace(first, save_times=(0.0, 1.0, 2.0)).run()
    second = Study.from_text(MOUSE, settings={**settings, **changed}).simulation
    run = kind(second.coupled, second.control, second.initial, 2.0)
    run.state = run.reached = before.states[-1]
    for time in (3.0, 4.0):
        run.advance_to(time, None)
    for name in ("tumour", "body"):
        a, b = getattr(record.states[-1], name), getattr(run.states[-1], name)
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8 * b.max())
    unchanged = first.run().states[-1]
    assert np.abs(unchanged.tumour / record.states[-1].tumour - 1.0).max() > 1e-3


@pytest.mark.parametrize("settings", [{}, VOXELS], ids=["line", "voxels"])
def test_every_cell_is_kept_through_events_conditions_and_split_doses(settings):
    events = [
        {"time": "6 h", "every": "18 h", "multiply": {"kinetics.parameters.killing_rate": 1.5}},
        {"time": "1 day", "set": {"trafficking.lung.transmigration_rate": "5 1/h"}},
        {"when": "cart in blood < 100 cells/uL", "set": {"body.cardiac_output": "20 mL/min"}},
        {"time": "2 days", "multiply": {"tumour.retention": 0.5}},
    ]
    study = Study.from_text(MOUSE, settings={**settings, "events": events})
    record = study.prepared.run()
    assert record.outcome.status == "finished", record.outcome
    assert {h.event for h in record.happened} == {0, 1, 2, 3}
    coupled = study.simulation.coupled
    for state in record.states[1:]:
        inside = coupled.in_tumour(state.tumour)
        gap = residual(state.ledger, in_body(coupled.network, state.body), inside, 0.0)
        assert abs(gap.sum()) <= 1e-12 * (state.ledger.infused + state.ledger.born).sum()


def test_an_event_is_the_switch_of_a_model(tmp_path):
    switch = '[[switches]]\ntime = "30 h"\nparameters = { k = "3 1/day" }\n'
    (tmp_path / "decay.toml").write_text(DECAY)
    (tmp_path / "switched.toml").write_text(DECAY + switch)
    text = TUMOUR.replace("1e-11", "1e-6").format(geometry=BOX, model="decay.toml")
    event = {"time": "30 h", "set": {"kinetics.parameters.k": "3 1/day"}}
    one = Study.from_text(text, folder=tmp_path, settings={"events": [event]}).prepared.run()
    other = Study.from_text(text.replace("decay.toml", "switched.toml"), folder=tmp_path)
    assert np.array_equal(one.states[-1].tumour, other.prepared.run().states[-1].tumour)


def test_companions_have_the_events_too():
    event = {"time": "1 day", "set": {"kinetics.parameters.killing_rate": "0 1/h"}}
    met = {"when": "cart > 100 cells", "multiply": {"kinetics.parameters.killing_rate": 2}}
    settings = {"events": [event, met], "geometry.cells": 24, "solver.time_check": True}
    result = Study.from_text(MOUSE, settings=settings).run(mesh_check=True)
    first, second = result.tree.attrs["events"].split("; ")
    assert first == "kinetics.killing_rate = 0 1/h at 1 day"
    assert second.startswith("kinetics.killing_rate times 2 at ")
    assert result.tree.attrs["time_error"] < 1e-3
    shift = result.tree["errors"]["mesh_shift"]
    assert float(shift.max()) < 0.1
