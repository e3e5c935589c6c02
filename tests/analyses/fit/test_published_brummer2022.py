"""The 48 fits of Brummer et al. 2022 against what was published of them."""

from pathlib import Path

import numpy as np
import pytest

from cartflow.alone.simulate import simulate
from cartflow.examples.fit_brummer2022 import NUMBERS, fitted, table_of, wells_of

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "carrgodex_glioma_cart"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the measurements are not at {FOLDER}")
# Estimates of another fit than their chi-squared; at an end of the authors' ranges; at a minimum
# that is not the lowest; not at a minimum: docs/data_glioma_wells.md.
OVERWRITTEN = {"PBT1 A1,A2"}
AT_AN_END = {"PBT2 H3,H4", "PBT2 H11,H12", "PBT2 G3,G4"}
HIGHER = {f"PBT2 {wells}" for wells in ("F5,F6", "F7,F8", "F11,F12", "E3,E4", "E7,E8", "E11,E12")}
NOT_DOWN = {"PBT1 D1,D2", "PBT2 G1,G2", "PBT2 E1,E2"}


def wells():
    return wells_of(FOLDER) if FOLDER.is_dir() else []


def gaps(row, key="ours"):
    """Return how far numbers lie from those published, in published standard errors."""
    each = zip(row[key], row["published"], row["published_error"], strict=True)
    return np.array([(ours - theirs) / error for ours, theirs, error in each])


@pytest.mark.parametrize("well", wells(), ids=lambda well: well.name)
def test_published_numbers_have_their_published_sum_of_squares(well):
    table = table_of(FOLDER, well)
    settings = {"initial.tumour": table["value"][0], "initial.cart": well.cart}
    settings["initial.dexamethasone"] = float(well.dexamethasone > 0)
    for name, (ours, text) in NUMBERS.items():
        unit = " 1/h" if "1/h" in text else ""
        settings[ours] = f"{well.numbers[name][0]!r}{unit}"
    days = np.array(table["time"]) / 24.0
    course = simulate(
        "brummer2022", "pbt1_cart_0125", {**settings, "end": f"{days[-1]} day"}
    ).course
    seen = [course.network.index(name) for name in table["observable"]]
    predicted = course.at(days)[np.arange(len(days)), seen]
    away = (predicted - np.array(table["value"])) / np.array(table["sd"])
    right = pytest.approx(well.chi_squared, rel=2e-4)
    assert bool(np.sum(away**2) == right) is (well.name not in OVERWRITTEN)


@pytest.mark.parametrize("name", ["PBT1 A5,A6", "PBT1 B5,B6", "PBT1 C1,C2", "PBT2 G9,G10"])
def test_published_estimates_are_found_with_their_errors(name):
    (well,) = [each for each in wells() if each.name == name]
    row = fitted(FOLDER, well, starts=1)
    assert np.abs(gaps(row)).max() < 0.02
    assert row["chi_squared"] == pytest.approx(row["published_chi_squared"], rel=1e-4)
    assert row["rmse"] == pytest.approx(row["rmse_there"], rel=1e-3)
    # Both divide by the degrees of freedom; C1,C2 bends most.
    assert row["error"] == pytest.approx(row["published_error"], rel=0.05)


@pytest.mark.slow
def test_all_fits_are_those_published_or_what_the_page_says_of_them():
    rows = {well.name: fitted(FOLDER, well) for well in wells()}
    far = {name for name, row in rows.items() if np.abs(gaps(row)).max() >= 1.0}
    assert far == OVERWRITTEN | AT_AN_END | HIGHER | NOT_DOWN
    assert all(np.abs(gaps(rows[name])).max() < 0.3 for name in rows.keys() - far)
    for name, row in rows.items():
        lower = row["published_chi_squared"] / row["chi_squared"] - 1.0
        assert lower > (0.01 if name in far - OVERWRITTEN else -1e-4), name
    for name in HIGHER:
        assert np.abs(gaps(rows[name], "first")).max() < 0.02, name
    for name in AT_AN_END | NOT_DOWN:
        assert np.abs(gaps(rows[name], "first")).max() > 1.0, name
