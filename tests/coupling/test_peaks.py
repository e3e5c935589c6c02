"""Conditions on a maximum: found where closed forms and independent solutions have it."""

import numpy as np
import pytest
from programmes import BALL, BOX, MOUSE, PLACES
from scipy.linalg import expm
from scipy.optimize import brentq

from cartflow.study.study import Study

# A drug that is made of another and goes: its peak is known.
CHAIN = """
title = "one after the other"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
initial = 1e5
[species.other]
role = "resident"
[parameters]
k = "2 1/day"
l = "0.4 1/day"
[reactions.change]
consumes = { tumour = 1 }
produces = { other = 1 }
rate = "k*tumour"
[reactions.death]
consumes = { other = 1 }
rate = "l*other"
"""


@pytest.mark.parametrize("place", PLACES)
def test_a_peak_is_found_within_1e_8_day(place, tmp_path):
    path = tmp_path / "chain.toml"
    path.write_text(CHAIN)
    text = PLACES[place].format(geometry=BOX if place == "voxels" else BALL, model=path)
    where = " in bone_marrow_tissue" if place == "organ" else ""
    key = "organs.bone_marrow." if place == "organ" else ""
    event = {"when": f"peak of other{where}", "after": "1 day"}
    event["set"] = {f"{key}kinetics.parameters.l": "0 1/day"}
    record = Study.from_text(text, settings={"events": [event]}).prepared.run()
    assert record.outcome.status == "finished", record.outcome
    [happened] = record.happened
    assert abs(happened.time - (np.log(2.0 / 0.4) / 1.6 + 1.0)) < 1e-8


BODY = MOUSE.split("[geometry]")[0] + '[time]\nend = "4 days"\nevery = "12 h"\n'


@pytest.mark.parametrize("text", [BODY, MOUSE], ids=["body", "line"])
def test_the_end_of_an_infusion_is_a_peak_and_a_bolus_is_none(text):
    dose = {"cells": "1e6 cells", "time": "6 h", "duration": "3 h"}
    change = {"body.cardiac_output": 1.0}
    events = [
        {"when": "peak of cart in blood", "since": "5 h", "multiply": change},
        {"when": "peak of cart in blood", "since": "34 h", "multiply": change},
    ]
    late = {"cells": "1e6 cells", "time": "34 h"}
    settings = {"doses": [{"cells": "1e5 cells"}, dose, late], "events": events}
    record = Study.from_text(text, settings={**settings, "time.end": "36 h"}).prepared.run()
    assert record.outcome.status == "finished", record.outcome
    assert (record.happened[0].event, record.happened[0].time) == (0, 0.375)
    # After the bolus blood falls, and rises once more as cells come round again.
    assert all(h.time > 34 / 24 + 0.003 for h in record.happened[1:])


def test_a_peak_in_blood_is_where_the_exponential_of_the_organs_has_it():
    """Lungs that hold cells let them go: blood rises again, and falls."""
    changed = {"time": "36 h", "set": {"trafficking.lung.transmigration_rate": "0.01 1/h"}}
    event = {"when": "peak of cart in blood", "since": "36 h"}
    event["multiply"] = {"body.cardiac_output": 1.0}
    settings = {"doses": [{"cells": "1e6 cells"}], "events": [changed, event]}
    study = Study.from_text(BODY, settings=settings)
    record = study.prepared.run()
    [start] = [s for s in record.states if s.time == 1.5]
    network = study.events.after((0,)).prepared.network
    row, rates = network.index("venous"), np.asarray(network.rates)

    def slope(dt):
        return (rates @ expm(rates * dt) @ start.body[:, 0])[row]

    times = np.geomspace(1e-4, 2.4, 200)
    signs = np.sign([slope(t) for t in times])
    fall = np.flatnonzero((signs[:-1] > 0) & (signs[1:] < 0))[0]
    exact = 1.5 + brentq(slope, times[fall], times[fall + 1], xtol=1e-13)
    assert abs(record.happened[1].time - exact) < 1e-8
