"""Plain trees in files: group for group, name for name, byte for byte what xarray writes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr
from studies import half_a_day

from cartflow import Study
from cartflow.core.dataset import label, without_fill, write
from cartflow.core.large.plain import plain_groups, write_groups

pytestmark = pytest.mark.lowest


def _tree() -> xr.DataTree:
    time, found = np.array([0.0, 1.0]), np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]])
    dims = ("time", "organ")
    root = xr.Dataset(coords={"time": ("time", time, {"units": "day"})}, attrs={"a": "b", "n": 3})
    inner = xr.Dataset(
        {
            "cells": (dims, found, {"units": "1", "range": [0.0, 1.0]}, {"zlib": True}),
            "met": (("organ",), np.array([True, False, True])),
            "count": (("organ",), np.array([1, 2, 3], dtype=np.int32)),
            "single": ((), np.float32(2.5), {"sites": ["left", "right"]}),
            "kept": (dims, found, {}, {"zlib": True, "complevel": 1, "shuffle": False}),
            "name": label((), "lung", "a scalar name"),
        },
        coords={
            "organ": label(
                ("organ",), ["liver", "kn\N{LATIN SMALL LETTER O WITH DIAERESIS}l", ""], ""
            ),
            "site": (("organ",), np.array([7.0, 8.0, 9.0])),
            "lonely": ((), 2.0),
        },
        attrs={"kinds": ["x", "y"]},
    )
    nothing = xr.Dataset({"none": label(("zero",), [], "no names")})
    groups = {"/": root, "/body": inner, "/body/deeper": nothing, "/empty": xr.Dataset()}
    return xr.DataTree.from_dict({name: without_fill(ds) for name, ds in groups.items()})


def _same(tree: xr.DataTree, folder: Path) -> None:
    groups = plain_groups(tree)
    assert groups is not None
    write_groups(groups, folder / "ours.nc")
    tree.to_netcdf(folder / "theirs.nc", engine="netcdf4", write_inherited_coords=True)
    with (
        netCDF4.Dataset(folder / "ours.nc") as ours,
        netCDF4.Dataset(folder / "theirs.nc") as other,
    ):
        assert _held(ours) == _held(other)


def _held(group: Any) -> list[Any]:
    """Everything that a group of a file and those below it hold, in the order of the file."""
    sizes = [(n, len(d), d.isunlimited()) for n, d in group.dimensions.items()]
    variables = [_of_variable(each) for each in group.variables.values()]
    below = [(name, _held(each)) for name, each in group.groups.items()]
    return [group.data_model, _attributes(group), sizes, variables, below]


def _of_variable(made: Any) -> list[Any]:
    made.set_auto_maskandscale(False)
    made.set_auto_chartostring(False)
    kept = made.filters(), made.chunking(), made.endian(), made.dtype.str
    return [made.name, made.dimensions, *kept, _attributes(made), made[...].tobytes()]


def _attributes(made: Any) -> list[tuple[str, type, str, bytes]]:
    found = [(name, made.getncattr(name)) for name in made.ncattrs()]
    as_arrays = [(name, type(value), np.asarray(value)) for name, value in found]
    return [(name, kind, value.dtype.str, value.tobytes()) for name, kind, value in as_arrays]


def test_a_tree_of_every_plain_kind_is_what_xarray_writes(tmp_path: Path) -> None:
    _same(_tree(), tmp_path)


def test_a_result_is_what_xarray_writes(tmp_path: Path) -> None:
    _same(Study.from_text(half_a_day()).run().tree, tmp_path)


@pytest.mark.parametrize(
    "odd",
    [
        xr.Variable(("t",), np.array(["2026-01-01"], dtype="datetime64[ns]")),
        xr.Variable(("t",), [1.0], {}, {"scale_factor": 2.0}),
        xr.Variable(("t",), [1.0], {}, {"_FillValue": -1.0}),
        xr.Variable(("t",), [1.0], {"_FillValue": -1.0}),
        xr.Variable(("t",), [1.0], {"bounds": "t_bounds"}),
        xr.Variable(("t",), np.array([1.0], dtype=">f8")),
        xr.Variable(("t",), np.array(["long"], dtype=object)),
        xr.Variable(("t",), np.array([None], dtype=object), {}, {"dtype": "S1"}),
        xr.Variable(("t",), [1.0], {}, {"dtype": "float32"}),
    ],
)
def test_what_is_not_plain_is_left_to_xarray(tmp_path: Path, odd: xr.Variable) -> None:
    tree = xr.DataTree(xr.Dataset({"odd": odd}))
    assert plain_groups(tree) is None
    if odd.dtype != object or odd.values[0] is not None:
        write(tree, tmp_path / "odd.nc")
        assert "odd" in xr.open_dataset(tmp_path / "odd.nc").variables


def test_a_run_imports_no_dask(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(half_a_day())
    code = (
        "import sys; from cartflow.cli import main; main(); "
        "assert 'cartflow.results.summary' in sys.modules; "
        "print([m for m in ('dask.array', 'distributed') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, "run", "study.toml", "--out", "made.nc"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
