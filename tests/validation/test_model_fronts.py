"""Which fronts models have: rates by hand, species that are nowhere, reasons for none."""

import numpy as np
import pytest

from cartflow.kinetics.files.load import load
from cartflow.validation.fronts.held import nowhere, without
from cartflow.validation.fronts.model_front_states import fronts_of


@pytest.mark.parametrize(
    ("model", "rates"),
    [
        # Growth 0.0732; on 1e5 cells: expansion 2.2 x 1e5/(1e5 + 1e4) less death, 0.0333.
        ("predator_prey", {"tumour": 0.0732}),
        ("liu2022", {"tumour": 0.069, "tumour_negative": 0.1}),
        ("singh2020", {"tumour": 0.0732}),
    ],
)
def test_rates_ahead_of_tumours_are_those_of_growth(model, rates):
    fronts = [front for front in fronts_of(model)[0] if front.kind == "tumour"]
    found = {front.network.species_names[front.marker]: front.rate for front in fronts}
    assert found == pytest.approx(rates, rel=1e-9)


def test_the_product_grows_on_the_full_tumour():
    # Liu: 1.62 x 2939.1/(2939.1 + 637.64) - 0.12 per day.
    (product,) = (front for front in fronts_of("liu2022")[0] if front.kind == "product")
    assert product.rate == pytest.approx(1.62 * 2939.1 / (2939.1 + 637.64) - 0.12, rel=1e-6)
    assert product.network.species_names[product.marker] == "cart"
    assert product.ahead[product.network.index("tumour")] == pytest.approx(2939.1, rel=1e-6)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("stein2019", "whole body"),
        ("yiu2012", "no tumour"),
        ("constant_supply", "no tumour grows"),
        ("chaudhury2020", "without bound"),
        ("barros2021", "does not grow on the full tumour"),
    ],
)
def test_reasons_for_no_front(model, why):
    assert why in fronts_of(model)[1]


def test_what_is_nowhere_is_left_out_and_changes_nothing():
    network = load("singh2020")
    ahead, tumour = np.zeros(len(network.species)), network.index("tumour")
    absent = nowhere(network, ahead, np.array([tumour]))
    assert network.index("cart") in absent
    inner = without(network, absent)
    state = np.zeros(len(network.species))
    state[tumour] = 123.0
    kept = [network.index(name) for name in inner.species_names]
    np.testing.assert_allclose(inner.derivative(state[kept]), network.derivative(state)[kept])
    assert np.all(np.delete(network.derivative(state), kept) == 0.0)


def test_what_is_made_on_the_way_is_kept():
    network = load("effector_memory_exhausted")
    ahead = np.zeros(len(network.species))
    ahead[network.index("tumour")] = 1e5
    assert nowhere(network, ahead, np.array([network.index("effector")])).size == 0
