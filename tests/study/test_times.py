"""Times in days: one number for one time, however it is written or added up."""

import numpy as np
import pytest

from cartflow.alone.simulate import simulate
from cartflow.kinetics.runs.timeline import timeline
from cartflow.study.schedule import even_times
from cartflow.study.study import Study

STUDY = """
title = "one dose, no reactions, two doses, the second given and saved in minutes"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[[doses]]
cells = "1e6 cells"
time = "7 days"

[geometry]
shape = "ball"
radius = "1 mm"
cells = 2
[tumour]
host = "flank"
[kinetics]
models = ["none"]
[time]
end = "14 days"
save = ["7 days", "10080 min"]
"""
MODEL = """
title = "a dose at the very end"
[species.cart]
role = "phenotype"
unit = "cell/mm^3"
[species.tumour]
role = "resident"
unit = "cell/mm^3"
[parameters]
death_rate = "0.1 1/day"
[reactions.death]
consumes = { cart = 1 }
rate = "death_rate*cart"
[scenarios.end]
title = "100 cells per mm3 on day 14 of 14"
end = "14 days"
initial = { tumour = "100 cell/mm^3" }
[[scenarios.end.doses]]
species = "cart"
amount = "100 cell/mm^3"
time = "14 days"
[scenarios.halved]
end = "14 days"
initial = { cart = "100 cell/mm^3", tumour = "100 cell/mm^3" }
[[scenarios.halved.jumps]]
time = "336 h"
multiply = { cart = 0.5 }
[scenarios.weekly]
end = "14 days"
initial = { cart = "100 cell/mm^3" }
[[scenarios.weekly.doses]]
species = "cart"
amount = "100 cell/mm^3"
time = "10080 min"
"""


def saved(settings=None):
    return Study.from_text(STUDY, settings=settings).simulation.save_times


def test_a_time_written_twice_is_saved_once_and_a_dose_stands_in_it():
    result = Study.from_text(STUDY).run().require_finished()
    assert result.tree.time.to_numpy().tolist() == [0.0, 7.0, 14.0]
    infused = result.tree["balance/infused"].sum("phenotype").to_numpy()
    assert infused.tolist() == [1e6, 2e6, 2e6]
    venous = result.tree["body/cells"].sel(organ="blood").sum(["phenotype", "space"]).to_numpy()
    assert venous[1] > 1e6


@pytest.mark.parametrize("written", ["10080 min", "1 week", "168 h", "604800 s"])
def test_a_dose_is_in_the_state_of_its_time_however_that_is_written(written):
    settings = {"doses.1.time": written, "time.save": ["1 week"], "time.end": "8 days"}
    tree = Study.from_text(STUDY, settings=settings).run().require_finished().tree
    assert tree.time.to_numpy().tolist() == [0.0, 7.0, 8.0]
    assert float(tree["balance/infused"].sel(time=7).sum()) == 2e6


def test_a_dose_at_the_end_is_in_the_last_state():
    tree = Study.from_text(STUDY, settings={"doses.1.time": "336 h"}).run().tree
    assert float(tree["balance/infused"].sel(time=14).sum()) == 2e6
    assert float(tree["body/cells"].sel(time=14, organ="blood").sum()) > 1e6


@pytest.mark.parametrize("every", ["0.1 day", "144 min", "2.4 h"])
def test_even_intervals_are_multiples_rounded_once(every):
    text = STUDY.replace('save = ["7 days", "10080 min"]', f'every = "{every}"')
    times = Study.from_text(text).simulation.save_times
    assert times == tuple(float(f"{n}e-1") for n in range(141))


def test_usual_times_do_not_double():
    settings = {"doses.1.time": "1500 min", "time.end": "10 days"}
    text = STUDY.replace('save = ["7 days", "10080 min"]', "")
    times = np.array(Study.from_text(text, settings=settings).simulation.save_times)
    assert np.diff(times).min() > 1e-6
    after = [(1500 + minutes) / 1440 for minutes in (0, 1, 5, 15, 60, 180, 360, 720)]
    assert set(after) <= set(times.tolist())


def test_parts_of_a_split_dose_land_on_their_decimals():
    settings = {
        "doses.1.time": "0.1 day",
        "doses.1.split": [0.25, 0.25, 0.5],
        "doses.1.interval": "0.1 day",
    }
    doses = Study.from_text(STUDY, settings=settings).simulation.coupled.doses
    assert [dose.time for dose in doses] == [0.0, 0.1, 0.2, 0.3]


def test_an_infusion_ends_at_the_sum_of_its_times():
    settings = {"doses.1.time": "0.1 day", "doses.1.duration": "0.2 day"}
    assert Study.from_text(STUDY, settings=settings).simulation.coupled.doses[1].end == 0.3


def test_even_times_end_where_they_should():
    assert even_times(14.0, 401)[200] == 7.0
    assert even_times(0.7, 8) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert even_times(1 / 3, 4)[-1] == 1 / 3


@pytest.fixture
def model(tmp_path):
    (tmp_path / "end.toml").write_text(MODEL)
    return tmp_path / "end.toml"


def test_a_scenario_may_end_with_a_dose(model):
    found = simulate(model)
    cart = found.tree["species/cart"]
    assert float(cart.max()) == 100.0
    assert float(cart.sel(time=14.0)) == 100.0
    assert float(cart.isel(time=-2)) == 0.0
    balance = found.tree["balance"].to_dataset().isel(time=-1)
    assert float(balance.infused.sum()) == 100.0
    assert float(balance.relative_residual) == 0.0
    assert any("highest 100 cell/mm^3 at day 14" in line for line in found.summary_lines())


def test_a_scenario_may_end_with_a_jump(model):
    cart = simulate(model, "halved").tree["species/cart"]
    before, end = float(cart.isel(time=-2)), float(cart.sel(time=14.0))
    assert end == pytest.approx(50.0 * np.exp(-1.4), rel=1e-9)
    assert before > 1.9 * end


def test_a_scenario_without_events_at_its_end_has_none(model):
    found = simulate(model, "weekly")
    times = found.tree.time.to_numpy()
    assert np.diff(times).min() > 1e-9
    assert float(found.tree["species/cart"].sel(time=7.0)) == pytest.approx(
        100.0 * (1.0 + np.exp(-0.7)), rel=1e-9
    )
    segments = timeline(found.model, found.scenario).segments
    assert [(s.start, s.end) for s in segments] == [(0.0, 7.0), (7.0, 14.0)]


def test_random_runs_end_with_a_dose_too(model):
    text = MODEL.replace('title = "a dose', 'compartment_volume = "1 mm^3"\ntitle = "a dose')
    model.write_text(text)
    runs = simulate(model, runs=3).tree["stochastic"].to_dataset()
    assert runs.cart.isel(random_time=-1).to_numpy().tolist() == [100.0] * 3
    assert np.all(runs.cart.isel(random_time=-2) == 0.0)
