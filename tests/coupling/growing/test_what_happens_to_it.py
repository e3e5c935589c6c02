"""Events, doses and restarts of a tumour that grows."""

import numpy as np
import pytest
from growth_studies import IN_MOUSE, STUDY, growing_study

from cartflow.results.result import load_result

TAKEN = STUDY.replace(
    "[geometry]\n",
    """[[events]]
time = "1 day"
remove = { fraction = 0.5, species = ["tumour"] }
[geometry]
""",
)


def test_what_is_removed_takes_its_volume_along(tmp_path):
    text = TAKEN.replace('cells = ["tumour", "dead"]', 'cells = ["tumour"]')
    result = growing_study(tmp_path, text).run()
    tumour = result.tree["tumour"].to_dataset()
    # 1.3 after a day, half of it taken, and on with food that half the volume holds twice.
    assert float(tumour["expansion"][1]) == pytest.approx(0.65, rel=1e-6)
    assert float(tumour["amount_marker"][1]) == pytest.approx(float(tumour["amount_marker"][0]))
    assert tumour["tumour"].values == pytest.approx(1e5, rel=1e-9)
    assert result.outcome.status == "finished"


def test_a_tumour_of_which_nothing_is_left_stops_the_run(tmp_path):
    text = TAKEN.replace("0.5", "1.0")
    result = growing_study(tmp_path, text).run()
    assert str(result.outcome).startswith("stopped: tumour: no cell is left of those that its ")


def test_more_than_the_host_can_feed_stops_the_run(tmp_path):
    study = growing_study(tmp_path, IN_MOUSE, kinetics__parameters__growth_rate="1e5 1/day")
    result = study.run()
    assert "more than its host can feed" in str(result.outcome)


def test_resumed_to_the_bit(tmp_path):
    settings = {
        "kinetics__parameters__killing_rate": "1e-3 mm^3/cell/day",
        "fields__cart__diffusivity": "2 um^2/min",
        "doses": [{"cells": "1e4 cells", "time": "0.5 day", "route": "intratumoural"}],
        "events": [
            {"when": "tumour > 4.5e5 cells", "set": {"kinetics.parameters.loss_rate": "0 1/day"}}
        ],
    }
    whole = growing_study(tmp_path, **settings).run()
    assert whole.outcome.status == "finished"
    assert whole.tree.attrs["events"]

    def press(time, _):
        if time > 1.2:
            raise KeyboardInterrupt

    growing_study(tmp_path, **settings).run(press).write(tmp_path / "part.nc")
    since = load_result(tmp_path / "part.nc")
    again = growing_study(tmp_path, **settings).run(since=since)
    for node in whole.tree.subtree:
        for name, values in node.to_dataset(inherit=False).data_vars.items():
            theirs = again.tree[node.path][name].values
            same = np.array_equal(values.values, theirs, equal_nan=values.dtype.kind == "f")
            assert same, (node.path, name)


def test_result_tells_size_and_places(tmp_path):
    radii = {"inner": {"field": "marker", "above": "0.8"}}
    text = STUDY.replace("time_check = false", "time_check = true")
    study = growing_study(tmp_path, text, geometry__growth__radii=radii)
    result = study.run(mesh_check=True)
    tumour = result.tree["tumour"].to_dataset()
    assert tumour["radius"].values == pytest.approx(np.cbrt(tumour["expansion"].values))
    assert tumour["volume"].values[0] == pytest.approx(4.0 / 3.0 * np.pi)
    assert tumour["position"].values[-1] == pytest.approx(
        tumour["r"].values * float(tumour["radius"][-1])
    )
    # The marker is 1, 0.77 and 0.625: above 0.8 everywhere, then nowhere.
    assert tumour["radius_inner"].values == pytest.approx([1.0, 0.0, 0.0])
    assert np.isnan(result.tree["body"]["volume"].sel(organ="tumour")).all()
    assert result.tree.attrs["time_error_of"] in ("volume of the tumour", "tumour cells")
    assert float(result.tree.attrs["time_error"]) < 1e-5
    assert "volume" in result.tree["errors"]["number"].values
    assert result.tree.attrs["engine_scheme"].startswith("ROS34PW2")
