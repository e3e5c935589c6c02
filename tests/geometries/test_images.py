"""NIfTI and NRRD: one world, every header honoured, every bad file named."""

from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import read_mask

pytestmark = pytest.mark.lowest
TUMOURS = Path(__file__).parents[2].parent / "shared" / "data" / "pyradiomics_tumours"
LABELS = np.zeros((6, 5, 4), dtype=np.int16)
LABELS[1:5, 1:4, 1:3] = 1
LABELS[2, 2, 1:3] = 2
LABELS[4, 1, 1] = 0
# Anisotropic, x and y running down, y and z exchanged.
TURNED = np.array(
    [[-0.5, 0, 0, 40.0], [0, 0, 2.5, -7.0], [0, -1.25, 0, 12.0], [0, 0, 0, 1]], dtype=float
)


def rotation():
    """Return a rotation by 0.3 about x and 0.4 about z."""
    c, s, d, t = np.cos(0.4), np.sin(0.4), np.cos(0.3), np.sin(0.3)
    about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return about_z @ np.array([[1, 0, 0], [0, d, -t], [0, t, d]])


def oblique():
    affine = np.eye(4)
    affine[:3, :3] = rotation() * [0.5, 1.25, 2.5]
    affine[:3, 3] = [3.0, -4.0, 5.0]
    return affine


def by_place(centres):
    return centres[np.lexsort(centres.round(6).T)]


def write_nifti(path, labels, affine, **header):
    image = nibabel.Nifti1Image(labels, affine)
    for name, value in header.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


def write_nrrd(path, labels, affine, space="left-posterior-superior", **more):
    signs = {"left": -1.0, "posterior": -1.0}
    flip = np.array([signs.get(part, 1.0) for part in space.split("-")])
    header = {
        "space": space,
        "space directions": (affine[:3, :3] * flip[:, None]).T,
        "space origin": affine[:3, 3] * flip,
        **more,
    }
    nrrd.write(str(path), labels, header)
    return path


@pytest.mark.parametrize(
    ("name", "volume", "cells"),
    [("brain1", 16412.658691, 4137), ("breast1", 132.425796, 143)],
)
def test_real_tumours_have_their_published_volume(name, volume, cells):
    path = TUMOURS / f"{name}_label.nrrd"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    geometry = read_mask(path)
    assert geometry.size == cells
    assert geometry.volume == pytest.approx(volume, rel=1e-6)
    assert geometry.mesh.cellVolumes.sum() == pytest.approx(volume, rel=1e-6)


@pytest.mark.parametrize("affine", [np.diag([1.0, 2, 3, 1]), TURNED, oblique()])
@pytest.mark.parametrize(
    "space", ["left-posterior-superior", "right-anterior-superior", "left-anterior-superior"]
)
def test_nifti_and_nrrd_lie_in_one_world(tmp_path, affine, space):
    one = read_mask(write_nifti(tmp_path / "mask.nii.gz", LABELS, affine))
    other = read_mask(write_nrrd(tmp_path / "mask.nrrd", LABELS, affine, space))
    assert one.dims == other.dims
    # NIfTI holds its affine in single precision.
    assert one.centres == pytest.approx(other.centres, abs=1e-5)
    assert np.array_equal(one.region("label_2"), other.region("label_2"))
    assert one.volume == pytest.approx(other.volume, rel=1e-6)
    indices = np.argwhere(LABELS > 0)
    expected = indices @ affine[:3, :3].T + affine[:3, 3]
    assert by_place(other.centres) == pytest.approx(by_place(expected), abs=1e-9)


def test_the_same_mask_in_both_formats_has_identical_centres(tmp_path):
    one = read_mask(write_nifti(tmp_path / "mask.nii", LABELS, TURNED))
    other = read_mask(write_nrrd(tmp_path / "mask.nrrd", LABELS, TURNED))
    assert np.array_equal(one.centres, other.centres)
    assert np.array_equal(one.depth, other.depth)
    assert np.array_equal(one.active, other.active)
    assert one.source_affine == pytest.approx(TURNED)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("LPS", "left-posterior-superior"),
        ("RAS", "right-anterior-superior"),
        ("LAS", "left-anterior-superior"),
    ],
)
def test_short_names_of_spaces_mean_the_same(tmp_path, short, long):
    path = write_nrrd(tmp_path / "mask.nrrd", LABELS, TURNED, long)
    expected = read_mask(path).centres
    path.write_bytes(path.read_bytes().replace(long.encode(), short.encode()))
    assert np.array_equal(read_mask(path).centres, expected)


def test_oblique_round_trip_through_a_file(tmp_path):
    geometry = read_mask(write_nrrd(tmp_path / "mask.nrrd", LABELS, oblique()))
    grid = geometry.scatter(np.where(geometry.region("label_2"), 2, 1))
    labels = np.nan_to_num(grid).astype(np.int16).transpose()
    again = read_mask(write_nrrd(tmp_path / "again.nrrd", labels, geometry.affine))
    assert again.dims == ("k", "j", "i")
    assert again.centres == pytest.approx(geometry.centres, abs=1e-12)
    assert np.array_equal(again.region("label_2"), geometry.region("label_2"))


