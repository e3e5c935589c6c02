"""Hazards of donor cells against drawn times, the best dose by other ways, and its ends."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from cartflow.closed_forms.donor_cells import DonorCells, best_dose
from cartflow.core.outcome import InputError

YEAR = 365.25
DONOR = DonorCells(relapse="0.6/year", protection=0.5, background="0.05/year", harm="0.08/year")
DRAWS = 10_000_000


def test_chances_are_those_of_drawn_times():
    random = np.random.default_rng(20)
    relapse, disease = DONOR.hazards(1.5)
    first = random.exponential(1 / relapse, DRAWS)
    second = random.exponential(1 / disease, DRAWS)
    chances = DONOR.neither(1.5), *DONOR.first(1.5)
    drawn = (
        (np.minimum(first, second) > YEAR),
        (first < second) & (first <= YEAR),
        (second < first) & (second <= YEAR),
    )
    for chance, found in zip(chances, drawn, strict=True):
        assert abs(found.mean() - chance) < 4 * np.sqrt(chance * (1 - chance) / DRAWS)
    assert sum(chances) == pytest.approx(1.0, rel=1e-12)


def test_the_best_dose_has_the_greatest_chance():
    found = minimize_scalar(lambda d: -DONOR.neither(d), bounds=(0, 20), options={"xatol": 1e-9})
    assert DONOR.best_dose == pytest.approx(math.log(0.3 / 0.08) / 0.5, rel=1e-12)
    assert DONOR.best_dose == pytest.approx(found.x, abs=1e-6)
    assert "best dose is 2.644" in DONOR.in_words()


def test_by_number_it_is_the_closed_form():
    found = best_dose(lambda d: DONOR.hazards(d)[0], lambda d: DONOR.hazards(d)[1], most=20)
    assert found == pytest.approx(DONOR.best_dose, abs=1e-6)
    square = best_dose(lambda d: (d - 3) ** 2, lambda d: 0.0 * d, most=7)
    assert square == pytest.approx(3.0, abs=1e-8)
    assert best_dose(lambda d: 1 / (1 + d), lambda _: 0.0, most=7) == 7.0
    assert best_dose(lambda _: 0.0, lambda d: d, most=7) == 0.0


def test_cells_that_harm_more_than_they_protect_are_not_given():
    harmful = DonorCells(relapse=0.6, protection=0.1, background=0, harm=0.06)
    assert harmful.best_dose == 0.0
    assert harmful.in_words().startswith("No dose: ")
    useless = DonorCells(relapse=0.6, protection=0.0, background=0, harm=0)
    assert useless.best_dose == 0.0


def test_cells_that_only_protect_have_no_greatest_dose():
    harmless = DonorCells(relapse=0.6, protection=0.1, background=0.1, harm=0)
    assert harmless.best_dose == math.inf
    assert harmless.in_words().startswith("No dose is too many")


def test_as_cells_begin_to_harm_the_best_dose_vanishes_steadily():
    gain = 0.3
    for short in (1e-3, 1e-6, 1e-9):
        near = DonorCells(relapse=0.6, protection=0.5, background=0, harm=gain * (1 - short))
        assert near.best_dose == pytest.approx(short / 0.5, rel=1e-3)


def test_without_cells_the_hazards_are_those_without_cells():
    assert DONOR.hazards(0.0) == pytest.approx((0.6 / YEAR, 0.05 / YEAR), rel=1e-12)
    assert DONOR.neither(3.0, 0) == 1.0
    nothing = DonorCells(relapse=0, protection=1, background=0, harm=0)
    assert nothing.first(1.0) == (0.0, 0.0)


def test_the_interval_is_that_of_a_logarithm_and_does_not_depend_on_chance():
    low, high = DONOR.interval({"relapse": 0.2, "harm": 0.1}, draws=200_000)
    middle, width = DONOR.best_dose, 1.959964 * math.hypot(0.2, 0.1) / 0.5
    assert (low, high) == pytest.approx((middle - width, middle + width), abs=0.01)
    assert DONOR.interval({"harm": 0.1}) == DONOR.interval({"harm": 0.1})
    assert DONOR.interval({}) == pytest.approx((middle, middle), rel=1e-12)
    harmless = DonorCells(relapse=0.6, protection=0.1, background=0.1, harm=0)
    assert harmless.interval({"relapse": 0.2}) == (math.inf, math.inf)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DONOR.hazards(-1), r"dose: got -1; allowed: at least 0"),
        (lambda: DONOR.interval({"harms": 1}), r"errors: unknown name 'harms'; allowed: relapse"),
        (lambda: DONOR.interval({}, draws=0), r"draws: got 0; it must be a whole number"),
        (lambda: DonorCells(relapse=-1, protection=1, background=0, harm=0), r"relapse: got -1"),
        (lambda: best_dose(lambda d: -d, lambda _: 0.0, most=1), r"hazards: their sum at a dose"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
