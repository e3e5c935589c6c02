"""Every group of a file stands alone: read without the others it has its own coordinates."""

import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest
import xarray as xr
from studies import study

from cartflow.alone.simulate import simulate
from cartflow.core.dataset import read
from cartflow.study.study import Study

STUDY = study("{tumour}", time='end = "2 days"\nsave = ["1 min", "1 day"]')
TUMOUR = """
[geometry]
shape = "ball"
radius = "1 mm"
cells = 5
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey", "chemokine"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.cart.regions.all]
supply = "1 cells/mm^3/day"
[fields.chemokine]
diffusivity = "100 um^2/s"
[fields.chemokine.boundaries.rim]
type = "fixed_value"
value = "0 ng/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[solver]
tolerance = 1e-3
"""
ORGAN = """
[organs.bone_marrow.kinetics]
models = ["predator_prey"]
[organs.bone_marrow.initial]
tumour = "1e3 cells/mm^3"
"""
FILES = ("tumour", "organ", "simulated")
# A variable over time of every group, by file.
OVER_TIME = {
    "tumour": {
        "body": "cells",
        "tumour": "penetration_depth_all",
        "exchange": "cumulative_inflow",
        "balance": "in_tumour",
    },
    "organ": {"body": "cells", "balance": "died"},
    "simulated": {"species": "tumour", "balance": "born"},
}
GROUPS = [(file, group) for file, found in OVER_TIME.items() for group in found]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("groups")
    Study.from_text(STUDY.format(tumour=TUMOUR)).run().write(folder / "tumour.nc")
    Study.from_text(STUDY.format(tumour=ORGAN)).run().write(folder / "organ.nc")
    simulate("barros2021", settings={"end": "2 days"}).write(folder / "simulated.nc")
    return folder


@pytest.mark.parametrize(("file", "group"), GROUPS)
def test_day_one_is_day_one_in_a_group_alone(files, file, group):
    path, name = files / f"{file}.nc", OVER_TIME[file][group]
    tree = xr.open_datatree(path, decode_timedelta=False).load()
    tree.close()
    with xr.open_dataset(path, group=group, decode_timedelta=False) as alone:
        assert alone.time.to_numpy().tolist() == tree.time.to_numpy().tolist()
        assert alone.time.attrs["units"] == "day"
        assert "time" in alone.coords
        for found in alone.data_vars.values():
            # Every dimension has its values beside it; an affine's rows and columns have none.
            assert set(found.dims) - {"affine_row", "affine_column"} <= set(alone.coords)
        day = alone[name].sel(time=1.0)
        xr.testing.assert_equal(day.load(), tree[group][name].sel(time=1.0))


@pytest.mark.parametrize("file", FILES)
def test_a_tree_read_again_is_the_tree_that_was_written(files, tmp_path, file):
    from cartflow.core.dataset import write

    tree = read(files / f"{file}.nc")
    write(tree, tmp_path / "again.nc")
    assert tree.identical(read(tmp_path / "again.nc"))
    assert "time" in tree.coords
    for node in tree.children.values():
        # Equal coordinates are the root's, so that they are one in memory.
        assert "time" not in node.to_dataset(inherit=False).coords


def test_numbers_without_time_are_numbers(files):
    with xr.open_dataset(files / "tumour.nc", group="parameters") as numbers:
        assert all(item.ndim == 0 for item in numbers.data_vars.values())
        assert float(numbers.time_end) == 2.0


# In a process of their own: two copies of the HDF5 library in one process do not bear each other.
NETCDF4 = """
import sys, netCDF4, numpy as np
path, group, name = sys.argv[1:]
with netCDF4.Dataset(path) as root:
    here = root[group]
    assert here["time"].units == "day"
    assert here["time"].dimensions == ("time",)
    assert here[name].dimensions[0] == "time"
    row = int(np.flatnonzero(here["time"][:] == 1.0)[0])
    assert np.isfinite(np.ma.filled(here[name][row], np.nan)).any()
    assert set(here[name].dimensions) <= set(here.variables)
"""
H5PY = """
import sys, h5py
path, group, name = sys.argv[1:]
with h5py.File(path) as root:
    here = root[group]
    times = here["time"][:]
    assert times.tolist() == root["time"][:].tolist()
    assert here["time"].attrs["units"] == b"day"
    assert here[name].shape[0] == times.size
    assert here[name].dims[0].keys() == ["time"]
"""


@pytest.mark.parametrize(("file", "group"), GROUPS)
def test_netcdf4_finds_the_coordinates_in_the_group(files, file, group):
    output(sys.executable, "-c", NETCDF4, files / f"{file}.nc", group, OVER_TIME[file][group])


