"""Whole results of members: what `Study.run` comes to, in a file each, whoever runs them."""

import json

import numpy as np
import pytest
import xarray as xr
from studies import half_a_day

from cartflow import InputError, Study, load_result, sweep
from cartflow.cli import main

OVER = {"kinetics.killing_rate": "0.5,1,1.5 1/day", "geometry.radius": "2,-1 mm"}


@pytest.fixture(scope="module")
def study():
    return Study.from_text(half_a_day())


def same(one, other):
    """Whether two results hold the same numbers to the bit, in every group."""
    assert list(one.groups) == list(other.groups)
    for group in one.groups:
        own, wanted = one[group].to_dataset(), other[group].to_dataset()
        xr.testing.assert_identical(own.drop_attrs(), wanted.drop_attrs())


@pytest.mark.parametrize("where", ["threads", "local"])
def test_each_is_the_run_of_the_member_and_the_dataset_names_it(study, tmp_path, where):
    if where == "local":
        pytest.importorskip("distributed")
    folder = tmp_path / "whole"
    found = sweep(study, OVER, workers=2, results=folder, out=tmp_path / "s.nc", scheduler=where)
    names = found["result"].values
    assert (names[:, 1] == "").all()
    assert {path.name for path in folder.iterdir()} == set(names[:, 0])
    assert found.attrs["results"] == "whole"
    for row, rate in enumerate((0.5, 1.0, 1.5)):
        member = load_result(folder / str(names[row, 0]))
        own = study.with_settings(
            {
                "kinetics.parameters.killing_rate": f"{rate} 1/day",
                "geometry.radius": "2 mm",
            }
        ).run(time_check=False)
        same(member.tree, own.tree)
        assert member.outcome == own.outcome
        assert member.summary()["in_tumour"] == float(found["in_tumour"][row, 0])
        assert json.loads(member.tree.attrs["settings"])["geometry.radius"] == "2.0 mm"


def test_those_of_another_sweep_are_overwritten_with_force_alone(study, tmp_path):
    over = {"kinetics.killing_rate": "0.5,1 1/day"}
    sweep(study, over, results=tmp_path / "whole")
    with pytest.raises(InputError, match=r"whole: has results already, such as member_0\.nc"):
        sweep(study, over, results=tmp_path / "whole", out=tmp_path / "s.nc")
    assert not (tmp_path / "s.nc.members").exists()
    sweep(study, over, results=tmp_path / "whole", out=tmp_path / "s.nc", force=True)


def test_a_sweep_that_was_stopped_goes_on_with_the_files_that_it_has(study, tmp_path):
    def stop(ended, _):
        if ended >= 2:
            raise KeyboardInterrupt

    over = {"kinetics.killing_rate": "linear:0.5:1.5:8 1/day"}
    kept = {"results": tmp_path / "whole", "out": tmp_path / "s.nc", "workers": 1}
    with pytest.raises(KeyboardInterrupt):
        sweep(study, over, watch=stop, **kept)
    first = tmp_path / "whole" / "member_0.nc"
    written = first.stat().st_mtime_ns
    with pytest.raises(InputError, match=r"members of another sweep \(other results\)"):
        sweep(study, over, results=tmp_path / "others", out=tmp_path / "s.nc")
    found = sweep(study, over, **kept)
    assert (found["result"] != "").all()
    assert first.stat().st_mtime_ns == written


def test_a_member_that_is_refused_keeps_nothing_of_an_earlier_sweep(study, tmp_path):
    kept = {"results": tmp_path / "whole", "out": tmp_path / "s.nc", "workers": 1}
    sweep(study, {"geometry.radius": "1.5,2 mm"}, **kept)
    found = sweep(study, {"geometry.radius": "2,-1 mm"}, **kept, force=True)
    assert found["result"].values.tolist() == ["member_0.nc", ""]
    assert not (tmp_path / "whole" / "member_1.nc").exists()


def test_the_command_keeps_them_and_refuses_what_is_no_folder(study, tmp_path, capsys):
    path = tmp_path / "study.toml"
    path.write_text(half_a_day())
    told = ["sweep", str(path), "--over", "kinetics.killing_rate=0.5,1 1/day", "--quiet"]
    told += ["-o", str(tmp_path / "s.nc"), "--results"]
    assert main([*told, str(path)]) == 2
    assert "study.toml: is a file, not a folder for results" in capsys.readouterr().err
    assert not (tmp_path / "s.nc").exists()
    assert main([*told, str(tmp_path / "whole")]) == 0
    assert np.isfinite(load_result(tmp_path / "whole" / "member_1.nc").summary()["in_tumour"])


def test_a_file_that_cannot_be_written_ends_the_sweep(study, tmp_path):
    folder = tmp_path / "whole"
    (folder / "member_1.nc").mkdir(parents=True)
    with pytest.raises(InputError, match=r"member_1\.nc: cannot be written"):
        sweep(study, {"kinetics.killing_rate": "0.5,1 1/day"}, results=folder, workers=1)
