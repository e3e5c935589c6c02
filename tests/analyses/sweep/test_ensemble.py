"""The chance that cells die out over an ensemble of seeds, against scipy's binomial test."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binomtest

from cartflow import sweep
from cartflow.analyses.sweep.ensemble import chance_lines, intervals, seed_axis
from cartflow.study.study import Study

MODEL = """
title = "cells that die"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
[parameters]
death = { value = "1 1/day", source = "assumed", standing = "assumed" }
[reactions.death]
consumes = { tumour = 1 }
rate = "death*tumour"
"""
TEXT = """
title = "does it die out"
[tumour]
[geometry]
shape = "slab"
length = "0.1 mm"
cells = 1
[kinetics]
models = ["model.toml"]
[fields.cart]
as = "cells"
[fields.tumour]
as = "cells"
initial = "30 cells/mm^3"
[cells]
step = "0.5 day"
[time]
end = "2 days"
every = "2 days"
"""


@pytest.mark.parametrize(("lost", "ended"), [(0, 10), (3, 10), (10, 10), (57, 200)])
def test_intervals_are_those_of_the_binomial_test(lost, ended):
    low, high = intervals(np.array(lost), np.array(ended))
    exact = binomtest(lost, ended).proportion_ci(0.95, "exact")
    assert (float(low), float(high)) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_without_a_member_that_finished_there_is_no_interval():
    low, high = intervals(np.array([0]), np.array([0]))
    assert np.isnan([low[0], high[0]]).all()


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble")
    (folder / "model.toml").write_text(MODEL)
    over = ["cells.seed=linear:1:40:40", "kinetics.parameters.death=0.5,2 1/day"]
    return sweep(Study.from_text(TEXT, folder=folder), over, workers=1)


def test_the_chance_is_that_of_cells_that_die_alone(ensemble):
    # Three cells, dead by themselves after exponential times.
    assert ensemble["chance_extinct_tumour"].dims == ("death",)
    exact = (1 - np.exp(-np.array([0.5, 2.0]) * 2)) ** 3
    assert (ensemble["chance_extinct_tumour_low"].values < exact).all()
    assert (ensemble["chance_extinct_tumour_high"].values > exact).all()
    np.testing.assert_array_equal(ensemble["chance_extinct_tumour_of"], 40)
    share = ensemble["extinct_tumour"].mean("seed")
    np.testing.assert_allclose(ensemble["chance_extinct_tumour"], share)


def test_when_it_died_out_is_known_where_it_did(ensemble):
    gone, when = ensemble["extinct_tumour"].values == 1.0, ensemble["extinct_at_tumour"].values
    assert np.isfinite(when[gone]).all()
    assert np.isnan(when[~gone]).all()
    assert (when[gone] <= 2.0).all()


def test_what_travels_has_no_chance_to_be_gone(ensemble):
    assert "extinct_cart" not in ensemble


def test_each_chance_is_said_in_a_line(ensemble):
    first, second = chance_lines(ensemble)
    lost = int(ensemble["extinct_tumour"].sel(death=2.0).sum())
    assert first.startswith("chance_extinct_tumour death 0.5: ")
    assert f"death 2.0: {lost} of 40 seeds, {lost / 40:.4g} (95 % " in second


def test_an_axis_of_more_than_the_seed_is_no_ensemble():
    data = xr.Dataset(
        {"b": xr.Variable("m", [1, 2], {"key": "kinetics.parameters.death"})},
        coords={"m": [0, 1], "a": xr.Variable("m", [1, 2], {"key": "cells.seed"})},
        attrs={"axes": "m"},
    )
    assert seed_axis(data) is None
    assert seed_axis(data.drop_vars("b")) == "m"
