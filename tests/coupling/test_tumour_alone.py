"""A tumour without a body: its vessels' closed form, and the tumour of a run with a body."""

import numpy as np
import pytest
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.coupling.ledger import residual
from cartflow.study.study import Study

ALONE = """
title = "A tumour alone"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 4
[tumour]
{tumour}
[kinetics]
models = ["none.toml"]
[time]
end = "4 days"
every = "1 day"
[solver]
tolerance = 1e-10
time_check = false
"""
# No reaction takes what comes.
NONE = """
title = "cells that only come"
[species.cart]
role = "phenotype"
[species.exhausted]
role = "phenotype"
[parameters]
none = "0 1/day"
[reactions.none]
consumes = { cart = 1 }
rate = "none*cart"
"""
BLOOD = """
plasma_flow = "0.01 mL/min/mL"
egress_rate = "0.5 1/day"
[tumour.blood]
course = "blood.csv"
time = "hours"
value = { cart = "b", exhausted = "a" }
unit = "cells/uL"
capture = 0.01
haematocrit = 0.45
"""
VOXELS = {
    "geometry": {"shape": "box", "lengths": ["1 mm"] * 3, "cells": [2, 2, 2]},
    "solver.tolerance": 1e-9,
}
MOUSE = """
title = "A mouse"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "3e6 cells"
[geometry]
shape = "ball"
radius = "2.5 mm"
cells = 6
[tumour]
host = "flank"
egress_rate = "0 1/day"
[kinetics]
models = ["predator_prey"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "1 day"
[solver]
tolerance = 1e-8
time_check = false
"""
DOSE = '[[doses]]\ncells = "3e6 cells"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "none.toml").write_text(NONE)
    (tmp_path / "blood.csv").write_text("# a line\na,hours,b\n5,0,0\n5,24,100\n5,48,40\n5,96,40\n")
    return tmp_path


def balanced(study):
    """Return the record of a study's run, with no cell gained or lost."""
    record = study.prepared.run()
    assert record.outcome.status == "finished", record.outcome
    coupled = study.simulation.coupled
    for state in record.states:
        gap = residual(state.ledger, 0.0, coupled.in_tumour(state.tumour), 0.0)
        assert np.abs(gap).max() <= 1e-12 * (state.ledger.infused.sum() + 1e-9)
    return record


@pytest.mark.parametrize("settings", [{}, VOXELS], ids=["line", "voxels"])
def test_vessels_take_up_what_the_closed_form_says(folder, settings):
    study = Study.from_text(ALONE.format(tumour=BLOOD), folder=folder, settings=settings)
    record = balanced(study)
    volume = study.geometry.volume
    flow = volume * 14.4 / 0.55
    vessels = 0.07 * volume
    handed = 0.01 / 0.99 * flow / vessels
    out = handed + (flow - volume * 14.4 * 0.002) / vessels

    # The integral of the inflow of a constant concentration, and of one that rises by 1 a day.
    def constant(t):
        return handed * flow / out * (t - (1 - np.exp(-out * t)) / out)

    def rising(t):
        return handed * flow / out * (0.5 * t**2 - t / out + (1 - np.exp(-out * t)) / out**2)

    t = np.arange(5.0)
    kinks = [(0.0, 100.0), (1.0, -160.0), (2.0, 60.0)]
    cart = sum(slope * rising(np.maximum(t - at, 0.0)) for at, slope in kinks)
    entered = np.array([state.ledger.inflow for state in record.states])
    np.testing.assert_allclose(entered[:, 0], cart, rtol=1e-8)
    np.testing.assert_allclose(entered[:, 1], 5.0 * constant(t), rtol=1e-8)


def test_a_tumour_that_nothing_feeds_keeps_its_cells_or_loses_them_by_egress(folder):
    settings = {"fields.cart.initial": "10 cells/mm^3"}
    for tumour, share in (("", 1.0), ('egress_rate = "0.5 1/day"', np.exp(-2.0))):
        record = balanced(
            Study.from_text(ALONE.format(tumour=tumour), folder=folder, settings=settings)
        )
        assert record.states[-1].tumour[0] == pytest.approx(10.0 * share, rel=1e-8)


