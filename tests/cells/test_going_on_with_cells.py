"""Runs of cells that were ended go on from what they wrote, with the same numbers to the bit."""

import numpy as np
import pytest
import xarray as xr
from studies import in_tumour, study

from cartflow.cells.stored import with_cells_of
from cartflow.core.outcome import InputError
from cartflow.results.checkpoint.group import GROUP as CHECKPOINT
from cartflow.results.checkpoint.restart import restart
from cartflow.results.result import load_result
from cartflow.study.study import Study

BALL = 'shape = "ball"\nradius = "1 mm"\ncells = 8'
BOX = 'shape = "box"\nlengths = ["0.3 mm", "0.3 mm", "0.3 mm"]\ncells = [6, 6, 6]'
DOSES = """
[[doses]]
cells = "3000000 cells"
[[doses]]
cells = "40 cells"
route = "intratumoural"
time = "0.3 day"
[[doses]]
cells = "20 cells"
route = "intratumoural"
time = "0.4 day"
duration = "0.4 day"
"""
WALKING = """
[fields.cart]
as = "cells"
speed = "1 um/min"
persistence_time = "3 min"
[fields.tumour]
as = "cells"
initial = "200 cells/mm^3"
[cells]
net_rates = "apart"
step = "1 hour"
"""
HYBRID = """
[fields.cart]
as = "cells_below"
threshold = "5 cells"
diffusivity = "5 um^2/min"
[fields.cart.boundaries.rim]
type = "robin"
transfer_coefficient = "0.1 mm/day"
exterior = "300 cells/mm^3"
[fields.tumour]
as = "cells_below"
threshold = "20 cells"
initial = "300 cells/mm^3"
diffusivity = "0.2 um^2/min"
[cells]
net_rates = "apart"
step = "1 hour"
"""
TOUCHING = """
[fields.cart]
as = "cells"
diffusivity = "5 um^2/min"
radius = "5 um"
[fields.tumour]
as = "cells"
initial = "8000 cells/mm^3"
radius = "8 um"
diffusivity = "0.1 um^2/min"
traits = { antigen = { law = "lognormal", median = 3000, deviation = 0.6 } }
[cells]
net_rates = "apart"
step = "1 hour"
crowding = "spheres"
mechanics_step = "10 min"
[[cells.contacts]]
hunter = "cart"
target = "tumour"
reach = "15 um"
attach_rate = "0.1 1/min"
kill_time = "45 min"
pause_time = "10 min"
"""
SMALLER = """
[fields.cart]
as = "cells"
diffusivity = "5 um^2/min"
radius = "5 um"
start = { number = 200 }
[fields.tumour]
as = "cells"
radius = "8 um"
growth_rate = "0.1 1/h"
remains_time = "7 h"
remains_volume = 0.8
start = { lattice = "rows", within = "60 um" }
traits.cycle = { law = "normal", mean = 0.2, deviation = 0.1, daughters = "draw" }
[cells]
net_rates = "apart"
step = "1 hour"
crowding = "spheres"
mechanics_step = "10 min"
[[cells.contacts]]
hunter = "cart"
target = "tumour"
reach = "15 um"
attach_rate = "0.1 1/min"
kill_time = "45 min"
cubes = "30 um"
pull_rate = "0.01 1/min"
[[cells.clocks]]
reaction = "tumour_growth"
trait = "cycle"
due = "waited"
"""
STUDIES = {
    "cells that walk": (BALL, WALKING),
    "cells below a threshold": (BALL, HYBRID),
    "spheres that meet": (BOX, TOUCHING),
    "spheres that are smaller for a while": (BOX, SMALLER),
}
TIME = 'end = "1 day"\nevery = "0.5 day"'


def studied(kind):
    geometry, fields = STUDIES[kind]
    inside = in_tumour(geometry, fields=fields, tumour='injection_region = "all"\n')
    return Study.from_text(study(inside, doses=DOSES, time=TIME))


def ended_after(study, steps, path):
    """Write what there is of a run that is interrupted after so many `steps`."""
    taken = []

    def watch(time, step):
        taken.append(time)
        if len(taken) == steps:
            raise KeyboardInterrupt

    result = study.run(watch)
    assert result.outcome.status == "interrupted"
    result.write(path)
    return taken[-1]


def require_same(one, two):
    for group in ("tumour", "body", "cells", "balance", "exchange"):
        xr.testing.assert_identical(one.tree[group].to_dataset(), two.tree[group].to_dataset())
    assert one.tree.attrs["extinct"] == two.tree.attrs["extinct"]


