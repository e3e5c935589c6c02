"""``cartflow sweep``: what it writes and prints, its exit statuses, and runs told in lines."""

import numpy as np
import pytest
import xarray as xr
from studies import half_a_day

from cartflow.cli import main

STUDY = half_a_day()
OVER = ["--over", "fields.cart.diffusivity=1,4 um^2/min"]


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def test_it_writes_a_dataset_and_its_figure(study, capsys):
    command = ["sweep", "study.toml", *OVER, "--bodies", "mouse_28g,human_male"]
    assert main([*command, "--outcome", "depth", "--course", "in_tumour", "--log", "l.txt"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == "members       4 of 4 finished"
    assert "written       study_sweep.nc, study_sweep.png" in told.out
    assert "4 (2 body x 2 diffusivity); 3 numbers of each" in told.err
    assert sorted(p.name for p in study.iterdir()) == [
        "l.txt", "study.toml", "study_sweep.nc", "study_sweep.png",
    ]  # fmt: skip
    with xr.open_dataset("study_sweep.nc") as found:
        assert found["depth"].dims == ("body", "diffusivity")
        assert np.isfinite(found["course_in_tumour"]).all()
    assert main(["plot", "study_sweep.nc", "--force"]) == 0
    capsys.readouterr()
    # As it stands there, it is not overwritten, nor run.
    assert main(command) == 2
    assert "exists already; give --force" in capsys.readouterr().err


def test_rows_of_a_file_and_settings(study, capsys):
    (study / "runs.csv").write_text("geometry.radius [mm]\n2\n-2\n")
    command = ["sweep", "study.toml", "--table", "runs.csv", "--set", "time.end=0.25 day"]
    assert main([*command, "-o", "runs.nc", "--quiet", "--workers", "1"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert "members       1 of 2 finished" in told.out
    assert "failed        1 x refused: geometry.radius: '-2.0 mm' must be greater" in told.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing varies"),
        (["--over", "kinetics.killing_rat=1,2 1/day"], "did you mean 'kinetics.killing_rate'"),
        (["--table", "none.csv"], "none.csv: there is no such file"),
        ([*OVER, "--outcome", "dept"], "did you mean 'depth'"),
        ([*OVER, "--workers", "0"], "--workers: got 0; it must be a whole number from 1 to 256"),
        ([*OVER, "--limit", "soon"], "--limit: 'soon' is not a number"),
        ([*OVER, "-o", "runs.txt"], "did you mean 'runs.nc'"),
        ([*OVER, "-o", "none/runs.nc"], "its folder does not exist"),
        ([*OVER, "--log", "study.toml"], "study.toml: is another kind of file"),
        ([*OVER, "--bodies", "mouse_28g,,"], "--bodies"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(study, capsys, options, message):
    assert main(["sweep", "study.toml", *options]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.err.count("\n") == 1
    assert [p.name for p in study.iterdir() if p.suffix != ".csv"] == ["study.toml"]


def test_no_member_that_finishes_is_status_1_and_leaves_nothing(study, capsys):
    assert main(["sweep", "study.toml", "--over", "geometry.radius=-1,-2 mm"]) == 1
    assert "no member finished; the first: refused: geometry.radius" in capsys.readouterr().err
    assert [p.name for p in study.iterdir()] == ["study.toml"]


def test_a_run_is_told_in_lines_too(study, capsys):
    assert main(["run", "study.toml", "--quiet", "--log", "run.txt"]) == 0
    assert capsys.readouterr().err == ""
    lines = [line.split(" ", 1)[1] for line in (study / "run.txt").read_text().splitlines()]
    assert lines == [
        "begins: Half a day", "ended: Half a day", "outcome: finished", "written: study.nc",
    ]  # fmt: skip
