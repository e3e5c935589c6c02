"""Steps of the network against other ways to solve it, and against what cannot change."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from cartflow.core.outcome import StepFailed
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.stepper import NetworkStepper

CASES = [(b, m) for b in ("mouse_28g", "human_male") for m in ("khot2019", "singh2020")]


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES])
def network(request):
    body, model = request.param
    return organ_network(load_body(body), load_trafficking(model))


@pytest.fixture
def mouse():
    return organ_network(load_body("mouse_28g"), load_trafficking("khot2019"))


def some_cells(network, phenotypes=2):
    return np.random.default_rng(7).uniform(0, 1e6, (len(network.names), phenotypes))


def custom(places, arcs):
    """Return a network of `places` {name: volume} and `arcs` {(from, to): rate}."""
    names = list(places)
    rates = np.zeros((len(names), len(names)))
    for (source, target), rate in arcs.items():
        rates[names.index(target), names.index(source)] += rate
        rates[names.index(source), names.index(source)] -= rate
    compartments = tuple(
        Compartment(name=n, organ=n if v else "", space="tissue" if v else "", volume=v)
        for n, v in places.items()
    )
    return OrganNetwork(compartments=compartments, rates=rates, parameters={})


@pytest.mark.parametrize("dt", [1e-6, 1e-3, 1.0, 30.0])
def test_against_the_matrix_exponential(network, dt):
    propagator, collected = NetworkStepper(network=network).matrices(dt)
    # The reference itself is off by about 1e-17 times its norm, 1e6 a day.
    assert propagator == pytest.approx(expm(network.rates * dt), abs=1e-9)
    size = len(network.names)
    augmented = np.zeros((2 * size, 2 * size))
    augmented[:size, :size], augmented[:size, size:] = network.rates, np.eye(size)
    assert collected == pytest.approx(expm(augmented * dt)[:size, size:], abs=1e-9 * dt, rel=1e-8)


def test_against_an_integrator(network):
    cells, supply = some_cells(network, 1), some_cells(network, 1) * 3
    result = NetworkStepper(network=network).step(cells, 0.02, supply)
    solution = solve_ivp(
        lambda _, x: network.rates @ x + supply[:, 0],
        (0, 0.02),
        cells[:, 0],
        method="Radau",
        jac=network.rates,
        rtol=1e-10,
        atol=1e-6,
    )
    assert result[:, 0] == pytest.approx(solution.y[:, -1], rel=1e-6, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    exponents=arrays(float, (5, 5), elements=st.floats(-8, 8)),
    linked=arrays(bool, (5, 5)),
    dt=st.floats(1e-9, 1e3),
)
def test_any_network_keeps_its_cells_and_its_sign(exponents, linked, dt):
    rates = np.where(linked, 10.0**exponents, 0.0)
    arcs = {(a, b): rates[i, j] for i, a in enumerate("abcde") for j, b in enumerate("abcde")}
    arcs = {arc: rate for arc, rate in arcs.items() if rate > 0 and arc[0] != arc[1]}
    stepper = NetworkStepper(network=custom(dict.fromkeys("abcde", 1.0), arcs))
    propagator, collected = stepper.matrices(dt)
    assert (propagator >= 0).all()
    assert (collected >= 0).all()
    assert propagator.sum(axis=0) == pytest.approx(np.ones(5), rel=1e-14)
    assert collected.sum(axis=0) == pytest.approx(np.full(5, dt), rel=1e-14)
    half = stepper.matrices(dt / 2)[0]
    assert half @ half == pytest.approx(propagator, rel=1e-11, abs=1e-300)


def test_two_compartments_exactly():
    a, b, dt = 3.0, 5e5, 0.7
    network = custom({"x": 1.0, "y": 1.0}, {("x", "y"): a, ("y", "x"): b})
    result = NetworkStepper(network=network).step(np.array([[0.0], [1.0]]), dt)
    y = a / (a + b) + b / (a + b) * math.exp(-(a + b) * dt)
    assert result[:, 0] == pytest.approx([1 - y, y], rel=1e-13)


@pytest.mark.parametrize("rate", [1e-3, 2.0, 4e5])
def test_residence_time_is_one_over_the_rate(rate):
    network = custom({"x": 1.0, "lost": 0.0}, {("x", "lost"): rate})
    _, collected = NetworkStepper(network=network).matrices(60 / rate)
    assert collected[0, 0] == pytest.approx(1 / rate, rel=1e-12)


def test_residence_times_in_the_mouse(mouse):
    """The time spent in each compartment is the inverse of the rates, until all cells are lost."""
    inside = mouse.volumes() > 0
    expected = -np.linalg.inv(mouse.rates[np.ix_(inside, inside)])
    _, collected = NetworkStepper(network=mouse).matrices(400.0)
    assert collected[np.ix_(inside, inside)] == pytest.approx(expected, rel=1e-8)


def test_nothing_is_negative(network):
    stepper = NetworkStepper(network=network)
    for dt in (1e-9, 1e-4, 0.3, 1.0):
        propagator, collected = stepper.matrices(dt)
        assert (propagator >= 0).all()
        assert (collected >= 0).all()


@pytest.mark.parametrize("dt", [1e-5, 0.01, 1.0])
def test_cells_are_kept_over_a_thousand_steps(network, dt):
    stepper, cells = NetworkStepper(network=network), some_cells(network)
    before = cells.sum(axis=0)
    for _ in range(1000):
        cells = stepper.step(cells, dt)
    assert cells.sum(axis=0) == pytest.approx(before, rel=1e-12)


def test_supply_arrives_in_full(network):
    stepper, cells = NetworkStepper(network=network), some_cells(network)
    supply = some_cells(network)
    before = cells.sum(axis=0)
    for _ in range(1000):
        cells = stepper.step(cells, 0.01, supply)
    assert cells.sum(axis=0) == pytest.approx(before + 10 * supply.sum(axis=0), rel=1e-12)


def test_two_half_steps_are_one_step(network):
    stepper, cells = NetworkStepper(network=network), some_cells(network)
    supply = some_cells(network)
    half = stepper.step(stepper.step(cells, 0.05, supply), 0.05, supply)
    assert half == pytest.approx(stepper.step(cells, 0.1, supply), rel=1e-12)


def test_no_time_no_change(mouse):
    cells = some_cells(mouse)
    assert (NetworkStepper(network=mouse).step(cells, 0.0, cells) == cells).all()


def test_a_network_without_rates_only_collects():
    network = custom({"x": 1.0, "y": 1.0}, {})
    result = NetworkStepper(network=network).step(np.ones((2, 1)), 2.0, np.ones((2, 1)))
    assert (result == 3.0).all()


def test_matrices_are_kept_but_not_for_ever(mouse):
    stepper = NetworkStepper(network=mouse)
    first = stepper.matrices(0.5)
    assert all(a is b for a, b in zip(stepper.matrices(0.5), first, strict=True))
    for number in range(300):
        stepper.matrices(1e-9 * (number + 1))
    assert len(stepper._cache) <= 256


@pytest.mark.parametrize("dt", [-1.0, math.nan, math.inf])
def test_steps_that_cannot_be(mouse, dt):
    with pytest.raises(StepFailed, match="body: cannot step over"):
        NetworkStepper(network=mouse).step(some_cells(mouse), dt)


def test_bad_numbers_are_noticed(mouse):
    cells = some_cells(mouse)
    cells[3, 0] = np.nan
    with pytest.raises(StepFailed, match="body: the number of cells is not finite"):
        NetworkStepper(network=mouse).step(cells, 1.0)


def test_a_published_minimal_model():
    """The pleural model of Tsai et al. 2022 without its pleura, and so without 0.033 mL/h of lymph.

    Percent of an intravenous dose, against a separate solution known to about 2 %.
    """
    lung, other, node = 0.746, 0.904, 1.65
    flow = 678.0
    places = {"venous": 0.8585, "arterial": 0.8585, "lung_v": 0.0536, "lung_i": 0.0384}
    places |= {"other_v": 1.432, "other_i": 4.870, "node": 0.113, "lost": 0.0}
    per_hour = {
        ("venous", "lung_v"): (flow + lung) / 0.8585,
        ("lung_v", "arterial"): flow / 0.0536,
        ("arterial", "other_v"): flow / 0.8585,
        ("other_v", "venous"): (flow - other) / 1.432,
        ("lung_v", "lung_i"): 1843.0,
        ("other_v", "other_i"): 41.4,
        ("lung_i", "node"): (lung - 0.033) / 0.0384,
        ("other_i", "node"): other / 4.870,
        ("lung_i", "lost"): 0.84,
        ("node", "venous"): node / 0.113,
    }
    network = custom(places, {arc: 24 * rate for arc, rate in per_hour.items()})
    stepper = NetworkStepper(network=network)
    dose = np.zeros((len(places), 1))
    dose[0] = 100.0
    separate = {  # hours: blood, lung, other tissues, node, total left
        0.01: (33.4, 25.1, 38.7, 2.7, 99.9),
        2 / 60: (12.5, 35.3, 37.5, 13.7, 99.3),
        0.1: (4.8, 21.4, 44.2, 26.9, 97.7),
        0.25: (3.6, 11.6, 61.1, 19.1, 95.8),
        1.0: (0.76, 2.3, 84.9, 4.3, 92.6),
        24.0: (0.38, 1.05, 65.3, 2.2, 68.9),
        168.0: (0.06, 0.17, 10.5, 0.35, 11.1),
    }
    for hours, expected in separate.items():
        x = dict(zip(places, stepper.step(dose, hours / 24)[:, 0], strict=True))
        blood, lung_all = x["venous"] + x["arterial"], x["lung_v"] + x["lung_i"]
        rest = x["other_v"] + x["other_i"]
        got = (blood, lung_all, rest, x["node"], 100 - x["lost"])
        assert got == pytest.approx(expected, rel=0.025, abs=0.06)
