"""A study on finer meshes: limits, orders and widths against finer runs; what is refused."""

import numpy as np
import pytest
import xarray as xr
from studies import front_in_a_ball

from cartflow.analyses.refinement.meshes import finer
from cartflow.analyses.refinement.refine import refine
from cartflow.analyses.refinement.table import refinement_lines
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.figures.refinement import refinement_figure
from cartflow.study.study import Study

STUDY = front_in_a_ball()
MASK = {"shape": "phantom", "volume": "20 mm^3", "spacing": "0.8 mm"}


@pytest.fixture
def path(folder):
    return folder / "study.toml"


def test_limits_and_widths_are_those_of_finer_meshes(path):
    found = refine(path, levels=3, to=0.001)
    assert found["cells"].values.tolist() == [24, 48, 96]
    assert found["width"].values == pytest.approx(1.5 / np.array([24, 48, 96]), rel=0.05)
    finest = refine(path, levels=2, settings={"geometry.cells": 384})
    assert found["limit"].values == pytest.approx(finest["limit"].values, rel=2e-4)
    assert found["order"].sel(number="in_tumour") == pytest.approx(2.0, abs=0.1)
    errors = np.abs(found["error"].sel(number="in_tumour").values)
    assert np.all(errors[:-1] / errors[1:] > 3.5)
    width = float(found["width_for_target"].sel(number="in_tumour"))
    at = {"geometry.cells": round(1.5 / width)}
    value = refine(path, levels=2, settings=at)["value"].sel(number="in_tumour")[0]
    error = abs(float(value / finest["limit"].sel(number="in_tumour")) - 1.0)
    assert 0.0005 < error < 0.002


def test_hardly_any_cells_that_enter_ask_for_no_mesh(path):
    """Given into the tumour: less than a cell of them comes back from the body in a day."""
    found = refine(path, levels=2, settings={"time.end": "1 h"})
    entered = found.sel(number="reached_tumour")
    assert float(entered["value"][-1]) < 1.0
    assert float(entered["width_for_target"]) == float(found["width_for_target"].min())
    lines = refinement_lines(found)
    assert "hardly any cells entered the tumour: their number asks for no mesh" in lines
    assert "entered" not in lines[-1]


def test_the_command_prints_writes_and_draws(path, capsys):
    assert main(["refine", "study.toml", "--levels", "2", "--to", "5 %"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split()[:2] == ["cells", "width"]
    assert [line.split()[0] for line in lines[1:3]] == ["24", "48"]
    assert lines[-2].startswith("use 0.")
    assert " mm for 5 % on " in lines[-2]
    assert lines[-1] == "written       study_meshes.nc, study_meshes.png"
    assert "24 cells of 0.0625 mm" in err
    with xr.open_dataset("study_meshes.nc") as dataset:
        assert refinement_lines(dataset) == lines[:-1]
    assert main(["plot", "study_meshes.nc", "--out", "again.png"]) == 0
    drawn = (path.parent / "study_meshes.png").read_bytes()
    assert drawn == (path.parent / "again.png").read_bytes()
    assert main(["refine", "study.toml", "--levels", "2"]) == 2


@pytest.mark.parametrize(
    ("geometry", "settings"),
    [
        ({"shape": "box", "lengths": ["1 mm", "2 mm"], "cells": [3, 4]}, {"cells": [6, 8]}),
        (
            {"shape": "ellipsoid", "semi_axes": ["2 mm"] * 3, "spacing": "0.5 mm"},
            {"spacing": "0.25 mm"},
        ),
        ({**MASK, "split": 3}, {"split": 6}),
        ({"shape": "mask", "file": "a.nii"}, {"split": 2}),
        ({"shape": "mask", "file": "a.nii", "coarsen": 4}, {"coarsen": [2, 2, 2]}),
        ({"shape": "mask", "file": "a.nii", "coarsen": [4, 2, 2]}, {"coarsen": [2, 1, 1]}),
    ],
)
def test_each_shape_is_refined_in_its_own_way(geometry, settings):
    table = Study.from_text(STUDY, settings={"geometry": geometry}).table.geometry
    assert finer(table, 2) == {f"geometry.{key}": value for key, value in settings.items()}
    assert finer(table, 1) == {}


def test_blocks_are_taken_apart_before_voxels_are_split():
    geometry = {"shape": "mask", "file": "a.nii", "coarsen": 2}
    table = Study.from_text(STUDY, settings={"geometry": geometry}).table.geometry
    assert finer(table, 8) == {"geometry.split": 4, "geometry.coarsen": 1}
    odd = Study.from_text(STUDY, settings={"geometry": {**geometry, "coarsen": 3}}).table.geometry
    with pytest.raises(InputError, match=r"geometry\.coarsen = 3 cannot be halved so often"):
        finer(odd, 2)


def test_a_phantom_keeps_its_shape(path):
    settings = {"geometry": MASK, "time.end": "1 min"}
    found = refine(path, levels=2, settings=settings)
    assert found["cells"].values.tolist() == [39, 8 * 39]
    assert found["width"].values == pytest.approx([0.8, 0.4])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--levels", "1"], "--levels: got 1; it must be a whole number from 2 to 8"),
        (["--levels", "9"], "--levels: got 9; it must be a whole number from 2 to 8"),
        (["--to", "0"], "--to: got '0'; it must be a share between 0 and 1, or such as 1%"),
        (["--to", "150%"], "--to: got '150%'; it must be a share between 0 and 1"),
        (["--to", "little"], "--to: got 'little'; it must be a share between 0 and 1"),
    ],
)
def test_refusals(path, capsys, options, message):
    assert main(["refine", "study.toml", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert [p.name for p in path.parent.iterdir()] == ["study.toml"]


def test_a_study_without_a_tumour_has_no_mesh(path):
    alone = STUDY.partition("[geometry]")[0].replace("intratumoural", "intravenous")
    path.write_text(alone + '[time]\nend = "1 day"\n')
    with pytest.raises(InputError, match="refine: a study without a tumour has no mesh"):
        refine(path)


def test_differences_that_are_round_off_show_no_order_and_no_width(path, capsys):
    # The same everywhere, without a gradient: each mesh says the same.
    settings = {"fields": {"tumour": {"initial": "2e4 cells/mm^3"}}, "doses": [], "time.end": "2 h"}
    found = refine(path, levels=3, settings=settings)
    tumour = found.sel(number="tumour")
    assert np.ptp(tumour["value"].values) < 1e-10 * tumour["value"][0]
    assert np.isnan(tumour["order"])
    assert np.isnan(tumour["width_for_target"])
    assert float(tumour["limit"]) == float(tumour["value"][-1])
    *rows, last = refinement_lines(found)
    assert last == "all numbers: the meshes differ by round-off alone, so no order can be seen"
    assert [row.split()[-1] for row in rows[-3::2]] == ["round-off", "any"]
    assert "round-off" in refinement_figure(found).axes[0].get_legend().get_texts()[0].get_text()
