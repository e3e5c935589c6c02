"""The factors of a ratio of deliveries multiply to it, and each is what it is called."""

import pytest

from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.scaling import ScalingRule
from cartflow.pbpk.variation.factors import delivery_of, factors
from cartflow.validation.bodies.delivery import whole_model_ratio

MOUSE, MAN = "mouse_28g", "human_male"


@pytest.mark.parametrize("model", ["khot2019", "singh2020", "tsai2022_liver"])
def test_factors_multiply_to_the_ratio(model):
    found = factors(MOUSE, MAN, model)
    product = found.dilution * found.perfusion * found.capture * found.time_in_blood
    assert found.ratio == pytest.approx(product, rel=1e-12)
    assert found.ratio == pytest.approx(whole_model_ratio(model), rel=1e-4)


def test_each_factor():
    found = factors(MOUSE, MAN)
    assert found.dilution == pytest.approx(5300 / 1.717)
    assert found.perfusion == pytest.approx((1 - 0.4339622642) / 0.55)  # equal plasma flow
    assert found.capture == pytest.approx(1.0, abs=1e-3)  # kept by the rule
    assert found.time_in_blood == pytest.approx(1.29, abs=0.01)
    assert found.circulation_time * found.passes == pytest.approx(found.time_in_blood)


def test_passes_end_in_the_lung():
    """Capture in one pass is kept, so passes go with one over the loss in the lung's tissue."""
    model, chance, days = load_trafficking("khot2019"), [], []
    for name in (MOUSE, MAN):
        body = load_body(name)
        lung = body.organs["lung"]
        emptied = lung.volume.value - lung.vascular_volume.value
        leaving = lung.lymph_flow.value / emptied
        chance.append(0.325 * 24 / (0.325 * 24 + leaving))
        # To the end of all cells: in 28 days a tenth of the passes in the mouse are still to come.
        found = delivery_of(body, model, end=400.0)
        days.append(found.days / found.circulation)
    assert chance == pytest.approx([0.0616, 0.4457], rel=0.01)
    assert days[0] / days[1] == pytest.approx(chance[1] / chance[0], rel=0.01)


def test_losses_that_scale_shorten_the_ratio_and_rates_that_do_not_lengthen_it():
    slower = factors(MOUSE, MAN, scaling=ScalingRule(elimination_exponent=-0.25))
    assert slower.time_in_blood == pytest.approx(0.403, abs=0.005)
    kept = factors(MOUSE, MAN, scaling="vascular_volume")
    assert kept.ratio == pytest.approx(6.84e4, rel=0.01)


def test_delivery_per_volume_hardly_depends_on_the_size():
    body, model = load_body(MOUSE), load_trafficking("khot2019")
    small, large = (delivery_of(body, model, volume=v).delivery for v in (65.0, 1000.0))
    assert large == pytest.approx(small, rel=1e-3)


def test_the_artery_gives_a_first_pass():
    for body, gain in ((MOUSE, 1.36), (MAN, 2.06)):
        vein, artery = (
            delivery_of(
                load_body(body), load_trafficking("khot2019"), host="liver", route=route
            ).delivery
            for route in ("intravenous", "hepatic_artery")
        )
        assert artery / vein == pytest.approx(gain, abs=0.01)
