"""Bands of a comparison: the ratios of single comparisons, and what makes their spread."""

import numpy as np
import pytest
import xarray as xr

from cartflow.analyses.bands.choices import asked, with_bands
from cartflow.analyses.bands.draws import with_draws
from cartflow.analyses.bands.spread import shares
from cartflow.analyses.bands.words import band_lines
from cartflow.analyses.compare import compare
from cartflow.cli import main

STUDY = """
title = "A flank tumour"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "ball"
radius = "2.5 mm"
cells = 4
[tumour]
host = "flank"
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "1e3 mm^2/day"
[time]
end = "2 days"
every = "1 day"
"""
BODIES = ["mouse_28g", "human_male"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("bands") / "study.toml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def banded(path):
    compared = compare(path, BODIES, dose="per_kg")
    return with_bands(compared, asked(compared, path))


def test_a_choice_is_the_comparison_with_it(path, banded):
    settings = {"trafficking.name": "singh2020", "trafficking.scaling": "perfusion"}
    alone = compare(path, BODIES, dose="per_kg", settings=settings)
    found = banded["delivery_by_choice"].sel(trafficking="singh2020", scaling="perfusion")
    np.testing.assert_allclose(found, alone["delivery"], rtol=1e-4)
    own = banded["delivery_by_choice"].sel(trafficking="khot2019", scaling="capture_per_pass")
    np.testing.assert_allclose(own, banded["delivery"], rtol=1e-4)


def test_the_band_holds_every_model_with_vessels_and_every_rule(banded):
    assert banded["trafficking"].values.tolist() == ["khot2019", "singh2020", "tsai2022_liver"]
    assert banded.sizes["scaling"] == 4
    values = banded["delivery_by_choice"]
    np.testing.assert_array_equal(banded["delivery_low"], values.min(["trafficking", "scaling"]))
    np.testing.assert_array_equal(banded["delivery_high"], values.max(["trafficking", "scaling"]))
    assert np.all(banded["delivery_low"] <= banded["delivery_median"])
    text = "\n".join(band_lines(banded))
    assert "how many times as much as human_male mouse_28g gets" in text
    assert "khot2019 " in text


def test_what_makes_the_spread():
    rows = np.exp(np.array([[0.0, 0.0], [2.0, 2.0]]))
    assert shares(rows) == pytest.approx((1.0, 0.0))
    assert shares(rows.T) == pytest.approx((0.0, 1.0))
    # a + b has both in the shares of their variances, 1 : 4.
    both = np.exp(np.array([[0.0, 2.0], [1.0, 3.0]]))
    assert shares(both) == pytest.approx((0.2, 0.8))
    # Where only both together move it, each has half.
    assert shares(np.exp(np.array([[0.0, 1.0], [1.0, 0.0]]))) == pytest.approx((0.5, 0.5))
    assert shares(np.ones((2, 2))) == (0.0, 0.0)
    assert np.isnan(shares(np.full((2, 2), np.nan))).all()


def test_draws_are_single_networks_and_their_parts_add_up(path):
    compared = compare(path, BODIES, dose="per_kg")
    models, rules = ["khot2019", "singh2020"], ["capture_per_pass", "perfusion"]
    few = with_bands(compared, asked(compared, path, trafficking=models, rules=rules))
    found = with_draws(few, path, samples=3, spread=2.0)
    assert found["share_of_spread"].sum() == pytest.approx(1.0)
    ratio = np.log(found["delivery_by_draw"].isel(body=0) / found["delivery_by_draw"].isel(body=1))
    numbers = float(ratio.var("draw").mean() / ratio.var())
    assert float(found["share_of_spread"][2:].sum()) == pytest.approx(numbers)
    # Output and blood of each body are its own; they alone move the ratio under this rule by 1.
    moved = found["moved_by_number"].sel(trafficking="singh2020", scaling="capture_per_pass")
    flow = moved.sel(number="tumour.plasma_flow")
    np.testing.assert_allclose(flow[0], flow[1], rtol=1e-3)
    assert float(moved.sel(body="human_male", number="body.blood_volume of mouse_28g")) == 0.0
    assert "numbers " in "\n".join(band_lines(found))


def test_one_number_alone_makes_what_its_range_does(path):
    """What each range moves, squared and by its share of a uniform one, is the variance of all."""
    compared = compare(path, BODIES)
    one = asked(compared, path, trafficking=["khot2019"], rules=["capture_per_pass"])
    found = with_draws(with_bands(compared, one), path, samples=32, spread=1.5)
    parts_of = dict(zip(found["maker"].values, found["share_of_spread"].values, strict=True))
    assert parts_of["trafficking model"] == 0.0
    assert sum(parts_of.values()) == pytest.approx(1.0)
    # The squares of what each moves add up to the variance: a uniform number's is range^2 / 12.
    moved = found["moved_by_number"].isel(trafficking=0, scaling=0)
    squares = float(((moved[0] - moved[1]) ** 2).sum()) / 12
    ratio = found["delivery_by_draw"].isel(body=0) / found["delivery_by_draw"].isel(body=1)
    assert float(np.log(ratio).var()) == pytest.approx(squares, rel=0.15)


def test_a_choice_that_is_not_possible_is_said(path):
    compared = compare(path, BODIES)
    banded = with_bands(
        compared,
        asked(compared, path, trafficking=["khot2019", "ganusov2014"], rules=["allometric"]),
    )
    gone = banded.sel(trafficking="ganusov2014", body="human_male", scaling="allometric")
    assert np.isnan(gone["delivery_by_choice"])
    assert "has no tissue" in gone["status"].item()
    assert "ganusov2014 not possible" in "\n".join(band_lines(banded))


def test_the_command_writes_and_draws_them(path, tmp_path, capsys):
    out = tmp_path / "b.nc"
    command = ["compare", str(path), "--bodies", "mouse_28g,human_male", "--out", str(out)]
    assert main([*command, "--scaling", "allometric", "--sample", "4", "--quiet"]) == 0
    told = capsys.readouterr()
    assert "  scaling rule " in told.out
    assert told.err == ""
    with xr.open_dataset(out) as found:
        assert found["delivery_by_choice"].dims == ("body", "trafficking", "scaling")
        assert found["delivery_by_draw"].sizes["draw"] == 4
    assert main(["plot", str(out), "--out", str(tmp_path / "again.png")]) == 0
    assert (tmp_path / "again.png").exists()
