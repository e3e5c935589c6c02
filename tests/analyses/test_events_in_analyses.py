"""Analyses of studies with events and of tumours alone: they act, or are refused in one line."""

import numpy as np
import pytest

from cartflow.analyses.cohort.run import run_cohort
from cartflow.analyses.compare import compare
from cartflow.analyses.sensitivity import sensitivity
from cartflow.core.outcome import InputError
from cartflow.study.study import Study

ALONE = """
title = "A spheroid"
[geometry]
shape = "ball"
radius = "0.5 mm"
cells = 4
[tumour]
[kinetics]
models = ["predator_prey"]
[fields.cart]
diffusivity = "2 um^2/min"
initial = "1e3 cells/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[[events]]
time = "12 h"
set = { "kinetics.parameters.killing_rate" = "0.1 1/h" }
[[events]]
time = "18 h"
multiply = { "kinetics.parameters.proliferation_rate" = 0.5 }
[time]
end = "1 day"
every = "12 h"
"""
IN_BODY = ALONE.replace(
    "[tumour]",
    "[body]\nname = 'mouse_28g'\n[trafficking]\nname = 'khot2019'\n[tumour]\nhost = 'flank'",
)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "study.toml").write_text(ALONE)
    return tmp_path / "study.toml"


def test_members_vary_what_events_set(path):
    name = "events.0.set.kinetics.killing_rate"
    study = Study.from_file(path)
    cohort = run_cohort(study, {name: ["0.01 1/h", "0.2 1/h"]}, threads=1)
    for member, rate in enumerate(("0.01 1/h", "0.2 1/h")):
        key = "events.0.set.kinetics.parameters.killing_rate"
        single = study.with_settings({key: rate}).run(mesh_check=False)
        amount = float(cohort["amount_tumour"][member])
        tumour = single.tree["tumour"].to_dataset()
        whole = float((tumour["tumour"][-1] * tumour["cell_volume"]).sum())
        assert amount == pytest.approx(whole, rel=1e-12)


def test_what_an_event_changes_has_its_share_in_the_outcome(path):
    found = sensitivity(path, of="tumour", spread=2.0, only=["events"])
    assert list(found["parameter"].values) == [
        "events.0.set.kinetics.killing_rate",
        "events.1.multiply.kinetics.proliferation_rate",
    ]
    assert np.all(found["at_low"].values > found["at_high"].values)


def test_what_a_tumour_alone_cannot_say_is_refused(path):
    with pytest.raises(InputError, match="a tumour alone has no body to compare with others"):
        compare(path, ["mouse_28g"])
    with pytest.raises(InputError, match="delivery is that of a body, and this tumour is alone"):
        sensitivity(path, spread=2.0)
    with pytest.raises(InputError, match="no blood feeds this tumour"):
        sensitivity(path, of="blood", spread=2.0)
    path.write_text(IN_BODY)
    with pytest.raises(InputError, match="delivery is that of numbers that stay as they are"):
        sensitivity(path, spread=2.0)
