"""Diffusivities with directions in a study: orders and axes of images, laws, mistakes."""

import nibabel as nib
import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.pde.anisotropic.shapes import matrices
from cartflow.study.fibres import laws
from cartflow.study.study import Study

STUDY = """
title = "cells along fibres"
[[doses]]
route = "intratumoural"
cells = "1e5 cells"
[geometry]
shape = "mask"
file = "mask.nii.gz"
[tumour]
[kinetics]
models = ["predator_prey"]
[fields.cart]
diffusivity = {written}
[time]
end = "1 day"
"""
TURN = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
UPPER = np.triu_indices(3)


def affine(*, mirrored):
    """Voxels turned by 37 degrees, i from left to right or, mirrored, from right to left."""
    found = np.eye(4)
    found[:3, :3] = TURN @ np.diag([-1.0 if mirrored else 1.0, 1.0, 2.0])
    return found


def save(path, values, places, intent=None):
    image = nib.Nifti1Image(values.astype(np.float32), places)
    if intent is not None:
        image.header.set_intent(intent, (3,))
    nib.save(image, path)


@pytest.fixture(params=[False, True], ids=["neurological", "radiological"])
def tissue(tmp_path, request):
    """A mask and, along x, y, z, tensors that differ from voxel to voxel."""
    places = affine(mirrored=request.param)
    save(tmp_path / "mask.nii.gz", np.ones((4, 5, 3)), places)
    noise = np.random.default_rng(7).normal(size=(4, 5, 3, 3, 3))
    tensors = np.einsum("...ab,...cb->...ac", noise, noise) + 0.5 * np.eye(3)
    return tmp_path, places, tensors


def of(folder, written):
    text = STUDY.replace("{written}", written)
    return Study.from_text(text, folder=folder)


def field(study):
    return study.prepared.coupled.engine.problem.fields[0]


def shape(study):
    """Return the tensors over their means, along x, y, z, in the order of the mesh cells."""
    return matrices(field(study).anisotropy)


def wanted(tensors):
    by_cell = tensors.transpose(2, 1, 0, 3, 4).reshape(-1, 3, 3)
    return by_cell / (np.trace(by_cell, axis1=1, axis2=2) / 3.0)[:, None, None]


def packed(tensors, rows, columns):
    return tensors[..., list(rows), list(columns)]


WAYS = {
    "fsl": ((0, 0, 0, 1, 1, 2), (0, 1, 2, 1, 2, 2), "fsl"),
    "mrtrix": ((0, 1, 2, 0, 0, 1), (0, 1, 2, 1, 2, 2), "world"),
    "nifti": ((0, 1, 1, 2, 2, 2), (0, 0, 1, 0, 1, 2), "voxel"),
}


@pytest.mark.parametrize("order", WAYS)
def test_each_order_along_its_own_axes_gives_the_same_tensors(tissue, order):
    folder, places, tensors = tissue
    rows, columns, axes = WAYS[order]
    own = places[:3, :3] / np.linalg.norm(places[:3, :3], axis=0)
    if axes == "world":
        own = np.eye(3)
    elif axes == "fsl" and np.linalg.det(places[:3, :3]) > 0:
        own = own @ np.diag([-1.0, 1.0, 1.0])
    written = packed(np.einsum("ka,...kl,lb->...ab", own, tensors, own), rows, columns)
    more = ', axes = "voxel"' if order == "nifti" else ""
    if order == "nifti":
        save(folder / "dt.nii.gz", written[:, :, :, None, :], places, "symmetric matrix")
    else:
        save(folder / "dt.nii.gz", written, places)
    text = f'tensor = "dt.nii.gz", order = "{order}", law = "power", exponent = 1{more}'
    study = of(folder, f'{{ {text}, mean = "2 um^2/min" }}')
    np.testing.assert_allclose(shape(study), wanted(tensors), rtol=0, atol=2e-6)
    np.testing.assert_allclose(field(study).diffusivity, 2e-6 * 1440.0)
    again = f'{{ tensor = "dt.nii.gz", order = "{order}"{more}, unit = "um^2/min" }}'
    means = np.trace(tensors.transpose(2, 1, 0, 3, 4).reshape(-1, 3, 3), axis1=1, axis2=2) / 3
    np.testing.assert_allclose(field(of(folder, again)).diffusivity, 1.44e-3 * means, rtol=1e-6)


def test_directions_have_no_sign_and_turn_with_the_voxels(tissue):
    folder, places, _ = tissue
    own = places[:3, :3] / np.linalg.norm(places[:3, :3], axis=0)
    fibre = np.array([3.0, 1.0, 2.0]) / np.sqrt(14.0)
    signs = np.random.default_rng(1).choice([-2.0, 1.0], size=(4, 5, 3, 1))
    save(folder / "v1.nii.gz", signs * (own.T @ fibre), places)
    save(folder / "fa.nii.gz", np.full((4, 5, 3), 0.5), places)
    along = 'along = "8 um^2/min", across = "0.8 um^2/min"'
    study = of(folder, f'{{ {along}, direction = "v1.nii.gz", axes = "voxel" }}')
    axis = np.linalg.eigh(shape(study))[1][:, :, -1]
    np.testing.assert_allclose(np.abs(axis @ fibre), 1.0, atol=1e-6)
    same = of(folder, f"{{ {along}, direction = {fibre.tolist()} }}")
    np.testing.assert_allclose(shape(study), shape(same), atol=1e-6)
    values = np.linalg.eigvalsh(shape(same))
    np.testing.assert_allclose(values[:, -1] / values[:, 0], 10.0)
    image = 'alignment = { image = "fa.nii.gz", unit = "1" }, exponent = 2'
    less = of(folder, f"{{ {along}, direction = {fibre.tolist()}, {image} }}")
    # A quarter of the fibres lies along, the rest anyhow: across + 7.2 (1/4 + 3/4/3).
    np.testing.assert_allclose(np.linalg.eigvalsh(shape(less))[:, -1] * 3.2, 0.8 + 7.2 / 2)


