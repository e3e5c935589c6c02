"""NIfTI: further axes of size 1, scaled labels, two orientations, headers that lie."""

import gzip
import struct

import nibabel
import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import read_mask
from cartflow.geometries.images.reading import read_image

pytestmark = pytest.mark.lowest
LABELS = np.zeros((6, 5, 4), dtype=np.int16)
LABELS[1:5, 1:4, 1:3] = 1
LABELS[2, 2, 1:3] = 2
SPACING = np.diag([0.5, 1.0, 2.0, 1.0])


def written(path, labels=LABELS, affine=SPACING, kind=nibabel.Nifti1Image):
    nibabel.save(kind(labels, affine), path)
    return path


def with_bytes(path, at, new):
    """Overwrite a part of an unpacked file."""
    content = bytearray(path.read_bytes())
    content[at : at + len(new)] = new
    path.write_bytes(bytes(content))
    return path


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("shape", [(6, 5, 4, 1), (6, 5, 4, 1, 1)])
def test_further_axes_of_size_one_are_left_out(tmp_path, kind, name, shape):
    geometry = read_mask(written(tmp_path / name, LABELS.reshape(shape, order="F"), kind=kind))
    assert geometry.volume == pytest.approx((LABELS > 0).sum() * 1.0)
    assert geometry.region("label_2").sum() == 2
    assert np.array_equal(read_image(tmp_path / name).labels, LABELS)


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i2", ">i4", "<u4", "<f4", ">f8"])
def test_what_nibabel_reads_is_read(tmp_path, dtype):
    image = nibabel.Nifti1Image(LABELS.astype(dtype), SPACING)
    image.header.set_data_dtype(np.dtype(dtype))
    nibabel.save(image, tmp_path / "a.nii.gz")
    assert np.array_equal(read_image(tmp_path / "a.nii.gz").labels, LABELS)


def test_scaled_labels_are_what_they_stand_for(tmp_path):
    path = written(tmp_path / "a.nii", LABELS + np.int16(1))
    geometry = read_mask(with_bytes(path, 112, struct.pack("<2f", 3.0, -3.0)))
    assert set(geometry.regions) == {"all", "core", "rim", "label_3", "label_6"}
    assert geometry.volume == pytest.approx((LABELS > 0).sum() * 1.0)
    assert np.array_equal(read_image(path).labels, 3 * LABELS)


def two_orientations(path, sform, qform):
    image = nibabel.Nifti1Image(LABELS, sform)
    image.set_sform(sform, code=2)
    image.set_qform(qform, code=1)
    nibabel.save(image, path)
    return path


def test_two_orientations_that_disagree_are_noted_with_both_volumes(tmp_path):
    path = two_orientations(tmp_path / "a.nii", SPACING, np.diag([1.0, 1.0, 2.0, 1.0]))
    geometry = read_mask(path)
    assert geometry.volume == pytest.approx(24.0)
    (note,) = geometry.notes
    assert "24 mm3 by the sform, which is used, and 48 mm3 by the qform" in note
    # The last voxel along x stands at 2.5 or at 5 mm.
    assert "2.5 mm apart" in note


def test_two_orientations_of_one_volume_in_two_places_are_noted(tmp_path):
    moved = SPACING.copy()
    moved[:3, 3] = [0.0, 3.0, 4.0]
    (note,) = read_mask(two_orientations(tmp_path / "a.nii", SPACING, moved)).notes
    assert "24 mm3 by the qform; they put a corner of the image 5 mm apart" in note


def test_two_orientations_that_agree_are_not_noted(tmp_path):
    c, s = np.cos(0.3), np.sin(0.3)
    turned = np.eye(4)
    turned[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) * [0.5, 1.0, 2.0]
    assert read_mask(two_orientations(tmp_path / "a.nii", turned, turned)).notes == ()


def test_a_qform_that_is_none_is_noted(tmp_path):
    path = two_orientations(tmp_path / "a.nii", SPACING, SPACING)
    with_bytes(path, 256, struct.pack("<3f", 9.0, 9.0, 9.0))
    assert read_mask(path).notes == ("the header's qform is not valid; its sform is used",)


@pytest.mark.parametrize(
    ("at", "new", "message"),
    [
        (40, struct.pack("<8h", 3, 2000, 2000, 200, 1, 1, 1, 1), r"asks for 1600000352 bytes"),
        (40, struct.pack("<8h", 3, 32000, 32000, 32000, 1, 1, 1, 1), r"voxels; at most 1073741824"),
        (40, struct.pack("<8h", 3, 6, -5, 4, 1, 1, 1, 1), r"shape \(6, -5, 4\); every size"),
        (40, struct.pack("<8h", 3, 6, 0, 4, 1, 1, 1, 1), r"shape \(6, 0, 4\); every size"),
        (40, struct.pack("<h", 9), r"a.nii: cannot be read as an image \("),
        (40, struct.pack("<h", 0), r"a.nii: cannot be read as an image \("),
        (108, struct.pack("<f", np.nan), r"voxels begin at byte nan"),
        (108, struct.pack("<f", 1e9), r"more than the file of \d+ bytes can hold"),
        (108, struct.pack("<f", -400.0), r"a.nii: cannot be read as an image \("),
        (108, struct.pack("<f", 352.5), r"voxels begin at byte 352.5"),
        (280, struct.pack("<f", np.inf), r"a.nii: the affine is not finite"),
        (344, b"ni1\0", r"a.nii: the voxels of this NIfTI header stand in another file"),
        (0, struct.pack("<i", 350), r"does not begin with a NIfTI header of 348 or 540 bytes"),
        (70, struct.pack("<h", 9999), r"a.nii: cannot be read as an image \("),
        (70, struct.pack("<hh", 128, 24), r"the labels are of type|can hold"),
    ],
)
def test_headers_that_lie(tmp_path, at, new, message):
    path = with_bytes(written(tmp_path / "a.nii"), at, new)
    with pytest.raises(InputError, match=message):
        read_mask(path)


def test_a_small_compressed_file_that_asks_for_much_is_refused_unread(tmp_path):
    path = with_bytes(
        written(tmp_path / "a.nii"), 40, struct.pack("<8h", 3, 1000, 1000, 1000, 1, 1, 1, 1)
    )
    packed = tmp_path / "a.nii.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(InputError, match=r"asks for 2000000352 bytes, more than the file"):
        read_mask(packed)