@pytest.fixture(scope="module")
def coupled():
    """Return a function: a run with a body, which saves the blood that enters so many times."""

    def run(samples):
        times = [float(t) for t in np.geomspace(1e-8, 1.0, samples)]
        save = [f"{t!r} day" for t in times]
        return Study.from_text(MOUSE, settings={"time.save": save}).run(mesh_check=False)

    return run


def final(result):
    return result.tree["tumour"]["cart"].isel(time=-1).values


@pytest.mark.parametrize(
    ("samples", "tolerance"),
    [pytest.param(200, 1e-5, marks=pytest.mark.slow), (400, 1e-6)],
)
def test_its_own_blood_gives_the_tumour_of_a_run_with_a_body(coupled, samples, tolerance, tmp_path):
    whole = coupled(samples)
    whole.write(tmp_path / "whole.nc")
    # The blood of a result is smooth between samples unless the study says otherwise.
    settings = {"tumour.blood": {"course": "whole.nc"}, "time.every": "1 day"}
    alone = Study.from_text(MOUSE.replace(DOSE, ""), folder=tmp_path, settings=settings)
    result = alone.run(mesh_check=False)
    np.testing.assert_allclose(final(result), final(whole), rtol=tolerance)
    read = Study.from_text(
        MOUSE.replace(DOSE, ""),
        settings={
            "tumour.blood": {
                "course": xr.DataArray(whole.tree["body"]["entering_concentration"]),
                "interpolation": "linear",
            },
        },
    )
    if samples == 200:
        np.testing.assert_allclose(final(read.run(mesh_check=False)), final(whole), rtol=1.1e-3)


def test_events_act_on_a_tumour_alone(folder):
    event = {"time": "2 days", "set": {"tumour.egress_rate": "0 1/day"}}
    study = Study.from_text(ALONE.format(tumour=BLOOD), folder=folder, settings={"events": [event]})
    record = balanced(study)
    egress = np.array([state.ledger.egress.sum() for state in record.states])
    assert egress[2] > 0
    assert egress[4] == egress[2]


MISTAKES = {
    "no host": ("[body]\nname = 'mouse_28g'\n[trafficking]\nname = 'khot2019'\n", "", "host"),
    "a host without a body": ("", 'host = "flank"', "tumour.host: has no effect without"),
    "like": ("", 'like = "published"', "tumour.like: has no effect"),
    "vessels without blood": ("", "vascular_fraction = 0.1", "vascular_fraction: has no effect"),
    "trafficking": ("[trafficking]\nname = 'khot2019'\n", "", "trafficking: has no effect"),
    "no capture": ("", BLOOD.replace("capture = 0.01\n", ""), "'capture' is missing"),
    "capture of all": ("", BLOOD.replace("0.01\nhaem", "1\nhaem"), "capture: '1' is not in 0..1"),
    "a dose into blood": ("[[doses]]\ncells = '1e6 cells'\n", "", "needs a body"),
    "unknown phenotype": ("", BLOOD.replace("cart =", "car ="), "did you mean 'cart'"),
    "no such column": ("", BLOOD.replace('"b"', '"c"'), "unknown name 'c'"),
    "no such file": ("", BLOOD.replace("blood.csv", "blod.csv"), "blod.csv: cannot be read"),
    "not a result": ("", BLOOD.replace("blood.csv", "blood.nc"), "no such file"),
    "wrong unit": ("", BLOOD.replace("cells/uL", "ng/mL"), "dimension"),
    "blood beside a body's numbers": (
        "[body]\nname = 'mouse_28g'\n[trafficking]\nname = 'khot2019'\n",
        'host = "flank"\n' + BLOOD,
        "tumour.blood.capture: has no effect beside",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_in_one_line(folder, mistake):
    before, tumour, message = MISTAKES[mistake]
    title, _, rest = ALONE.format(tumour=tumour).partition("[geometry]")
    with pytest.raises(InputError, match=message.replace(".", r"\.")) as error:
        _ = Study.from_text(f"{title}{before}[geometry]{rest}", folder=folder).prepared
    assert "\n" not in str(error.value)
