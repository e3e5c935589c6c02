"""Events and courses in a run: closed forms, two runs joined, conditions found, cells kept."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.coupling.ledger import residual
from cartflow.coupling.together import Together
from cartflow.coupling.turns import InTurns
from cartflow.pbpk.flows.observables import in_body
from cartflow.study.study import Study

# Cells that decay where they stand, at a rate that events change: closed forms.
DECAY = """
title = "cells that decay"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
initial = 1e5
[parameters]
k = "0.5 1/day"
[reactions.death]
consumes = { tumour = 1 }
rate = "k*tumour"
"""
TUMOUR = """
title = "Any study"
[geometry]
{geometry}
[tumour]
[kinetics]
models = ["{model}"]
[time]
end = "4 days"
every = "1 day"
[solver]
tolerance = 1e-11
time_check = false
"""
ORGAN = """
title = "Any study"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[organs.bone_marrow.kinetics]
models = ["{model}"]
[time]
end = "4 days"
every = "1 day"
[solver]
tolerance = 1e-11
"""
BALL = 'shape = "ball"\nradius = "1 mm"\ncells = 3'
BOX = 'shape = "box"\nlengths = ["1 mm", "2 mm"]\ncells = [2, 3]'
PLACES = {"line": TUMOUR, "voxels": TUMOUR, "organ": ORGAN}
KEYS = {"organ": "organs.bone_marrow.kinetics.parameters.k"}
# A mouse with doses that come while events do.
MOUSE = """
title = "A mouse"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
split = [0.25, 0.75]
interval = "36 h"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 8
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "4 days"
every = "1 day"
[solver]
time_check = false
"""


@pytest.fixture
def decaying(tmp_path):
    """Return a function that gives the study of a place, and the key of its rate."""
    path = tmp_path / "decay.toml"
    path.write_text(DECAY)

    def made(place, **settings):
        text = PLACES[place].format(geometry=BOX if place == "voxels" else BALL, model=path)
        key = KEYS.get(place, "kinetics.parameters.k")
        return Study.from_text(text, folder=tmp_path, settings=given(settings, key))

    return made


def given(settings, key):
    """Return the settings with the key of the rate in place of K."""
    named = {k.replace("K", key): v for k, v in settings.items()}
    for event in named.get("events", []):
        for what in ("set", "multiply"):
            if what in event:
                event[what] = {key: event[what]}
    return named


def left(study, record):
    """Return the share of resident cells left at every saved time."""
    if study.table.tumour is None:
        alone = study.prepared
        cells = [alone.organs.amounts(s.body, s.residents)[0] for s in record.states]
        row = alone.kinetics.network.index("tumour")
        return np.array([c[row] for c in cells]) / cells[0][row]
    row = study.kinetics.index("tumour")
    return np.array([s.tumour[row].mean() for s in record.states]) / 1e5


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


VOXELS = {"geometry": {"shape": "ellipsoid", "semi_axes": ["1 mm"] * 3, "spacing": "0.5 mm"}}


@pytest.mark.parametrize(
    ("kind", "settings"), [(Together, {}), (InTurns, VOXELS)], ids=["line", "voxels"]
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
