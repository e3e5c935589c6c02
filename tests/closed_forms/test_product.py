"""The product against draws of cells, limits as the multiplicity vanishes, windows and none."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.closed_forms.product import (
    Culture,
    Insertions,
    TargetedInsertion,
    copies_per_positive,
    doses,
    multiplicity_for_copies,
    multiplicity_for_share,
    share_positive,
)
from cartflow.closed_forms.product_window import Limits, Window, window
from cartflow.core.outcome import InputError

DRAWS = 10_000_000
CULTURE = Culture(seeded="5e7 cell", capacity=5e9, growth_rate="0.025 1/h", harvest=0.8, thaw=0.7)


@pytest.fixture(scope="module")
def copies():
    return np.random.default_rng(20).poisson(0.7, DRAWS)


def within(values, expected):
    return abs(values.mean() - expected) < 4 * values.std() / np.sqrt(values.size)


def test_share_and_copies_are_those_of_drawn_cells(copies):
    assert within(copies > 0, share_positive(0.7))
    assert within(copies[copies > 0], copies_per_positive(0.7))


def test_hotspots_are_those_of_drawn_cells(copies):
    hits = np.random.default_rng(21).binomial(copies, 0.01) > 0
    risk = Insertions(multiplicity=0.7, hotspot=0.01)
    assert within(hits, risk.cell_risk)
    assert within(hits[copies > 0], risk.positive_cell_risk)


def test_the_risk_of_a_dose_is_that_of_drawn_doses():
    risk = Insertions(multiplicity=0.7, hotspot=1e-5)
    hits = np.random.default_rng(22).binomial(50_000, risk.positive_cell_risk, 1_000_000) > 0
    assert within(hits, risk.dose_risk("50000 cell"))
    assert risk.dose_risk(0) == 0.0
    assert Insertions(multiplicity=0.7, hotspot=1).dose_risk(0) == 0.0
    assert Insertions(multiplicity=0.7, hotspot=1).dose_risk(1) == pytest.approx(1.0)


def test_few_vectors_are_one_copy_a_positive_cell():
    assert copies_per_positive(0.0) == 1.0
    assert share_positive(0.0) == 0.0
    for m in (1e-12, 1e-8, 1e-4):
        assert copies_per_positive(m) == pytest.approx(1 + m / 2, abs=m * m)
        assert share_positive(m) == pytest.approx(m, rel=m)
    assert Insertions(multiplicity=0.0, hotspot=0.2).positive_cell_risk == 0.2
    assert Insertions(multiplicity=0.0, hotspot=0.2).cell_risk == 0.0
    assert Insertions(multiplicity=1e-9, hotspot=0.2).positive_cell_risk == pytest.approx(0.2)


@pytest.mark.parametrize("m", [0.0, 1e-6, 0.01, 0.0199, 0.0201, 0.7, 5.0, 40.0])
def test_inverses(m):
    assert multiplicity_for_copies(copies_per_positive(m)) == pytest.approx(m, rel=1e-8, abs=1e-12)
    if m < 30:
        assert multiplicity_for_share(share_positive(m)) == pytest.approx(m, rel=1e-10)


def test_targeted_insertion_is_that_of_drawn_cells():
    targeted = TargetedInsertion(efficiency=0.3, off_target=(0.02, 0.001))
    random = np.random.default_rng(23)
    cut = (random.random(DRAWS // 10) < 0.02) | (random.random(DRAWS // 10) < 0.001)
    assert within(cut, targeted.cut_share)
    assert within((random.random(cut.size) < 0.3) & ~cut, targeted.clean_share)
    assert targeted.cuts_per_cell == pytest.approx(0.021)
    assert TargetedInsertion(efficiency=0.3).cut_share == 0.0


def test_expansion_is_the_logistic_equation():
    run = solve_ivp(
        lambda _, n: 0.6 * n * (1 - n / 5e9), (0, 9), [5e7], rtol=1e-11, atol=1, method="DOP853"
    )
    assert CULTURE.cells("9 day") == pytest.approx(run.y[0, -1], rel=1e-9)
    assert CULTURE.dose(0.7, 9) == pytest.approx(
        run.y[0, -1] * 0.56 * (1 - math.exp(-0.7)), rel=1e-9
    )


def test_times_and_multiplicities_give_the_dose():
    for m, dose in ((0.3, 1e8), (2.0, 8e8)):
        assert CULTURE.dose(m, CULTURE.time_for(m, dose)) == pytest.approx(dose, rel=1e-9)
        assert CULTURE.dose(CULTURE.multiplicity_for(9, dose), 9) == pytest.approx(dose, rel=1e-9)
    assert CULTURE.time_for(1.0, 1e5) == 0.0
    assert CULTURE.time_for(1.0, 1e12) == math.inf
    assert CULTURE.time_for(0.0, 1e5) == math.inf
    assert CULTURE.multiplicity_for(1, 1e12) == math.inf


@pytest.mark.parametrize("limits", [(2e8, 4e8, 0.1, 3.0, 4, 11), (1e8, 1e9, 0.4, 1.5, 6, 9)])
def test_the_window_is_that_of_a_grid(limits):
    least, greatest, share, copies, early, late = limits
    found = window(
        CULTURE,
        Limits(
            least_dose=least,
            greatest_dose=greatest,
            least_share=share,
            greatest_copies=copies,
            least_time=early,
            greatest_time=late,
        ),
    )
    m, t = np.meshgrid(np.linspace(0.001, 6, 1500), np.linspace(0, 14, 1401), indexing="ij")
    cells = 5e9 / (1 + 99 * np.exp(-0.6 * t))
    dose = cells * 0.56 * -np.expm1(-m)
    good = (dose >= least) & (dose <= greatest) & (-np.expm1(-m) >= share)
    good &= (m / -np.expm1(-m) <= copies) & (t >= early) & (t <= late)
    assert isinstance(found, Window)
    assert found.multiplicity == pytest.approx((m[good].min(), m[good].max()), abs=0.009)
    assert found.time == pytest.approx((t[good].min(), t[good].max()), abs=0.03)
    assert "days in culture" in found.in_words()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"least_share": 0.9, "greatest_copies": 1.5}, "needs a multiplicity of 2.3"),
        ({"least_dose": 1e10, "greatest_dose": 1e11}, "fewer than 1e"),
        ({"greatest_dose": 2e5, "least_dose": 1e5, "least_share": 0.1}, "more than 2e"),
    ],
)
def test_no_product_is_said_in_words(changes, words):
    limits = Limits(**{"least_dose": 1e8, "greatest_dose": 5e8, **changes})
    found = window(CULTURE, limits)
    assert isinstance(found, str)
    assert found.startswith("No product: ")
    assert words in found


def test_phenotypes_share_the_dose():
    tables = doses("2e8 cells", {"memory": 0.25, "effector": 0.75, "exhausted": 0.0})
    assert tables == [
        {"cells": "50000000 cells", "phenotype": "memory"},
        {"cells": "150000000 cells", "phenotype": "effector"},
    ]
    with pytest.raises(InputError, match=r"shares: they sum to 0\.9; allowed: 1"):
        doses(1e8, {"a": 0.4, "b": 0.5})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: share_positive(-1), r"multiplicity: got -1; allowed: at least 0"),
        (lambda: copies_per_positive(math.nan), r"multiplicity: nan is not a finite number"),
        (lambda: multiplicity_for_share(1), r"share: got 1; no multiplicity makes every cell"),
        (lambda: multiplicity_for_copies(0.5), r"copies: got 0\.5; allowed: at least 1"),
        (lambda: Culture(seeded=1e7, capacity=1e6, growth_rate=1), r"capacity: got 1e\+06"),
        (lambda: Culture(seeded=1, capacity=2, growth_rate="1 mm"), r"growth_rate: '1 mm' has"),
        (lambda: Limits(least_dose=2, greatest_dose=1), r"least_dose: got 2; allowed: at most"),
        (lambda: TargetedInsertion(efficiency=1, off_target=[2]), r"off_target\.0: got 2"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
