"""The endpoint: a tumour without gradients against the kinetics' own solution, and its words."""

import numpy as np
import pytest
from studies import BALL, GROWING, MOVING, in_tumour, study

from cartflow.results.endpoint import endpoint_group, endpoint_lines, first_most, regrown
from cartflow.results.result import load_result
from cartflow.study.study import Study

STUDY = study(
    in_tumour(
        BALL.replace("10", "5"),
        fields=f"""[kinetics.parameters]
growth_rate = "0.5 1/day"
carrying_capacity = "1e5 cells/mm^3"
killing_rate = "0 1/day"
{MOVING}
{GROWING}""",
    ),
    title="a tumour that grows by itself",
    time='end = "4 days"\nevery = "1 day"',
)
VOLUME = 4.0 / 3.0 * np.pi


@pytest.fixture(scope="module")
def result():
    return Study.from_text(STUDY).run()


def test_a_tumour_that_nothing_kills_follows_its_logistic_growth(result):
    found = result.tree["summary"].to_dataset().sel(resident="tumour")
    grown = 1e5 / (1.0 + 4.0 * np.exp(-0.5 * 4.0))
    assert float(found["cells_start"]) == pytest.approx(2e4 * VOLUME, rel=1e-12)
    assert float(found["cells_end"]) == pytest.approx(grown * VOLUME, rel=1e-5)
    assert float(found["cells_least"]) == float(found["cells_start"])
    assert float(found["time_least"]) == 0.0
    assert np.isnan(found["time_regrown"])
    assert result.summary()["residents_end"] == float(found["cells_end"])


def test_the_group_is_in_the_file(result, tmp_path):
    result.write(tmp_path / "grown.nc")
    again = load_result(tmp_path / "grown.nc").tree
    assert again["summary"].to_dataset().identical(result.tree["summary"].to_dataset())
    assert endpoint_group(again).equals(endpoint_group(result.tree))


def test_it_is_said_in_a_line(result):
    grown = float(result.tree["summary/cells_end"][0])
    start = 2e4 * VOLUME
    assert endpoint_lines(result.tree)[0] == (
        f"residents     tumour cells: {start:.6g} at the start, {grown:.6g} at the end "
        f"({100 * grown / start:.3g} %)"
    )


@pytest.mark.parametrize(
    ("cells", "day"),
    [
        ([4.0, 2.0, 3.0, 5.0], 2.5),
        ([4.0, 2.0, 4.0, 8.0], 2.0),
        ([4.0, 2.0, 3.0, 3.9], np.nan),
        ([4.0, 5.0, 6.0, 7.0], np.nan),
        ([4.0, 4.0, 4.0, 4.0], np.nan),
    ],
)
def test_regrowth_is_where_the_course_comes_back_to_its_start(cells, day):
    found = regrown(np.arange(4.0), np.array(cells))
    assert found == pytest.approx(day, nan_ok=True)


def test_peaks_are_those_of_the_saved_times(result):
    tree = result.tree
    inside = tree["balance/in_tumour"].sum("phenotype")
    found = tree["summary"].to_dataset()
    assert float(found["peak_in_tumour"]) == float(inside.max()) > 0
    day = float(inside["time"][int(inside.values.argmax())])
    assert float(found["time_of_peak_in_tumour"]) == day
    cells = (tree["tumour/tumour"][-1] * tree["tumour/cell_volume"]).sum()
    ratio = float(found["product_per_resident"])
    assert ratio == pytest.approx(float(inside[-1]) / float(cells), rel=1e-12)
    assert f"; {ratio:.3g} per resident cell at the end" in endpoint_lines(tree)[1]


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ([200.0, 200.00000000000003, 200.00000000000034], 0),  # seen: cells that nothing changes
        ([1.0, 3.0, 3.0 - 1e-13, 2.0], 1),
        ([0.0, 0.0], 0),
        ([-5.0, -4.0, -4.0 + 1e-14], 1),
        ([1.0, 1.0 + 1e-9], 1),
    ],
)
def test_round_off_does_not_say_when_cells_are_most(values, place):
    assert first_most(np.array(values)) == place
