"""Numbers of a study that images give: what regions of numbers would do, and what is refused."""

import nibabel as nib
import numpy as np
import pytest
import xarray as xr

from cartflow import InputError, Study
from cartflow.results.summary import summary_lines

LABELS = np.zeros((8, 7, 6), dtype=np.uint8)
LABELS[1:7, 1:6, 1:5] = 1
LABELS[3:7, 1:6, 1:5] = 2
AFFINE = np.diag([-0.5, 0.5, 0.7, 1.0])
STUDY = """
title = "Images"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "mask"
file = "mask.nii.gz"
labels = { one = 1, two = 2 }
[tumour]
host = "flank"
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "0.1 mm^2/day"
initial = "10 cells/mm^3"
[time]
end = "1 day"
every = "0.5 day"
[solver]
initial_step = "0.01 day"
mesh_check = false
"""
# By label; a plain number is one of each key's unit.
VALUES = {
    "fields.cart.diffusivity": ("mm^2/day", 0.05, 0.2),
    "fields.cart.initial": ("cells/mm^3", 30.0, 0.0),
    "tissue.porosity": ("1", 0.4, 0.2),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("images")
    nib.save(nib.Nifti1Image(LABELS, AFFINE), place / "mask.nii.gz")
    for key, (_, one, two) in VALUES.items():
        values = np.choose(LABELS, [one, one, two]).astype(np.float32)
        nib.save(nib.Nifti1Image(values, AFFINE), place / f"{key.rpartition('.')[2]}.nii.gz")
    return place


def study(folder, settings):
    return Study.from_text(STUDY, folder=folder, settings=settings)


def image(key, **more):
    return {"image": f"{key.rpartition('.')[2]}.nii.gz", "unit": VALUES[key][0], **more}


def fields(study):
    tree = study.run().require_finished().tree
    return tree["tumour/cart"].isel(time=-1).values


def test_an_image_of_two_values_is_two_regions(folder):
    by_region = {
        key: {"one": f"{np.float32(one)!s} {unit}", "two": f"{np.float32(two)!s} {unit}"}
        for key, (unit, one, two) in VALUES.items()
    }
    given = study(folder, {key: image(key) for key in VALUES})
    np.testing.assert_allclose(fields(given), fields(study(folder, by_region)), rtol=1e-6)
    # What supplies, removes, feeds and drains may be an image of its own, or by region.
    rates = {"two": "0.5 1/day", "one": "0.5 1/day"}
    parts = {f"fields.cart.regions.{r}.removal": rate for r, rate in rates.items()}
    half = image("tissue.porosity", unit="1/day", clip=["0.5 1/day", "0.6 1/day"])
    mapped = study(folder, {"fields.cart.regions.all.removal": half})
    np.testing.assert_allclose(fields(mapped), fields(study(folder, parts)), rtol=1e-9)


def test_a_plain_image_of_an_array_is_what_with_field_takes(folder):
    z, y, x = study(folder, {}).geometry.coordinates.values()
    values = 0.1 + 0.02 * np.arange(float(z.size * y.size * x.size)).reshape(z.size, y.size, x.size)
    array = xr.DataArray(values, coords={"z": z, "y": y, "x": x}, attrs={"units": "mm2 day-1"})
    plain = study(folder, {})
    affine = np.diag([x[1] - x[0], y[1] - y[0], z[1] - z[0], 1.0])
    affine[:3, 3] = x[0], y[0], z[0]
    one = study(folder, {"fields.cart.diffusivity": {"image": array}})
    ways = [
        one,
        plain.with_field("cart", diffusivity=values),
        plain.with_field("cart", diffusivity=array),
        plain.with_field("cart", diffusivity=(values.T, affine)),
    ]
    found = [w.simulation.coupled.engine.problem.fields[0].diffusivity for w in ways]
    for each in found[1:]:
        np.testing.assert_allclose(each, found[0], rtol=1e-12)
    assert "an array: 0.1 to" in ways[2].images["fields.cart.diffusivity"]


def test_vessels_and_lymphatics_share_out_what_comes_and_goes(folder):
    density = image("tissue.porosity")
    given = study(folder, {"tumour.vessel_density": density, "tumour.lymphatic_density": density})
    door, geometry = given.simulation.coupled.door, given.geometry
    one, two = geometry.region("one"), geometry.region("two")
    np.testing.assert_allclose(door.arrival[one][0] / door.arrival[two][0], 2.0, rtol=1e-6)
    mean = door.egress @ geometry.cell_volumes / geometry.volume
    np.testing.assert_allclose(mean, given.organs.egress_rate, rtol=1e-12)
    np.testing.assert_allclose(door.egress[one][0] / door.egress[two][0], 2.0, rtol=1e-6)
    by_region = study(folder, {"tumour.vessel_density": {"one": 2, "two": 1}})
    np.testing.assert_allclose(by_region.simulation.coupled.door.arrival, door.arrival, rtol=1e-6)
    result = given.run()
    words = "image         tumour.lymphatic_density: porosity.nii.gz: 0.2 to 0.4, mean 0.2667"
    assert words in summary_lines(result.tree)
    assert result.summary()["relative_residual"] < 1e-12


def test_engines_agree_and_the_coarser_mesh_follows(folder):
    settings = {
        "fields.cart.diffusivity": image("fields.cart.diffusivity"),
        "fields.cart.regions.all.removal": image("tissue.porosity", unit="1/day"),
        "fields.cart.regions.all.supply": image("fields.cart.initial", unit="cells/mm^3/day"),
        "solver.mesh_check": True,
    }
    fast = study(folder, settings).run().require_finished()
    fipy = study(folder, settings | {"solver.engine": "fipy"}).run().require_finished()
    one, two = (r.tree["tumour/cart"].isel(time=-1).values for r in (fast, fipy))
    np.testing.assert_allclose(one, two, rtol=2e-3)
    assert "errors" in fast.tree.children


def test_what_images_gave_is_said_and_kept(folder):
    given = study(folder, {"fields.cart.diffusivity": image("fields.cart.diffusivity")})
    words = "diffusivity.nii.gz: 0.05 to 0.2 mm^2/day, mean 0.15"
    assert ("image", f"fields.cart.diffusivity: {words}") in given.described()
    kept = given.parameters()["fields.cart.diffusivity.mean_of_image"]
    assert kept.note == words
    np.testing.assert_allclose(kept.value, 0.15, rtol=1e-6)
    assert given.run().tree.attrs["images"] == f"fields.cart.diffusivity: {words}"
    path = {"image": str(folder / "diffusivity.nii.gz"), "unit": "mm^2/day"}
    settings = study(folder, {"fields.cart.diffusivity": path}).run().tree.attrs["settings"]
    assert str(folder) not in settings


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"image": "no.nii.gz", "unit": "mm^2/day"}, r"no\.nii\.gz: there is no such file"),
        ({"image": "mask.nii.gz"}, "diffusivity: key 'unit' is missing"),
        ({"image": "mask.nii.gz", "unit": "mm"}, "diffusivity: .*mm"),
        ({"image": "mask.nii.gz", "unti": "mm"}, "diffusivity: unknown key 'unti'"),
        (
            {"image": "mask.nii.gz", "unit": "mm^2/day", "scale": -1},
            "diffusivity: scale: .*greater than 0",
        ),
        ({"image": "mask.nii.gz", "unit": "mm^2/day", "clip": [2, 1]}, "clip: got .* lower"),
        (
            {"image": "mask.nii.gz", "unit": "mm^2/day", "law": "square"},
            "law: unknown name 'square'",
        ),
        ({"image": "mask.nii.gz", "unit": "mm^2/s"}, "water's diffusion .* give a law"),
        ({"image": "mask.nii.gz", "law": "cellularity", "full": "1 cells/mm^3"}, "'cellularity'"),
        ({"image": "", "unit": "mm^2/day"}, "image: .*an empty name; give an image file"),
        ({"image": "mask.nii.gz", "unit": "mm^2/day", "fill": "-1 mm^2/day"}, "fill: .* below 0"),
        ({"image": "mask.nii.gz", "unit": "mm^2/day", "law": ["x"]}, "law: unknown name"),
        ({"image": 7, "unit": "mm^2/day"}, "image: an array: got int; give a file"),
    ],
)
def test_tables_that_do_not_serve_are_refused_in_a_line(folder, table, message):
    given = study(folder, {"fields.cart.diffusivity": table})
    with pytest.raises(InputError, match=message) as caught:
        _ = given.prepared
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("study: fields.cart.diffusivity")


def test_a_line_of_cells_has_no_place_in_an_image(folder):
    settings = {"geometry": {"shape": "ball", "radius": "1 mm", "cells": 10}}
    settings["fields.cart.diffusivity"] = image("fields.cart.diffusivity")
    with pytest.raises(InputError, match="cells of a ball are shells or layers"):
        _ = study(folder, settings).prepared
