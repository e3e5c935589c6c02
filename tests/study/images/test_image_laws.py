"""Laws from images to numbers, against their formulas worked out voxel by voxel."""

import numpy as np
import pytest

from cartflow import InputError, Study
from cartflow.study.numbers import StudyNumbers

STUDY = """
title = "Laws"
[body]
name = "human_male"
[trafficking]
name = "khot2019"
[geometry]
shape = "box"
lengths = ["2 mm", "3 mm", "2 mm"]
cells = [2, 3, 2]
[tumour]
host = "flank"
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "0.1 mm^2/day"
[time]
end = "1 day"
"""
SHAPE = (4, 6, 4)
AFFINE = np.diag([0.5, 0.5, 0.5, 1.0])
AFFINE[:3, 3] = 0.25
RANDOM = np.random.default_rng(8)
WHITE = RANDOM.uniform(0.2, 0.9, SHAPE)
GREY = RANDOM.uniform(0.0, 1.0, SHAPE) * (1 - WHITE)
TISSUE = {"law": "grey_white", "grey": (GREY, AFFINE), "white": (WHITE, AFFINE)}


def study(key, table):
    return Study.from_text(STUDY, settings={key: table})


def blocks(values):
    """Return the means over 2 x 2 x 2 voxels, in the order of the mesh cells."""
    return values.reshape(2, 2, 3, 2, 2, 2).mean(axis=(1, 3, 5)).T.ravel()


def diffusivity(given):
    return given.simulation.coupled.engine.problem.fields[0].diffusivity


def test_motility_by_tissue_is_the_mean_over_the_brain():
    given = study("fields.cart.diffusivity", {**TISSUE, "in_white": "0.5 mm^2/day", "ratio": 4})
    expected = 0.5 * (blocks(WHITE) + blocks(GREY) / 4) / (blocks(WHITE) + blocks(GREY))
    np.testing.assert_allclose(diffusivity(given), expected, rtol=1e-12)


def test_grey_matter_is_a_fifth_unless_said_and_the_numbers_of_laws_may_vary():
    given = study("fields.cart.diffusivity", {**TISSUE, "in_white": "0.5 mm^2/day"})
    numbers = StudyNumbers(study=given)
    ratio = numbers.numbers["fields.cart.diffusivity.ratio"]
    assert (ratio.value, ratio.source, ratio.bounds) == (5.0, "swanson2000", (5.0, 10.0))
    assert "fields.cart.diffusivity.mean_of_image" not in numbers.numbers
    assert "swanson2000" in given.references()
    twice = numbers.varied({"fields.cart.diffusivity.in_white": 1.0})
    np.testing.assert_allclose(diffusivity(twice), 2 * diffusivity(given), rtol=1e-12)


def test_cells_are_fewer_where_water_is_freer():
    adc = RANDOM.uniform(0.4, 3.5, SHAPE)
    table = {"law": "cellularity", "image": (adc, AFFINE), "unit": "mm^2/s", "scale": 1e-3}
    limits = {"full": "1e5 cells/mm^3", "free_water": "3e-3 mm^2/s", "least": "0.7e-3 mm^2/s"}
    given = study("fields.cart.initial", {**table, **limits})
    assert "atuegwu2010" in given.references()
    expected = blocks(1e5 * np.clip((3.0 - adc) / 2.3, 0, 1))
    np.testing.assert_allclose(given.simulation.initial[0], expected, rtol=1e-12)
    with pytest.raises(InputError, match=r"'0\.004 mm\^2/s' is not below that of free water"):
        _ = study("fields.cart.initial", {**table, **limits, "least": "0.004 mm^2/s"}).prepared


def test_what_is_in_proportion_has_the_mean_that_is_given():
    map_of_water = {"image": (RANDOM.uniform(60, 90, SHAPE), AFFINE), "law": "in_proportion"}
    given = study("fields.cart.diffusivity", {**map_of_water, "mean": "0.02 mm^2/day"})
    found = diffusivity(given)
    np.testing.assert_allclose(found.mean(), 0.02, rtol=1e-12)
    expected = blocks(map_of_water["image"][0])
    np.testing.assert_allclose(found / expected, found[0] / expected[0], rtol=1e-12)


def test_perfusion_is_the_product_of_fraction_and_pseudo_diffusion():
    one, two = RANDOM.uniform(0, 0.2, SHAPE), RANDOM.uniform(5, 20, SHAPE)
    pair = {"fraction": (one, AFFINE), "pseudo_diffusion": (two, AFFINE)}
    given = study("tumour.vessel_density", {"law": "ivim", **pair})
    expected = blocks(one * two)
    arrival = given.simulation.coupled.door.arrival
    np.testing.assert_allclose(arrival, expected / expected.sum(), rtol=1e-12)
    assert "lebihan1992" in given.references()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"white": (WHITE * 100, AFFINE)}, "white: an array: it holds .* the share of a voxel"),
        ({"white": (np.ones(SHAPE), AFFINE)}, "grey and white: together they fill"),
        ({"in_white": "-1 mm^2/day"}, "below 0"),
        ({"ratio": 0.2}, "ratio"),
        ({"fill": "1 mm"}, "fill|mm"),
    ],
)
def test_tissue_maps_that_are_none_are_refused(change, message):
    table = {**TISSUE, "in_white": "0.5 mm^2/day", **change}
    with pytest.raises(InputError, match=message):
        _ = study("fields.cart.diffusivity", table).prepared


def test_no_brain_is_filled_in():
    bare = [np.where(np.arange(4)[:, None, None] < 2, m, 0.0) for m in (GREY, WHITE)]
    table = {**TISSUE, "grey": (bare[0], AFFINE), "white": (bare[1], AFFINE)}
    table |= {"in_white": "0.5 mm^2/day"}
    with pytest.raises(InputError, match=r"no value in 6 mm3 \(50 %, 6 mesh cells\) of the"):
        _ = study("fields.cart.diffusivity", table).prepared
    given = study("fields.cart.diffusivity", {**table, "fill": "0 mm^2/day"})
    x = given.geometry.centres[:, 0]
    np.testing.assert_array_equal(diffusivity(given)[x > 1], 0.0)
    assert "without a value were filled in with fill" in given.images["fields.cart.diffusivity"]
