"""Any file of cartflow is drawn without a warning, or refused with what it lacks."""

import numpy as np
import pytest
import xarray as xr
from legible import faults
from matplotlib.figure import Figure
from studies import BALL, in_tumour, study

from cartflow.alone.simulate import simulate
from cartflow.analyses.compare import compare
from cartflow.analyses.sensitivity import sensitivity
from cartflow.cli import main
from cartflow.commands.drawing import drawing
from cartflow.core.dataset import netcdf, write
from cartflow.core.outcome import InputError
from cartflow.core.saving.kinds import NETCDF, PNG
from cartflow.core.saving.whole import write_whole
from cartflow.results.result import load_result
from cartflow.study.study import Study

STUDY = study(
    in_tumour(BALL.replace("10", "5")),
    doses="{doses}",
    time='end = "1 h"\nevery = "20 min"\n[solver]\ntolerance = 1e-3',
)
DOSE = '[[doses]]\ncells = "1e6 cells"'
BOX = {"geometry": {"shape": "box", "lengths": ["1 mm", "2 mm"], "cells": [3, 4]}}
MARROW = """
title = "marrow"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[organs.bone_marrow.kinetics]
models = ["predator_prey"]
[time]
end = "1 h"
"""


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Return one tree of each kind that is drawn."""
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text(STUDY.format(doses=DOSE))
    quick = {"time.end": "10 min", "time.every": "5 min"}
    return {
        "run": Study.from_file(path).run().tree,
        "no doses": Study.from_text(STUDY.format(doses="")).run().tree,
        "box": Study.from_file(path, BOX).run().tree,
        "body": Study.from_text(MARROW).run().tree,
        "simulate": simulate("predator_prey", settings={"end": "1 day"}).tree,
        "compare": xr.DataTree(compare(path, ["mouse_28g", "mouse_20g"], settings=quick)),
        "sensitivity": xr.DataTree(sensitivity(path, samples=0, only=["body.cardiac_output"])),
    }


KINDS = ("run", "no doses", "box", "body", "simulate", "compare", "sensitivity")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn(trees, kind, tmp_path, capsys, monkeypatch):
    # Warnings are errors.
    found = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure,
        "savefig",
        lambda f, *where, **how: (found.extend(faults(f)), save(f, *where, **how)),
    )
    write(trees[kind], tmp_path / "x.nc")
    assert main(["plot", str(tmp_path / "x.nc")]) == 0
    assert capsys.readouterr().out == f"written       {tmp_path / 'x.png'}\n"
    assert (tmp_path / "x.png").read_bytes().startswith(PNG)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.nc", "x.png"]
    assert found == []


def saved(path, groups):
    """Write groups as they are, also where they no longer fit together."""
    for name, dataset in groups.items():
        dataset.to_netcdf(path, group=name, mode="a" if path.exists() else "w", engine="netcdf4")


def groups(tree):
    return {name: node.to_dataset() for name, node in tree.subtree_with_keys if name != "."}


def spoil(tree, group, change):
    """Return the groups with a change in one of them, or in every one that has times."""
    parts = {None: tree.to_dataset(), **groups(tree)}
    for name, part in parts.items():
        if name == group or (group == "every" and "time" in part.dims):
            parts[name] = change(part)
    return {name: part for name, part in parts.items() if part is not None}


def without(name):
    return lambda dataset: dataset.drop_vars(name)


def along(dim, place):
    return lambda dataset: dataset.isel({dim: place})


def times(name, factor):
    return lambda dataset: dataset.assign({name: dataset[name] * factor})


def of_text(name):
    return lambda dataset: dataset.assign({name: dataset[name].astype(str)})


CASES = {
    "no cells": ("run", "body", without("cells"), r"body/cells: the variable is missing"),
    "no born": ("run", "balance", without("born"), r"balance/born: the variable is missing"),
    "no group": ("run", "exchange", lambda _: None, r"the group 'exchange' is missing"),
    "no time": ("run", "every", along("time", slice(0, 0)), r"body: 'time' is empty"),
    "one time lost": ("run", "tumour", along("time", 0), r"tumour: the coordinate 'time'"),
    "time falls": ("run", "every", along("time", slice(None, None, -1)), "'time' does not rise"),
    "nan time": ("run", "every", times("time", np.nan), r"body/time: must hold finite numbers"),
    "text": ("run", "balance", of_text("died"), r"balance/died: holds no numbers"),
    "no field": ("run", "tumour", without("cart"), r"tumour/cart: the variable is missing"),
    "no place": ("run", "tumour", times("depth", np.nan), r"tumour/depth: must hold finite"),
    "no depth": ("box", "tumour", without("depth"), r"tumour/depth: the variable is missing"),
    "fewer dims": ("box", "balance", along("phenotype", 0), r"has the dimensions \(time\), not"),
    "one name": ("run", "tumour", along("phenotype", 0), r"coordinate 'phenotype' is missing"),
    "site lost": ("body", "body", along("site", 0), r"body/density_cart: has the dimensions"),
    "no species": (
        "simulate",
        "species",
        lambda d: d[[]],
        "there is none",
    ),
    "no total": ("simulate", "balance", without("died"), r"balance/died: the variable is missing"),
    "no point": ("compare", None, without("delivery"), r"delivery: the variable is missing"),
    "no course": (
        "compare",
        None,
        without("blood_course"),
        r"blood_course: the variable",
    ),
    "no end": ("sensitivity", None, without("at_low"), r"at_low: the variable is missing"),
    "below 0": ("sensitivity", None, times("at_high", -1.0), r"at_high: holds numbers below 0"),
    "no unit": ("sensitivity", None, without("unit"), r"unit: the variable is missing"),
}


@pytest.mark.parametrize(("kind", "group", "change", "message"), CASES.values(), ids=CASES)
def test_what_is_missing_is_named(trees, tmp_path, kind, group, change, message, capsys):
    saved(tmp_path / "x.nc", spoil(trees[kind], group, change))
    assert main(["plot", str(tmp_path / "x.nc")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    with pytest.raises(InputError, match=rf"x\.nc: .*{message}"):
        drawing(tmp_path / "x.nc")
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lost", ["units", "long_name", "title", "outcome", "role_of_tumour"])
def test_a_lost_attribute_stops_no_figure(trees, tmp_path, kind, lost):
    parts = {None: trees[kind].to_dataset(), **groups(trees[kind])}
    for part in parts.values():
        part.attrs.pop(lost, None)
        for name in part.variables:
            part[name].attrs.pop(lost, None)
    if lost == "role_of_tumour" and "tumour" in parts:
        parts["tumour"]["tumour"].attrs.pop("role")
    saved(tmp_path / "x.nc", parts)
    drawing(tmp_path / "x.nc")(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("kind", ["run", "box", "body", "simulate"])
def test_a_single_saved_time_is_drawn(trees, tmp_path, kind):
    parts = {None: trees[kind].to_dataset(), **groups(trees[kind])}
    parts = {n: p.isel(time=slice(0, 1)) if "time" in p.dims else p for n, p in parts.items()}
    saved(tmp_path / "x.nc", parts)
    drawing(tmp_path / "x.nc")(tmp_path / "x.png")
    assert (tmp_path / "x.png").exists()


def test_what_stumbles_the_library_is_one_line(trees, tmp_path, monkeypatch):
    def stumble(*_):
        raise ZeroDivisionError

    write(trees["run"], tmp_path / "x.nc")
    monkeypatch.setattr("cartflow.commands.drawing.plot_result", stumble)
    with pytest.raises(InputError, match=r"x\.nc: cannot be drawn \(ZeroDivisionError\)"):
        drawing(tmp_path / "x.nc")(tmp_path / "x.png")


def test_a_comparison_is_no_result(trees, tmp_path):
    write(trees["compare"], tmp_path / "x.nc")
    with pytest.raises(InputError, match=r"x\.nc: not a result of cartflow \(the group 'body'"):
        load_result(tmp_path / "x.nc")


def test_a_file_that_claims_more_than_it_holds(tmp_path, trees):
    path = tmp_path / "x.nc"
    write(trees["simulate"], path)
    import netCDF4

    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("vast", 10**12)
        # Nothing is written to its chunks, so that the file stays small.
        file["species"].createVariable("claim", "f8", ("vast",), chunksizes=(1000,))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InputError, match=r"x\.nc: claims to hold 8e\+03 GB, which is more than it"):
        load_result(path)


@pytest.mark.parametrize("damage", [b"", NETCDF, NETCDF + b"\r\n\x1a\n" + b"\0" * 500, b"a" * 99])
def test_what_is_no_netcdf(tmp_path, damage):
    (tmp_path / "x.nc").write_bytes(damage)
    with pytest.raises(InputError, match=r"x\.nc: not a result of cartflow \("):
        load_result(tmp_path / "x.nc")


def test_a_figure_that_fails_leaves_nothing(trees, tmp_path):
    def fails(path):
        path.write_bytes(PNG)
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"x\.png: cannot be written \(No space left on device"):
        write_whole(tmp_path / "x.png", fails)
    assert not list(tmp_path.iterdir())
    write_whole(tmp_path / "x.nc", netcdf(trees["simulate"]))