def test_laws_at_tensors_of_which_the_answer_is_known():
    water = np.diag([0.3, 0.3, 1.5])[None]
    np.testing.assert_allclose(laws.power(water, 0.0)[0], np.eye(3))
    np.testing.assert_allclose(laws.power(water, 2.0)[0], np.diag([0.04, 0.04, 1.0]), atol=1e-12)
    # c_l = 1.2/2.1, c_p = 0, c_s = 0.9/2.1, and r = 10.
    found = laws.amplified(water, 10.0)[0]
    np.testing.assert_allclose(np.diag(found), [0.3, 0.3, 1.5 * (12.0 + 0.9) / 2.1], rtol=1e-12)
    assert laws.fractional_anisotropy(np.diag([0.0, 0.0, 1.0])[None])[0] == pytest.approx(1.0)
    # Directions drawn about z with density exp(k cos t): the mean of cos^2 t is 1 - 2 L(k)/k.
    strong = laws.von_mises_fisher(np.diag([1e-9, 1e-9, 1.0])[None], 5.0)[0]
    t = (np.arange(200000) + 0.5) / 200000 * 2 - 1
    density = np.exp(5.0 * t)
    assert strong[2, 2] == pytest.approx((density * t**2).sum() / density.sum(), rel=1e-8)
    assert np.trace(strong) == pytest.approx(1.0, rel=1e-12)
    weak = laws.von_mises_fisher(water, 1e-4)[0]
    np.testing.assert_allclose(weak, np.eye(3) / 3, atol=1e-8)


def test_arrays_of_tensors_come_from_a_script(tissue):
    folder, _, tensors = tissue
    study = of(folder, '"2 um^2/min"')
    grid = tensors.transpose(2, 1, 0, 3, 4)
    given = study.with_field("cart", diffusivity=1e-3 * grid)
    np.testing.assert_allclose(shape(given), wanted(tensors), rtol=0, atol=1e-12)
    assert given.prepared.coupled.engine.problem.fields[0].diffusivity.shape == (60,)
    with pytest.raises(InputError, match="not symmetric"):
        study.with_field("cart", diffusivity=grid + np.eye(3, k=1))


GOOD = 'along = "8 um^2/min", across = "1 um^2/min"'
TENSOR = 'tensor = "dt.nii.gz"'


@pytest.mark.parametrize(
    ("written", "match"),
    [
        (f"{{ {GOOD} }}", "direction"),
        (f"{{ {GOOD}, direction = [0, 0, 0] }}", "not all 0"),
        (f'{{ {GOOD}, direction = "v1.nii.gz" }}', "v1.nii.gz"),
        (f'{{ {GOOD}, direction = "mask.nii.gz", axes = "fsl" }}', "needed are .i, j, k, 3."),
        (f'{{ {GOOD}, direction = [1, 0, 0], axes = "fsl" }}', "axes and fill are for"),
        ('{ along = "8 mm", across = "1 um^2/min", direction = [1, 0, 0] }', "along: .*mm"),
        (f"{{ {TENSOR} }}", "key 'law' is missing: a diffusion tensor is water's"),
        (f'{{ {TENSOR}, law = "powr", exponent = 1, mean = "1 um^2/min" }}', "law.*'powr'"),
        (f'{{ {TENSOR}, law = "power", exponent = 1, mean = "1 um^2/min" }}', "'order' is missing"),
        (f'{{ {TENSOR}, order = "nifti", unit = "um^2/min" }}', "'axes' is missing"),
        (f'{{ {TENSOR}, order = "mrtrix", unit = "mm^2/day" }}', "thousandfold"),
        ('{ tensor = "../x.mif", order = "fsl", unit = "um^2/min" }', "x.mif"),
    ],
)
def test_mistakes_are_named_in_a_line(tmp_path, written, match):
    save(tmp_path / "mask.nii.gz", np.ones((4, 5, 3)), np.eye(4))
    save(
        tmp_path / "dt.nii.gz", np.tile([90.0, 80.0, 70.0, 1.0, 2.0, 3.0], (4, 5, 3, 1)), np.eye(4)
    )
    with pytest.raises(InputError, match=match) as caught:
        _ = of(tmp_path, written).prepared
    assert "\n" not in str(caught.value)


def test_what_is_used_is_said(tissue):
    folder, _, _ = tissue
    study = of(folder, f"{{ {GOOD}, direction = [1, 2, 0] }}")
    said = dict(study.described())
    assert "along (0.4472, 0.8944, 0)" in said["image"]
    assert "largest to least direction 8 to 8" in said["image"]
    assert "rates that differ by direction" in study.describe()
    assert {"fields.cart.diffusivity.along", "fields.cart.diffusivity.across"} <= set(
        study.parameters()
    )