@pytest.mark.parametrize(("file", "group"), GROUPS)
def test_hdf5_holds_the_coordinates_in_the_group(files, file, group):
    if find_spec("h5py") is None:
        pytest.skip("h5py is not installed")
    output(sys.executable, "-c", H5PY, files / f"{file}.nc", group, OVER_TIME[file][group])


def tool(name):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not on this machine")
    return name


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("file", "group"), GROUPS)
def test_ncdump_prints_a_group_with_its_time(files, file, group):
    text = output(tool("ncdump"), "-g", group, "-v", "time", str(files / f"{file}.nc"))
    inside = text.partition(f"group: {group} ")[2]
    assert "double time(time)" in inside
    assert 'time:units = "day"' in inside


@pytest.mark.parametrize(("file", "group"), GROUPS)
def test_nco_takes_a_group_out_by_time(files, tmp_path, file, group):
    taken, name = tmp_path / "taken.nc", OVER_TIME[file][group]
    command = (tool("ncks"), "-O", "-G", ":", "-g", group, "-d", "time,1.0", "-v", name)
    output(*command, str(files / f"{file}.nc"), str(taken))
    with (
        xr.open_dataset(taken, decode_timedelta=False) as flat,
        xr.open_dataset(files / f"{file}.nc", group=group, decode_timedelta=False) as alone,
    ):
        assert flat.time.to_numpy().tolist() == [1.0]
        xr.testing.assert_equal(flat[name].load(), alone[name].sel(time=[1.0]).load())


# As a file that old readers know: names are characters, and decoded by those that can.
NAMES = """
import sys, netCDF4
with netCDF4.Dataset(sys.argv[1]) as root:
    for group in (root, *root.groups.values()):
        for variable in group.variables.values():
            assert variable.dtype is not str, variable
    print(*root["body"]["organ"][:])
    print(root["body"]["organ"].dtype)
"""


def test_names_are_characters(files):
    organs = read(files / "tumour.nc")["body"]["organ"].to_numpy().tolist()
    assert {"lung", "tumour"} <= set(organs)
    names, kind = output(sys.executable, "-c", NAMES, files / "tumour.nc").splitlines()
    assert names.split() == organs
    assert kind == "|S1"
    text = output(tool("ncks"), "-V", "-C", "-g", "body", "-v", "organ", str(files / "tumour.nc"))
    assert all(organ in text for organ in organs)


def test_names_that_are_empty_or_not_ascii_come_back(tmp_path):
    from cartflow.core.dataset import label, write

    names = {"a": ["", "x"], "b": [""], "c": ["\N{MICRO SIGN}m", "\N{GREEK SMALL LETTER ALPHA} 1"]}
    coords = {dim: label((dim,), values, "names") for dim, values in names.items()}
    write(xr.DataTree(xr.Dataset(coords=coords)), tmp_path / "names.nc")
    with xr.open_dataset(tmp_path / "names.nc") as found:
        for dim, values in names.items():
            assert found[dim].to_numpy().tolist() == values


def test_cdo_reads_what_stands_over_names(files, tmp_path):
    taken, second = tmp_path / "taken.nc", tmp_path / "day.nc"
    output(tool("ncks"), "-O", "-G", ":", "-g", "body", str(files / "tumour.nc"), str(taken))
    output(tool("cdo"), "-s", "seltimestep,3", "-selname,cells", str(taken), str(second))
    with (
        xr.open_dataset(second, decode_times=False) as day,
        xr.open_dataset(files / "tumour.nc", group="body") as alone,
    ):
        expected = alone.cells.sel(time=1.0).to_numpy().ravel()
        assert day.cells.to_numpy().ravel() == pytest.approx(expected, nan_ok=True)


def test_cdo_reads_a_group_that_nco_took_out(files, tmp_path):
    # cdo itself reads no groups.
    taken = tmp_path / "taken.nc"
    output(tool("ncks"), "-O", "-G", ":", "-g", "tumour", str(files / "tumour.nc"), str(taken))
    tool("cdo")
    names = output("cdo", "-s", "showname", str(taken)).split()
    assert {"cart", "tumour", "chemokine", "cell_volume", "penetration_depth_all"} <= set(names)
    assert output("cdo", "-s", "ntime", str(taken)).split() == ["4"]
    second = tmp_path / "day.nc"
    output("cdo", "-s", "seltimestep,3", "-selname,tumour", str(taken), str(second))
    with (
        xr.open_dataset(second, decode_times=False) as day,
        xr.open_dataset(files / "tumour.nc", group="tumour") as alone,
    ):
        assert day.time.to_numpy().tolist() == [1.0]
        expected = alone.tumour.sel(time=1.0).to_numpy()
        assert day.tumour.to_numpy().ravel() == pytest.approx(expected)
