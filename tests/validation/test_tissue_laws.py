"""Laws of hindrance, layers and lags as the case on tissue has them."""

import numpy as np
import pytest

from cartflow.pde.hindrance import LAWS, Hindrance
from cartflow.validation.transport import hindrance_laws as laws
from cartflow.validation.transport.opening_matrix import by_package, by_scipy
from cartflow.validation.transport.solute_slab import steady_flux, time_lag, two_layers
from cartflow.validation.transport.steady_profiles import steady


def test_every_law_is_written_down_again():
    assert set(laws.FORMULAS) == set(LAWS)
    assert all(laws.deviation(law) < 1e-12 for law in LAWS)


def test_all_pore_does_not_hinder():
    assert laws.open_limits() == pytest.approx(np.ones(len(LAWS)))


def test_pairs():
    assert laws.pairs_met() < 1e-12
    assert laws.brain_misses() > 0.5


@pytest.mark.parametrize("engine", ["fast", "fipy"])
def test_layers_and_flux(engine):
    layers = two_layers(engine)
    assert layers.deviation < 1e-10
    assert layers.flux == pytest.approx(layers.exact_flux, rel=1e-10)
    assert steady_flux(engine, 0.3, Hindrance(law="bruggeman")) == pytest.approx(
        0.3**1.5 * 8.64, rel=1e-10
    )


def test_lag_does_not_depend_on_the_porosity():
    lags = [time_lag("fipy", porosity, 1.6).lag for porosity in (1.0, 0.2)]
    assert lags[0] == pytest.approx(lags[1], rel=1e-8)


@pytest.mark.parametrize("shape", ["slab", "ball"])
@pytest.mark.parametrize("within", [True, False])
def test_steady_profiles(shape, within):
    found = steady("fast", shape, made_within=within, thiele=2.0)
    assert found.deviation < 2e-4


def test_a_matrix_that_nothing_degrades_stays():
    intact = by_package("fast", cells=200, step=0.05, degrading=False)
    assert intact.matrix == pytest.approx(np.ones(200))
    assert intact.positions[-1] < by_scipy(200).positions[-1]
