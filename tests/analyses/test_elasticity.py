"""The local table of sensitivity, against differences over ranges so narrow that they are local."""

import numpy as np
import pytest
from coupling.tangents.cases import SLAB

from cartflow.analyses.measures import MEASURES
from cartflow.analyses.sensitivity import sensitivity, sensitivity_lines
from cartflow.pbpk.metrics import auc, auc_slope

NUMBERS = ["doses.0.cells", "kinetics.killing_rate", "fields.cart.diffusivity"]


@pytest.fixture
def slab(tmp_path):
    path = tmp_path / "slab.toml"
    path.write_text(SLAB)
    return path


def over_range(dataset):
    ends = np.log(dataset["at_high"] / dataset["at_low"])
    return ends / np.log(dataset["high"] / dataset["low"])


@pytest.mark.parametrize("of", MEASURES)
def test_elasticities_are_differences_over_narrow_ranges(slab, of):
    settings = {"solver.tolerance": 1e-9, "time.every": "0.25 day"}
    found = sensitivity(slab, of=of, spread=1.01, settings=settings, only=NUMBERS)
    assert found.attrs["elasticity_by"] == "derivatives of the run's own steps"
    np.testing.assert_allclose(found["elasticity"], over_range(found), rtol=1e-4, atol=1e-6)


def test_delivery_has_elasticities_of_the_network(slab):
    only = ["tumour.plasma_flow", "trafficking.lung", "body.blood"]
    found = sensitivity(slab, spread=1.001, samples=0, only=only)
    assert "organ network" in sensitivity_lines(found)[-1]
    np.testing.assert_allclose(found["elasticity"], over_range(found), rtol=1e-5, atol=1e-7)


def test_where_there_are_no_derivatives_it_says_why(slab):
    settings = {"solver.fixed_step": True, "solver.initial_step": "0.1 day"}
    found = sensitivity(slab, of="entered", spread=2, settings=settings, only=["tumour.plasma"])
    assert "differences between the ends" in found.attrs["elasticity_by"]
    assert "stepped as one system" in sensitivity_lines(found)[-1]
    np.testing.assert_array_equal(found["elasticity"], over_range(found))


def test_the_slope_of_an_area_is_that_of_its_rule():
    random = np.random.default_rng(5)
    times = np.cumsum(random.uniform(0.1, 1.0, 20))
    values, slopes = random.lognormal(size=20), random.standard_normal(20)
    values[3] = values[4]
    values[7] = slopes[7] = slopes[3] = slopes[4] = 0.0
    h = 1e-5
    apart = auc(times, values + h * slopes) - auc(times, values - h * slopes)
    assert auc_slope(times, values, slopes) == pytest.approx(apart / (2 * h), rel=1e-8)
