"""The lobulated phantom: size, wholeness, repeatability."""

import numpy as np
import pytest
from scipy.ndimage import label

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.phantom import lobulated_phantom


def test_the_default_is_a_brain_tumour_of_16_millilitres():
    labels, affine = lobulated_phantom()
    geometry = voxel_mask(labels, affine, {"rim": 1, "core": 2})
    assert geometry.size == 2000
    assert geometry.volume == pytest.approx(16000.0, rel=1e-12)
    assert geometry.region("core").sum() == 600
    assert 5 < geometry.maximal_depth < 20


def test_it_is_lobulated():
    """Its surface exceeds that of a ball of its volume."""
    labels, affine = lobulated_phantom(spacing=1.0)
    geometry = voxel_mask(labels, affine)
    ball = 4 * np.pi * (3 * geometry.volume / (4 * np.pi)) ** (2 / 3)
    assert geometry.boundary("rim").area > 1.15 * ball


@pytest.mark.parametrize("lobes", [1, 3, 6])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_whole_and_within_its_grid(lobes, seed):
    labels, _ = lobulated_phantom(lobes=lobes, seed=seed, spacing=(2.0, 2.0, 2.5))
    assert label(labels > 0)[1] == 1
    assert label(labels == 2)[1] == 1
    inner = np.zeros_like(labels)
    inner[1:-1, 1:-1, 1:-1] = labels[1:-1, 1:-1, 1:-1]
    assert np.array_equal(inner, labels)


def test_the_seed_decides():
    first, affine = lobulated_phantom(seed=4)
    again, same = lobulated_phantom(seed=4)
    other, _ = lobulated_phantom(seed=5)
    assert np.array_equal(first, again)
    assert np.array_equal(affine, same)
    assert first.shape != other.shape or not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"volume": -1.0}, "phantom volume: got -1"),
        ({"spacing": 0.0}, "phantom spacing: got 0.0; it must be finite and greater than 0"),
        ({"spacing": (1.0, 2.0)}, "give one length or three in mm"),
        ({"spacing": 40.0}, "holds no two voxels"),
        ({"lobes": 0}, "phantom lobes: got 0; it must be a whole number"),
        ({"seed": -1}, "phantom seed: got -1; it must be a whole number"),
        ({"core_fraction": 1.0}, "phantom core_fraction: got 1.0; it must lie between 0 and 1"),
    ],
)
def test_bad_sizes(arguments, message):
    with pytest.raises(InputError, match=message):
        lobulated_phantom(**arguments)
