"""Exported results, opened by the libraries that they are for, at ten points of each."""

import json

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from growth_studies import growing_study

from cartflow import Study
from cartflow.cli import main

STUDY = """
title = "Export"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "mask"
file = "mask.nii.gz"
[tumour]
host = "flank"
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "0.1 mm^2/day"
[fields.cart.initial]
rim = "5e3 cells/mm^3"
core = "1e2 cells/mm^3"
[time]
end = "1 day"
every = "0.5 day"
[solver]
mesh_check = false
"""
LABELS = np.zeros((9, 8, 7), dtype=np.uint8)
LABELS[2:8, 1:7, 1:6] = 1
LABELS[2, 1, 1] = 0
C, S = np.cos(0.4), np.sin(0.4)
AFFINES = {
    "aligned": np.array([[0, 0.5, 0, 3], [-0.5, 0, 0, -2], [0, 0, -0.8, 9], [0, 0, 0, 1.0]]),
    "oblique": np.array([[0.5 * C, -S, 0, 3], [0.5 * S, C, 0, -2], [0, 0, 0.8, 9], [0, 0, 0, 1.0]]),
    # Its axes are those of a left hand.
    "mirrored": np.array(
        [[-0.5 * C, -S, 0, 3], [-0.5 * S, C, 0, -2], [0, 0, 0.8, 9], [0, 0, 0, 1.0]]
    ),
}
SHAPES = {
    "coarse": {"geometry.coarsen": 2},
    "split": {"geometry.split": 2},
    "box": {"geometry": {"shape": "box", "lengths": ["2 mm", "1 mm"], "cells": [8, 5]}},
    "ball": {"geometry": {"shape": "ball", "radius": "1 mm", "cells": 12}},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    found = {}
    for name, affine in AFFINES.items():
        nib.save(nib.Nifti1Image(LABELS, affine), folder / "mask.nii.gz")
        settings = SHAPES if name == "aligned" else {}
        for kind, changed in {name: {}, **settings}.items():
            study = Study.from_text(STUDY, folder=folder, settings=changed)
            found[kind] = (study.geometry, study.run().tree)
            study.run().write(folder / f"{kind}.nc")
    return folder, found


def exported(results, kind, form, tmp_path, *more):
    folder, found = results
    out = tmp_path / form
    arguments = ["export", str(folder / f"{kind}.nc"), "--format", form, "--out", str(out)]
    assert main([*arguments, *more]) == 0
    return out, *found[kind]


def ten(size):
    return np.random.default_rng(2).choice(size, 10, replace=False)


@pytest.mark.parametrize("kind", ["aligned", "oblique", "coarse"])
def test_maps_are_on_the_masks_voxels(results, tmp_path, kind):
    out, geometry, tree = exported(results, kind, "nifti", tmp_path)
    image = nib.load(out / "cart.nii.gz")
    affine = AFFINES["aligned" if kind == "coarse" else kind]
    assert image.shape == LABELS.shape
    np.testing.assert_allclose(image.affine, affine, atol=1e-6)
    values = tree["tumour/cart"].isel(time=-1).values[geometry.active]
    if kind != "coarse":
        assert np.array_equal(np.isfinite(image.get_fdata()), LABELS > 0)
    index = np.linalg.inv(affine) @ np.c_[geometry.centres, np.ones(geometry.size)].T
    for cell in ten(geometry.size):
        # A block's centre may lie between its voxels.
        voxel = tuple(np.rint(index[:3, cell] + 1e-3).astype(int))
        np.testing.assert_allclose(image.get_fdata()[voxel], values[cell], rtol=1e-6)
    about = json.loads((out / "cart.json").read_text())
    assert about == {
        "units": "mm-3",
        "long_name": tree["tumour/cart"].attrs["long_name"],
        "time_days": [1.0],
    }


def test_maps_of_split_voxels_hold_as_many_cells(results, tmp_path):
    out, geometry, tree = exported(results, "split", "nifti", tmp_path, "--time", "0.5")
    values = tree["tumour/cart"].sel(time=0.5).values[geometry.active]
    image = nib.load(out / "cart.nii.gz").get_fdata()
    assert np.array_equal(np.isfinite(image), LABELS > 0)
    voxel = abs(np.linalg.det(AFFINES["aligned"][:3, :3]))
    np.testing.assert_allclose(np.nansum(image) * voxel, values @ geometry.cell_volumes, rtol=1e-6)


def test_tables_have_a_row_for_every_cell_and_time(results, tmp_path):
    import pandas as pd

    out, geometry, tree = exported(results, "oblique", "csv", tmp_path)
    table = pd.read_csv(out / "fields.csv")
    assert len(table) == 3 * geometry.size
    for row in ten(len(table)):
        time, cell = divmod(int(row), geometry.size)
        value = tree["tumour/cart"].isel(time=time).values[geometry.active][cell]
        found = table.iloc[row]
        np.testing.assert_allclose(found["cart [mm-3]"], value, rtol=1e-12)
        place = found[["x [mm]", "y [mm]", "z [mm]"]].to_numpy(dtype=float)
        np.testing.assert_allclose(place, geometry.centres[cell], atol=1e-12)
    courses = pd.read_csv(out / "courses.csv")
    asked = courses[(courses.quantity == "in_tumour") & (courses.time == 1.0)]
    np.testing.assert_allclose(
        asked.value.sum(), float(tree["balance/in_tumour"][-1].sum()), rtol=1e-12
    )


@pytest.mark.parametrize("kind", ["aligned", "oblique", "mirrored", "coarse", "box"])
@pytest.mark.parametrize("form", ["vtk", "vtu"])
def test_paraviews_library_finds_the_values_where_they_are(results, tmp_path, kind, form):
    pyvista = pytest.importorskip("pyvista", reason="pyvista is not installed")
    out, geometry, tree = exported(results, kind, form, tmp_path)
    reader = pyvista.get_reader(out / "tumour.pvd")
    assert reader.time_values == [0.0, 0.5, 1.0]
    reader.set_active_time_value(1.0)
    grid = reader.read()[0]
    values = tree["tumour/cart"].isel(time=-1).values[geometry.active]
    centres = np.pad(geometry.centres, ((0, 0), (0, 3 - geometry.centres.shape[1])))
    if kind == "box":
        centres[:, 2] = 0.5
    if kind == "coarse":
        # Of blocks at the edge, which reach beyond the tissue.
        assert grid.volume >= geometry.volume
    places = grid.find_containing_cell(centres)
    for cell in ten(geometry.size):
        np.testing.assert_allclose(grid["cart"][places[cell]], values[cell], rtol=1e-12)
    if form == "vtu":
        assert grid.n_cells == geometry.size
        sizes = grid.compute_cell_sizes()["Volume"]
        if kind != "coarse":
            np.testing.assert_allclose(sizes, geometry.cell_volumes, rtol=1e-9)


@pytest.mark.parametrize("kind", ["aligned", "mirrored", "box", "ball"])
def test_meshio_reads_unstructured_files(results, tmp_path, kind):
    meshio = pytest.importorskip("meshio", reason="meshio is not installed")
    out, geometry, tree = exported(results, kind, "vtu", tmp_path)
    mesh = meshio.read(out / "tumour_2.vtu")
    values = tree["tumour/cart"].isel(time=-1).values[geometry.active]
    if kind == "ball":
        np.testing.assert_allclose(mesh.points[:, 0], geometry.centres[:, 0], rtol=1e-12)
        np.testing.assert_allclose(mesh.point_data["cart"], values, rtol=1e-12)
        return
    corners = mesh.points[mesh.cells_dict["hexahedron"]]
    # VTK takes three edges of the first corner for those of a right hand.
    sizes = np.linalg.det(corners[:, [1, 3, 4]] - corners[:, :1])
    np.testing.assert_allclose(sizes, geometry.cell_volumes, rtol=1e-9)
    centres = corners.mean(axis=1)
    for cell in ten(geometry.size):
        width = geometry.centres.shape[1]
        np.testing.assert_allclose(centres[cell, :width], geometry.centres[cell], atol=1e-9)
        np.testing.assert_allclose(mesh.cell_data["cart"][0][cell], values[cell], rtol=1e-12)


def test_what_cannot_be_is_refused_and_nothing_is_left(results, tmp_path, capsys):
    folder, _ = results
    out = tmp_path / "out"
    for file, more, message in (
        ("ball.nc", ["--format", "nifti"], "cells are layers or shells"),
        (
            "ball.nc",
            ["--format", "vkt"],
            "--format: unknown name 'vkt'; allowed: csv, netcdf, nifti",
        ),
        ("ball.nc", ["--format", "csv", "--time", "0.7"], "--time 0.7: was not saved; the nearest"),
        ("no.nc", ["--format", "csv"], "no.nc: there is no such file"),
        ("mask.nii.gz", ["--format", "csv"], "mask.nii.gz"),
    ):
        assert main(["export", str(folder / file), "--out", str(out), *more]) == 2
        assert message in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []
    again = ["export", str(folder / "ball.nc"), "--format", "csv", "--out", str(out)]
    assert main(again) == 0
    assert main(again) == 2
    assert main([*again, "--force"]) == 0
    (out / "mine.txt").write_text("mine")
    assert main([*again, "--force"]) == 2
    assert (out / "mine.txt").exists()


def test_a_tumour_that_grows_is_exported_as_it_was_at_each_time(tmp_path):
    meshio = pytest.importorskip("meshio", reason="meshio is not installed")
    tree = growing_study(tmp_path, fields__food__initial="2").run().tree["tumour"]
    growing_study(tmp_path, fields__food__initial="2").run().write(tmp_path / "g.nc")
    for form in ("csv", "vtk"):
        assert main(["export", str(tmp_path / "g.nc"), "--format", form]) == 0
    table = pd.read_csv(tmp_path / "g_csv" / "fields.csv").groupby("time [day]")
    for place, (day, rows) in enumerate(table):
        mesh = meshio.read(tmp_path / "g_vtk" / f"tumour_{place}.vtu")
        # Fed evenly by what is carried along, it grows by 0.3 x 2 of its first volume a day.
        volume = 4.0 / 3.0 * np.pi * (1.0 + 0.6 * day)
        edge = np.cbrt(1.0 + 0.6 * day)
        for radius, depth, sizes, cells in (
            (rows["r [mm]"], rows["depth [mm]"], rows["cell_volume [mm3]"], rows["tumour [mm-3]"]),
            (mesh.points[:, 0], *(mesh.point_data[n] for n in ("depth", "cell_volume", "tumour"))),
        ):
            np.testing.assert_allclose(sizes.sum(), volume, rtol=1e-6)
            np.testing.assert_allclose(radius + depth, edge, rtol=1e-6)
            counted = float(tree["amount_tumour"][place])
            np.testing.assert_allclose((cells * sizes).sum(), counted, rtol=1e-12)
