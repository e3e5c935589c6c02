"""The fits of Conte et al. 2025 against the numbers that the authors stored."""

from pathlib import Path

import numpy as np
import pytest

from cartflow.examples.fit_conte2025 import alone, fitted, stored, together, untreated

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "conte2025_car_ov"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the measurements are not at {FOLDER}")


def test_growth_and_capacity_of_untreated_wells():
    row = untreated(FOLDER)
    assert row["ours"] == pytest.approx(row["published"], rel=1e-5)


@pytest.mark.parametrize("ratio", [10, 25, 50])
def test_mean_of_wells_with_t_cells(ratio):
    row = fitted(FOLDER, alone(FOLDER, ratio))
    assert row["ours"] == pytest.approx(row["published"], rel=4e-4)
    assert row["rmse"] == pytest.approx(row["rmse_there"], rel=1e-3)


def test_without_the_count_numbers_lie_apart():
    row = fitted(FOLDER, alone(FOLDER, 10), counted=False)
    away = (np.array(row["ours"]) - row["published"]) / row["error"]
    assert np.abs(away).max() > 2.0


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [10, 25, 50])
def test_mean_of_the_fits_of_single_wells(ratio):
    told = stored(FOLDER)
    published = [
        told["MeanParameterValues_alfadeltak1k3", f"{name}_{ratio}_ave"]
        for name in ("alfa", "k1", "k3", "delta")
    ]
    rows = [fitted(FOLDER, alone(FOLDER, ratio), well)["ours"] for well in (1, 2, 3)]
    assert np.mean(rows, axis=0) == pytest.approx(published, rel=5e-4)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [25, 50])
@pytest.mark.parametrize("virus", ["0.0008", "0.002"])
def test_t_cells_and_virus(ratio, virus):
    told = stored(FOLDER)
    row = fitted(FOLDER, together(FOLDER, ratio, virus))
    for name in ("alfa", "beta", "theta1"):
        key = f"{name}_{ratio}_{virus.removeprefix('0.')}"
        sd = told["MeanParameterValues_theta123alfabeta", f"{key}_std"]
        k = row["numbers"].index(name)
        assert abs(row["ours"][k] - row["published"][k]) < sd, name
    # What is published is a mean of numbers, and no fit.
    assert row["rmse"] < row["rmse_there"]
    lower = fitted(FOLDER, together(FOLDER, ratio, virus), starts=6)
    assert lower["squares"] < 0.95 * row["squares"]