def test_units_of_the_header_are_honoured(tmp_path):
    affine = np.diag([500.0, 500, 500, 1])
    path = write_nifti(tmp_path / "micron.nii", LABELS, affine, xyzt_units=3)
    voxels = int((LABELS > 0).sum())
    assert read_mask(path).volume == pytest.approx(voxels * 0.125, rel=1e-6)
    path = write_nifti(tmp_path / "metre.nii", LABELS, affine / 1e6, xyzt_units=1)
    assert read_mask(path).volume == pytest.approx(voxels * 0.125, rel=1e-6)
    path = write_nrrd(tmp_path / "micron.nrrd", LABELS, affine, **{"space units": ["um"] * 3})
    assert read_mask(path).volume == pytest.approx(voxels * 0.125, rel=1e-12)


def test_nrrd_with_spacings_alone_is_read_as_ras_and_says_so(tmp_path):
    path = tmp_path / "plain.nrrd"
    nrrd.write(str(path), LABELS, {"spacings": [0.5, 1.0, 2.0]})
    geometry = read_mask(path)
    assert geometry.volume == pytest.approx((LABELS > 0).sum() * 1.0)
    assert geometry.centres[:, 2].max() == 4.0
    assert "read as RAS" in geometry.notes[0]


def test_units_of_nrrd_axes_are_honoured(tmp_path):
    path = tmp_path / "plain.nrrd"
    nrrd.write(str(path), LABELS, {"spacings": [500, 0.1, 2.0], "units": ["um", "cm", ""]})
    assert read_mask(path).volume == pytest.approx((LABELS > 0).sum() * 1.0)


def test_nifti_without_orientation_says_so(tmp_path):
    path = write_nifti(tmp_path / "plain.nii", LABELS, None)
    assert "no orientation" in read_mask(path).notes[0]


def test_labels_stored_as_floats_are_read_if_whole(tmp_path):
    path = write_nifti(tmp_path / "mask.nii", LABELS.astype(np.float32), np.eye(4))
    assert read_mask(path, {"core": 2, "rim": 1}).region("core").sum() == 2
    path = write_nifti(tmp_path / "half.nii", LABELS * np.float32(0.5), np.eye(4))
    with pytest.raises(InputError, match=r"half.nii: label 0.5 is not a whole number"):
        read_mask(path)


def damaged(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"this is no image\nat all")
    return path


def truncated(tmp_path):
    whole = write_nifti(tmp_path / "whole.nii.gz", np.ones((40, 40, 40)), np.eye(4)).read_bytes()
    path = tmp_path / "short.nii.gz"
    path.write_bytes(whole[: len(whole) // 2])
    return path


def without_spacing(tmp_path):
    path = tmp_path / "bare.nrrd"
    nrrd.write(str(path), LABELS)
    return path


def unknown_space(tmp_path):
    path = write_nrrd(tmp_path / "moon.nrrd", LABELS, np.eye(4))
    path.write_bytes(path.read_bytes().replace(b"left-posterior-superior", b"far-side"))
    return path


def nan_direction(tmp_path):
    affine = np.eye(4)
    affine[0, 0] = np.nan
    return write_nrrd(tmp_path / "nan.nrrd", LABELS, affine)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda t: t / "none.nii", r"none.nii: there is no such file"),
        (lambda t: damaged(t, "a.png"), r"a.png: not an image file; allowed: .nii, .nii.gz"),
        (lambda t: damaged(t, "a.nii"), r"a.nii: cannot be read as an image \("),
        (lambda t: damaged(t, "a.nii.gz"), r"a.nii.gz: cannot be read as an image \("),
        (lambda t: damaged(t, "a.nrrd"), r"a.nrrd: cannot be read as an image \("),
        (truncated, r"short.nii.gz: cannot be read as an image \("),
        (without_spacing, r"bare.nrrd: the header has neither 'space directions' nor"),
        (nan_direction, r"nan.nrrd: the affine is not finite"),
        (
            lambda t: write_nifti(t / "series.nii", np.ones((3, 3, 3, 2)), np.eye(4)),
            r"series.nii: the image is 4-D, of shape \(3, 3, 3, 2\); needed is one 3-D image",
        ),
        (
            unknown_space,
            r"moon.nrrd: space 'far-side' is not known; allowed: right-anterior-superior, ",
        ),
        (
            lambda t: write_nrrd(t / "u.nrrd", LABELS, np.eye(4), **{"space units": ["day"] * 3}),
            r"u.nrrd: '1 day' has the dimension time",
        ),
        (
            lambda t: write_nifti(t / "empty.nii", LABELS * 0, np.eye(4)),
            r"empty.nii: the mask is empty",
        ),
        (
            lambda t: write_nrrd(t / "flat.nrrd", LABELS, np.diag([1.0, 1, 0, 1])),
            r"flat.nrrd: the affine is singular",
        ),
    ],
)
def test_bad_files_are_named_in_one_line(tmp_path, make, message):
    with pytest.raises(InputError, match=message) as caught:
        read_mask(make(tmp_path))
    assert "\n" not in str(caught.value)
