"""An unfinished run with events, conditions, courses or given blood goes on to the bit."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.results.result import load_result
from cartflow.study.study import Study

HEAD = """
title = "goes on"
body.name = "mouse_28g"
trafficking.name = "khot2019"
time = { end = "2 days", every = "8 h" }
"""
DOSED = """
doses = [{ cells = "1e6 cells" }, { cells = "1e5 cells", time = "20 h" }]
[[events]]
time = "6 h"
every = "9 h"
multiply = { "trafficking.lung.transmigration_rate" = 1.5 }
[[events]]
when = "cart in blood < 500 cells/uL"
set = { "body.cardiac_output" = "20 mL/min" }
[[events]]
when = "cart in blood < 300 cells/uL"
after = "1 day"
multiply = { "body.cardiac_output" = 0.5 }
[[events]]
time = "22 h"
every = "10 h"
remove = { fraction = 0.5, compartment = "venous" }
[[events]]
when = "peak of cart in blood"
since = "30 h"
after = "1 h"
multiply = { "body.cardiac_output" = 0.9 }
"""
TUMOUR = """
geometry = { shape = "ball", radius = "1 mm", cells = 6 }
tumour.host = "flank"
kinetics.models = ["predator_prey"]
kinetics.parameters.killing_rate.course = "k.csv"
kinetics.parameters.killing_rate.time = "hours"
kinetics.parameters.killing_rate.value = "k"
kinetics.parameters.killing_rate.unit = "1/h"
kinetics.parameters.killing_rate.interpolation = "step"
fields.cart.diffusivity = "2 um^2/min"
fields.tumour.initial = "2e4 cells/mm^3"
"""
BOX = 'shape = "box", lengths = ["1 mm", "1 mm"], cells = [4, 4]'
BLOOD = """
tumour.blood = { course = "k.csv", time = "hours", value = "k", unit = "cells/uL" }
"""
KINDS = {
    "one system": HEAD + TUMOUR + DOSED,
    "voxels": HEAD + TUMOUR.replace('shape = "ball", radius = "1 mm", cells = 6', BOX) + DOSED,
    "body alone": HEAD + DOSED,
    "tumour alone": HEAD + TUMOUR + BLOOD,
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "k.csv").write_text("hours,k\n0,0.01\n20,0.2\n48,0.05\n")
    return tmp_path


def stopped_at(study, day):
    def press(time, _):
        if time > day:
            raise KeyboardInterrupt

    return study.run(press)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("looked_at_often")
def test_to_the_bit(kind, folder):
    study = Study.from_text(KINDS[kind], folder=folder)
    whole = study.run()
    assert whole.outcome.status == "finished"
    assert kind == "tumour alone" or len(whole.tree.attrs["events"].split("; ")) >= 6
    for day in (0.0, 1.3):
        stopped_at(study, day).write(folder / "part.nc")
        again = Study.from_text(KINDS[kind], folder=folder).run(
            since=load_result(folder / "part.nc")
        )
        for node in whole.tree.subtree:
            for name, values in node.to_dataset(inherit=False).data_vars.items():
                theirs = again.tree[node.path][name].values
                same = np.array_equal(values.values, theirs, equal_nan=values.dtype.kind == "f")
                assert same, (node.path, name)
        for name in ("steps_accepted", "events"):
            assert whole.tree.attrs.get(name) == again.tree.attrs.get(name)


@pytest.mark.usefixtures("looked_at_often")
def test_other_events_or_blood_are_another_run(folder):
    for kind, differ in (("one system", "events and courses"), ("tumour alone", "blood")):
        part = stopped_at(Study.from_text(KINDS[kind], folder=folder), 0.5)
        (folder / "k.csv").write_text("hours,k\n0,0.01\n20,0.3\n48,0.05\n")
        with pytest.raises(InputError, match=f"not the same are .*{differ}"):
            Study.from_text(KINDS[kind], folder=folder).run(since=part)
        (folder / "k.csv").write_text("hours,k\n0,0.01\n20,0.2\n48,0.05\n")
