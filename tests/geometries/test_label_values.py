"""Labels part by part: memory, cost, ties, and grey images."""

import tracemalloc

import nibabel
import numpy as np
import pytest
from scipy.ndimage import label

from cartflow.core.outcome import InputError
from cartflow.geometries.images.files.image import Image
from cartflow.geometries.images.label_values import numbered, parts_of, present_labels
from cartflow.geometries.images.labels import keep_largest_part
from cartflow.geometries.images.mask import read_mask, voxel_mask
from cartflow.geometries.voxels.coarsening import majority, padded_to_blocks


@pytest.mark.parametrize("shape", [(3, 4, 5), (70, 80, 90), (1, 1, 200000), (300000, 1, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_parts_fill_an_array_once(shape, order):
    array = np.zeros(shape, dtype=np.int8, order=order)
    for part in parts_of(array):
        assert array[part].size <= 2**16
        array[part] += 1
    assert (array == 1).all()


@pytest.mark.parametrize("dtype", ["u1", ">i2", "<u4", "i8", "u8", "f4"])
def test_numbers_are_the_places_of_labels(dtype):
    highest = 200 if dtype == "u1" else 30000 if dtype == ">i2" else 2**20
    labels = np.array([0, 7, highest, 3, 7, 0, 3, 1]).astype(dtype).reshape(2, 2, 2)
    image = Image(stored=labels, affine=np.eye(4))
    assert present_labels(image) == [1, 3, 7, highest]
    codes = numbered(image, [7, highest, 1])
    assert codes.dtype == np.uint8
    assert codes.ravel().tolist() == [0, 1, 2, 0, 1, 0, 0, 3]


@pytest.mark.parametrize("density", [0.2, 0.5])
def test_the_largest_part_is_that_of_a_count(density):
    codes = (np.random.default_rng(4).random((50, 60, 40)) < density).astype(np.uint8)
    parts, number = label(codes)
    sizes = [int((parts == part).sum()) for part in range(1, min(number, 3000) + 1)]
    keep_largest_part(codes)
    assert codes.sum() == max(sizes)
    assert np.unique(parts[codes > 0]).size == 1


def test_more_parts_than_two_bytes_count():
    codes = np.zeros((90, 90, 90), dtype=np.uint8)
    codes[::2, ::2, ::2] = 1
    codes[0, 0, :3] = 1
    assert int(codes.sum()) - 2 > 2**16
    keep_largest_part(codes)
    assert np.argwhere(codes).tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 2]]


@pytest.mark.parametrize("factors", [(1, 1, 1), (2, 2, 2), (3, 1, 2), (9, 9, 9)])
def test_the_majority_is_that_of_a_count(factors):
    rng = np.random.default_rng(5)
    labels = rng.integers(1, 6, (9, 7, 8)) * (rng.random((9, 7, 8)) < 0.4)
    fine = padded_to_blocks(labels, factors)
    expected = []
    for corner in np.ndindex(*(n // f for n, f in zip(fine.shape, factors, strict=True))):
        block = fine[tuple(slice(c * f, (c + 1) * f) for c, f in zip(corner, factors, strict=True))]
        counts = np.bincount(block[block > 0], minlength=6)
        if counts.any():
            expected.append(int(counts.argmax()))
    assert majority(fine, factors).tolist() == expected


@pytest.mark.parametrize(("dtype", "suffix"), [("u1", "nii.gz"), ("i2", "nii"), ("i4", "nii.gz")])
def test_memory_is_the_file_s_own_and_three_bytes_a_voxel(tmp_path, dtype, suffix):
    """With islands in two corners, so that the tumour's box is the whole image."""
    labels = np.zeros((200, 200, 200), dtype=dtype, order="F")
    labels[90:110, 90:110, 90:110] = 1
    labels[0, 0, 0] = labels[-1, -1, -1] = 2
    nibabel.save(nibabel.Nifti1Image(labels, np.eye(4)), tmp_path / f"a.{suffix}")
    held, own = labels.size, labels.itemsize
    del labels
    read_mask(tmp_path / f"a.{suffix}", largest_component=True)
    tracemalloc.start()
    try:
        geometry = read_mask(tmp_path / f"a.{suffix}", largest_component=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert geometry.size == 8000
    # Parts of 65536 voxels are computed in some 4 MB.
    assert peak <= held * (own + 3) + 5e6


def test_memory_does_not_grow_with_the_labels():
    """But for the regions themselves, a byte for each cell."""
    peaks = {}
    for number in (2, 200):
        image = np.random.default_rng(0).integers(1, number + 1, (48, 48, 48)).astype(np.uint8)
        names = {f"r{value}": value for value in range(1, number + 1)}
        voxel_mask(image, np.eye(4), names)
        tracemalloc.start()
        try:
            geometry = voxel_mask(image, np.eye(4), names, coarsen=2)
            peaks[number] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        regions = geometry.size * number
        peaks[number] -= regions
    assert peaks[200] < 1.5 * peaks[2]


def test_a_grey_image_is_no_segmentation():
    grey = np.random.default_rng(0).integers(1, 254, (20, 20, 20)).astype(np.uint8)
    message = r"^mask: 253 labels, 1 to 253; name those of the tumour \(more than 32 without names"
    with pytest.raises(InputError, match=message):
        voxel_mask(grey, np.eye(4))
    with pytest.raises(InputError, match=r"label 900; present: 1, 2, .* 20, \.\.\. 253 \(253 lab"):
        voxel_mask(grey, np.eye(4), {"a": 900})
    assert voxel_mask(grey, np.eye(4), {"a": 7, "b": 9}).size == np.isin(grey, [7, 9]).sum()
    assert len(voxel_mask(np.minimum(grey, 32), np.eye(4)).regions) == 35


def test_an_image_of_very_many_values_is_refused():
    values = np.arange(70000).reshape(70, 100, 10)
    with pytest.raises(InputError, match=r"more than 65536 different values; is this an image"):
        voxel_mask(values, np.eye(4), {"a": 1})
