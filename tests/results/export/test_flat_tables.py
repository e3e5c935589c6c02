"""An analysis as tables: every number with its unit and its place, and nothing of hostile names."""

import csv

import numpy as np
import pytest
import xarray as xr

from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.export.flat_tables import export_tables


def analysis():
    values = np.arange(6.0).reshape(3, 2)
    return xr.Dataset(
        {
            "course": (("time", "member"), values, {"units": "mm-3"}),
            "share": (("time", "member"), values / 10, {"units": "1"}),
            "dose": (("member",), [1e6, 2e6], {"units": "cell"}),
            "most": ((), 5.0, {"units": "mm"}),
        },
        coords={
            "time": ("time", [0.0, 0.5, 1.0], {"units": "day"}),
            "name": ("member", ["low", "high"]),
        },
    )


def rows(path):
    return list(csv.reader(path.read_text().splitlines()))


def test_a_table_for_each_set_of_dimensions(tmp_path):
    export_tables(analysis(), tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {
        "time_member.csv",
        "member.csv",
        "numbers.csv",
    }
    table = rows(tmp_path / "time_member.csv")
    assert table[0] == ["time [day]", "member", "name", "course [mm-3]", "share"]
    assert table[4] == ["0.5", "1", "high", "3.0", "0.3"]
    assert rows(tmp_path / "member.csv")[2] == ["1", "high", "2000000.0"]
    assert rows(tmp_path / "numbers.csv") == [["most [mm]"], ["5.0"]]


def test_names_that_are_no_words_are_refused(tmp_path):
    bad = analysis().rename(member="../member")
    with pytest.raises(InputError, match=r"dimension '\.\./member': is no word"):
        export_tables(bad, tmp_path)


def test_too_many_rows_are_refused(tmp_path):
    one = np.broadcast_to(0.0, (5000, 5000))
    bad = xr.Dataset({"huge": (("a", "b"), one)})
    with pytest.raises(InputError, match=r"a x b: would be 25000000 rows; 20000000 is the most"):
        export_tables(bad, tmp_path)


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    analysis().to_netcdf("a.nc")
    assert main(["export", "a.nc", "--format", "csv"]) == 0
    assert "member.csv" in capsys.readouterr().out
    assert main(["export", "a.nc", "--format", "vtk"]) == 2
    assert "--format: got vtk; a.nc is no run's, csv alone is possible" in capsys.readouterr().err
    assert main(["export", "a.nc", "--format", "csv", "--time", "1", "--out", "b"]) == 2
    assert "--time: a.nc is no run's, all of it is exported" in capsys.readouterr().err
