"""Exposure to fludarabine: what the abstract gives, and the three compartments by integration."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.closed_forms.fludarabine import Fludarabine
from cartflow.core.outcome import InputError

TYPICAL = Fludarabine(weight="70 kg", egfr="100 mL/min")


def test_clearance_is_the_published_sum():
    assert TYPICAL.clearance == pytest.approx(3.24 + 0.782 * 6.0, rel=1e-12)
    assert Fludarabine(weight="70 kg", egfr=0.0).clearance == pytest.approx(3.24, rel=1e-12)
    child = Fludarabine(weight="17.5 kg", egfr="100 mL/min")
    assert child.clearance == pytest.approx(TYPICAL.clearance * 0.25**0.75, rel=1e-12)


def test_the_renal_share_of_adults_is_the_published_65_percent():
    shares = [Fludarabine(weight="70 kg", egfr=f"{e} mL/min").renal_share for e in (110, 130)]
    assert shares[0] < 0.65 < shares[1]


def test_160_mg_per_m2_lie_in_the_published_range():
    # 10 to 66 mg h/L in all 258; 1.8 m2 of an adult.
    for egfr in (30, 60, 100, 140):
        patient = Fludarabine(weight="70 kg", egfr=f"{egfr} mL/min")
        assert 10 < patient.exposure("288 mg") < 66


def test_the_course_is_that_of_the_compartments():
    q, v = (8.6, 3.8), (39.0, 20.0, 50.0)

    def change(_, a):
        c = [a[i] / v[i] for i in range(3)]
        return [
            24 * (-TYPICAL.clearance * c[0] - q[0] * (c[0] - c[1]) - q[1] * (c[0] - c[2])),
            24 * q[0] * (c[0] - c[1]),
            24 * q[1] * (c[0] - c[2]),
        ]

    dose = 50.0 * 285.23 / 365.21
    times = np.array([0.0, 0.01, 0.2, 0.9])
    run = solve_ivp(change, (0, 0.9), [dose, 0, 0], "DOP853", times, rtol=1e-11, atol=1e-13)
    found = TYPICAL.course("50 mg", [0], times)
    np.testing.assert_allclose(found, run.y[0] / 39, rtol=1e-9)


def test_the_area_under_three_doses_is_their_exposure():
    times = np.concatenate([np.linspace(0, 4, 40_001), np.linspace(4, 30, 20_001)[1:]])
    levels = TYPICAL.course("50 mg", [0, 1, 2], times)
    area = 24 * np.trapezoid(levels, times)
    assert area == pytest.approx(TYPICAL.exposure("150 mg"), rel=1e-3)
    assert TYPICAL.dose_for(TYPICAL.exposure("150 mg")) == pytest.approx(150, rel=1e-12)
    assert TYPICAL.dose_for("20 mg*h/L") == pytest.approx(TYPICAL.dose_for(20), rel=1e-12)
    assert TYPICAL.exposure(0.0) == 0.0


def test_a_dose_moved_by_a_day_moves_its_course():
    times = np.linspace(0, 5, 51)
    first = TYPICAL.course("50 mg", [0], times)
    later = TYPICAL.course("50 mg", [1], times)
    np.testing.assert_allclose(later[10:], first[:-10], rtol=1e-12)
    assert not later[:10].any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Fludarabine(weight="70 L", egfr="90 mL/min"), r"weight: '70 L' has the dimension"),
        (lambda: Fludarabine(weight=0, egfr="90 mL/min"), r"weight: got 0; allowed: above 0"),
        (lambda: TYPICAL.exposure("-1 mg"), r"dose: got '-1 mg'; allowed: at least 0"),
        (lambda: TYPICAL.course("1 mg", [], np.zeros(1)), r"days: got none; give one at least"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
