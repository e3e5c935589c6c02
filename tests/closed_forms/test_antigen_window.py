"""The antigen window against draws of cells, its limits, and windows that are not there."""

import numpy as np
import pytest
from scipy.stats import norm

from cartflow.closed_forms.antigen_window import Antigen, AntigenWindow
from cartflow.core.outcome import InputError

TUMOUR, HEALTHY = Antigen(median=200_000, spread=1.0), Antigen(median=800, spread=1.3)
DRAWS = 10_000_000


@pytest.mark.parametrize(("kind", "threshold"), [(TUMOUR, 50_000.0), (HEALTHY, 20_000.0)])
def test_shares_are_those_of_drawn_cells(kind, threshold):
    random = np.random.default_rng(20)
    drawn = kind.median * np.exp(kind.spread * random.standard_normal(DRAWS))
    share = kind.share_above(threshold)
    error = np.sqrt(share * (1 - share) / DRAWS)
    assert abs((drawn > threshold).mean() - share) < 4 * error


def test_the_interval_is_where_both_limits_are_met():
    window = AntigenWindow(tumour=TUMOUR, healthy=HEALTHY, kill=0.95, spare=0.02)
    low, high = window.interval()
    assert HEALTHY.share_above(low) == pytest.approx(0.02, rel=1e-12)
    assert TUMOUR.share_above(high) == pytest.approx(0.95, rel=1e-12)
    assert window.decades == pytest.approx(np.log10(high / low), rel=1e-12)
    for threshold, holds in ((0.99 * low, False), (1.01 * low, True), (1.01 * high, False)):
        killed, spared = TUMOUR.share_above(threshold), HEALTHY.share_above(threshold)
        assert (killed >= 0.95 and spared <= 0.02) is holds


def test_the_worked_case():
    window = AntigenWindow(tumour=TUMOUR, healthy=Antigen(median=800, spread=1.0))
    z = norm.ppf(0.99)
    assert window.interval() == pytest.approx((800 * np.exp(z), 2e5 * np.exp(-z)), rel=1e-12)
    assert window.ratio_needed() == pytest.approx(np.exp(2 * z), rel=1e-12)
    assert "8192 to 1.953e+04 molecules" in window.in_words()


def test_sensitivities_are_the_slopes():
    def width(tumour_median=2e5, tumour_spread=1.0, healthy_median=800.0, healthy_spread=1.3):
        tumour = Antigen(median=tumour_median, spread=tumour_spread)
        healthy = Antigen(median=healthy_median, spread=healthy_spread)
        return np.log(10) * AntigenWindow(tumour=tumour, healthy=healthy).decades

    found = AntigenWindow(tumour=TUMOUR, healthy=HEALTHY).sensitivity()
    step = 1e-6
    for name, base in (("tumour", (2e5, 1.0)), ("healthy", (800.0, 1.3))):
        up = width(**{f"{name}_median": base[0] * np.exp(step)})
        down = width(**{f"{name}_median": base[0] * np.exp(-step)})
        assert (up - down) / (2 * step) == pytest.approx(found[f"{name}.median"], rel=1e-7)
        up, down = (width(**{f"{name}_spread": base[1] + s}) for s in (step, -step))
        assert (up - down) / (2 * step) == pytest.approx(found[f"{name}.spread"], rel=1e-7)


def test_no_window_is_said_in_words_and_is_just_gone_at_the_ratio_needed():
    close = AntigenWindow(tumour=Antigen(median=20_000, spread=1.0), healthy=HEALTHY)
    assert close.interval() is None
    assert close.decades < 0
    assert close.in_words().startswith("No window: ")
    needed = close.ratio_needed()
    just = Antigen(median=800 * needed * (1 + 1e-9), spread=1.0)
    assert AntigenWindow(tumour=just, healthy=HEALTHY).interval() is not None


def test_without_spread_all_cells_have_the_median():
    same = Antigen(median=500, spread=0)
    np.testing.assert_array_equal(same.share_above(np.array([0, 499.9, 500, 501])), [1, 1, 0, 0])
    assert same.threshold_for(0.3) == 500
    near = Antigen(median=500, spread=1e-9)
    assert near.threshold_for(0.3) == pytest.approx(500, rel=1e-8)


def test_classes_are_quantiles_and_one_class_is_the_median():
    shares, medians = Antigen(median=100, spread=0.7).classes(1)
    assert (shares.tolist(), medians.tolist()) == ([1.0], [100.0])
    shares, medians = Antigen(median=100, spread=0.7).classes(400)
    assert shares.sum() == pytest.approx(1.0, rel=1e-12)
    assert (shares * (medians > 150)).sum() == pytest.approx(
        Antigen(median=100, spread=0.7).share_above(150), abs=1 / 400
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Antigen(median=0, spread=1), r"median: got 0; allowed: above 0"),
        (lambda: Antigen(median=1, spread=-1), r"spread: got -1; allowed: at least 0"),
        (lambda: Antigen(median="2 mm", spread=1), r"median: '2 mm' has the dimension"),
        (lambda: AntigenWindow(tumour=TUMOUR, healthy=HEALTHY, kill=1), r"kill: got 1; allowed"),
        (lambda: TUMOUR.share_above(-1), r"threshold: got -1; allowed: at least 0"),
        (lambda: TUMOUR.classes(0), r"number: got 0; allowed: whole numbers from 1"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