@pytest.mark.parametrize("kind", STUDIES)
def test_what_was_ended_goes_on_to_the_bit(kind, tmp_path):
    study = studied(kind)
    whole = study.run()
    assert float(np.abs(whole.tree["balance/residual"]).max()) < 1e-8
    # Within the first piece of time, at and between doses, at a saved time, and near the end.
    for steps in (1, 7, 9, 13, 17, 25):
        path = tmp_path / f"{steps}.nc"
        ended_after(study, steps, path)
        gone_on = study.run(since=load_result(path))
        assert gone_on.outcome.status == "finished"
        require_same(whole, gone_on)


@pytest.mark.parametrize("kind", STUDIES)
def test_what_is_kept_on_the_way_goes_on_to_the_bit(kind, tmp_path):
    study, kept = studied(kind), []
    whole = study.run(keep=lambda make: kept.append(make()))
    for number, result in enumerate(kept[2::8]):
        path = tmp_path / f"{number}.nc"
        result.write(path)
        require_same(whole, study.run(since=load_result(path)))


def test_twice_ended_is_once_run(tmp_path):
    study = studied("cells below a threshold")
    whole, path = study.run(), tmp_path / "first.nc"
    ended_after(study, 5, path)
    taken = []

    def watch(time, step):
        taken.append(time)
        if len(taken) == 4:
            raise KeyboardInterrupt

    again = tmp_path / "second.nc"
    study.run(watch, since=load_result(path)).write(again)
    require_same(whole, study.run(since=load_result(again)))


def test_every_state_of_a_run_that_goes_on_passes_its_shelf(tmp_path):
    study, path = studied("cells below a threshold"), tmp_path / "first.nc"
    ended_after(study, 17, path)
    run, shelved = study.prepared, []

    def shelve(state):
        shelved.append(state.time)
        return state

    since = with_cells_of(
        restart(load_result(path).tree, run, study._identity()),
        load_result(path).tree[CHECKPOINT].to_dataset(),
        run,
    )
    record = run.run(since=since, shelve=shelve)
    assert shelved == [state.time for state in record.states] == [0.0, 0.5, 1.0]


def test_a_dose_of_too_many_cells_stops_before_it_with_a_balance_that_closes(tmp_path):
    more = WALKING.replace("[cells]", "[cells]\nmost = 1000")
    inside = in_tumour(BALL, fields=more, tumour='injection_region = "all"\n')
    dose = '[[doses]]\ncells = "5000 cells"\nroute = "intratumoural"\n'
    result = Study.from_text(study(inside, doses=dose, time=TIME)).run()
    assert result.outcome.status == "stopped"
    assert "cells.most = 1000" in result.outcome.message
    assert result.tree["balance/residual"].values == pytest.approx(0, abs=0)
    assert result.tree["balance/infused"].values.tolist() == [[0.0]]


def spoilt(path, change):
    result = load_result(path)
    group = result.tree["checkpoint"].to_dataset(inherit=False).load()
    return result.with_group("checkpoint", change(group))


@pytest.mark.parametrize(
    "change",
    [
        lambda group: group.drop_vars("cells_numbers"),
        lambda group: group.assign(cells_cell_kind=group["cells_cell_kind"] + 100),
        lambda group: group.assign(cells_cell_place=group["cells_cell_place"] + 10_000),
        lambda group: group.assign(cells_cell_mate=group["cells_cell_mate"] + 100_000),
        lambda group: group.assign(cells_cell_position=group["cells_cell_position"] * 1e9),
        lambda group: group.assign(cells_cell_position=group["cells_cell_position"] * np.nan),
        lambda group: group.assign(cells_shot_size=group["cells_shot_size"] - 1),
        lambda group: group.assign(cells_numbers=group["cells_numbers"] * np.nan),
        lambda group: group.assign(cells_given=group["cells_given"] + 9),
    ],
)
def test_a_damaged_checkpoint_is_refused(change, tmp_path):
    study, path = studied("cells that walk"), tmp_path / "first.nc"
    ended_after(study, 9, path)
    with pytest.raises(InputError, match=r"its checkpoint is damaged \(.*\)") as error:
        study.run(since=spoilt(path, change))
    assert "\n" not in str(error.value)


def test_another_seed_is_another_run(tmp_path):
    study, path = studied("cells that walk"), tmp_path / "first.nc"
    ended_after(study, 9, path)
    with pytest.raises(InputError, match="is of another study or version: not the same are study"):
        study.with_settings({"cells.seed": 2}).run(since=load_result(path))
