"""Networks well mixed, against exact solutions, invariants, and published fits."""

import csv
from pathlib import Path

import numpy as np
import pytest

from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.parameters import parameter
from cartflow.kinetics.files.load import combine, load
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.kinetics.runs.ode import initial_state, integrate

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "carrgodex_glioma_cart"


def plain(name, species, parameters, reactions):
    """Return a network of relative amounts, its numbers plain ones per day."""
    return Network(
        name=name,
        species=tuple(Species(name=s, role="resident", unit="1") for s in species),
        parameters={p: parameter(f"{v!r} 1/day", "1/day") for p, v in parameters.items()},
        reactions=tuple(
            Reaction(name=n, consumes=c, produces=p, rate=r) for n, c, p, r in reactions
        ),
    )


def logistic(start, rate, capacity, times):
    return capacity / (1 + (capacity / start - 1) * np.exp(-rate * times))


def test_logistic_growth_is_exact():
    times = np.linspace(0, 20, 9)
    result = integrate(load("logistic_growth"), {"cart": 10.0}, times)
    np.testing.assert_allclose(result[:, 0], logistic(10.0, 1.0, 1e5, times), rtol=1e-7)


def test_nagumo_is_the_cubic_and_bistable():
    network = load("nagumo")
    cart = np.linspace(0, 1.5e5, 50)
    expected = cart * (1 - cart / 1e5) * (cart / 1e5 - 0.25)
    np.testing.assert_allclose(network.derivative(cart[None])[0], expected, rtol=1e-10, atol=1e-6)
    times = [0, 200]
    assert integrate(network, {"cart": 0.24e5}, times)[-1, 0] < 1e-6
    assert integrate(network, {"cart": 0.26e5}, times)[-1, 0] == pytest.approx(1e5, rel=1e-9)


def test_sahoo_rests_where_the_paper_says():
    network = load("sahoo2020").with_parameters({"death_rate": "0.01 1/day"})
    p = {name: value.value for name, value in network.parameters.items()}
    a = p["death_rate"] / p["growth_rate"]
    b = p["stimulation_constant"] * p["carrying_capacity"] / p["growth_rate"]
    assert b == pytest.approx(3.475, rel=1e-12)
    x, y = a / b, 1 - a / b
    assert 0 < x < 1
    at_rest = np.array(
        [
            [0, 0, y * p["growth_rate"] / p["killing_constant"]],
            [0, p["carrying_capacity"], x * p["carrying_capacity"]],
        ]
    )
    scale = np.abs(network.stoichiometry) @ np.abs(network.rates(at_rest)) + 1
    np.testing.assert_allclose(network.derivative(at_rest) / scale, 0, atol=1e-12)


def test_sahoo_tumour_is_logistic_under_constant_cart():
    network = load("sahoo2020").with_parameters(
        {"stimulation_constant": "0 mm^3/cell/day", "death_rate": "0 1/day"}
    )
    p = {name: value.value for name, value in network.parameters.items()}
    cart, times = 1000.0, np.linspace(0, 100, 11)
    net = p["growth_rate"] - p["killing_constant"] * cart
    result = integrate(network, {"cart": cart, "tumour": 5e3}, times)
    capacity = p["carrying_capacity"] * net / p["growth_rate"]
    np.testing.assert_allclose(result[:, 1], logistic(5e3, net, capacity, times), rtol=1e-7)
    np.testing.assert_array_equal(result[:, 0], cart)


@pytest.mark.parametrize(("sign", "counted"), [(1, "born"), (-1, "died")])
def test_sahoo_stimulation_of_either_sign(sign, counted):
    network = load("sahoo2020").with_parameters(
        {"stimulation_constant": f"{sign * 1e-6} mm^3/cell/day", "death_rate": "0 1/day"}
    )
    state = np.array([[10.0], [1e5]])
    assert network.derivative(state)[0, 0] == pytest.approx(sign * 1.0, rel=1e-12)
    assert (getattr(network, counted) @ network.rates(state))[0, 0] == pytest.approx(1.0)
    other = network.died if counted == "born" else network.born
    assert not (other @ network.rates(state)).any()


def test_lotka_volterra_keeps_its_invariant():
    network = plain(
        "chaudhury",
        "cu",
        {"rho": 0.0018, "kill": 0.16, "growth": 0.15, "d": 1.5e-4},
        [
            ("expansion", {}, {"c": 1}, "rho*c*u"),
            ("death", {"c": 1}, {}, "kill*c"),
            ("growth_of_u", {}, {"u": 1}, "growth*u"),
            ("killing", {"u": 1}, {}, "d*c*u"),
        ],
    )
    c, u = integrate(network, {"c": 10.0, "u": 900.0}, np.linspace(0, 60, 601)).T
    invariant = 0.0018 * u - 0.16 * np.log(u) + 1.5e-4 * c - 0.15 * np.log(c)
    np.testing.assert_allclose(invariant, invariant[0], rtol=1e-5)
    rest = network.derivative(np.array([1000.0, 0.16 / 0.0018]))
    np.testing.assert_allclose(rest, 0, atol=1e-10)


def test_predator_prey_counts_every_product_cell():
    network = load("predator_prey_exhaustion")
    state = np.random.default_rng(3).uniform(0, 1e5, (3, 20))
    change = network.derivative(state)
    counted = (network.born - network.died + network.converted) @ network.rates(state)
    np.testing.assert_allclose(counted[network.is_product], change[network.is_product], rtol=1e-12)
    assert list(network.is_product) == [True, True, False]
    assert network.converted[:, -2].tolist() == [-1, 1, 0]


def test_predator_prey_saturates_at_the_published_rates():
    network = load("predator_prey")
    rates = network.rates(np.array([[1.0], [1e12]]))[:, 0]
    killing, division = rates[1], rates[2]
    assert killing == pytest.approx(0.0486 * 24, rel=1e-6)
    assert division == pytest.approx(0.0906 * 24, rel=1e-6)


def test_chemokine_comes_to_rest_at_secretion_over_decay():
    network = load("chemokine")
    result = integrate(network, {"tumour": 1e5}, [0, 5])
    assert result[-1, 1] == pytest.approx(1e-6 * 1e5 / 24, rel=1e-8)


def test_matrix_decays_as_the_exact_solution_says():
    network = load("matrix_degradation")
    times = np.linspace(0, 7, 8)
    result = integrate(network, {"cart": 1000.0}, times)
    enzyme = 0.1 * (1 - np.exp(-times))
    matrix = np.exp(-2 * 0.1 * (times - 1 + np.exp(-times)))
    np.testing.assert_allclose(result[:, 1], enzyme, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(result[:, 2], matrix, rtol=1e-7)
    half_life = np.log(2) / (2 * 0.1)
    assert 1 < half_life < 7


def test_none_stands_still():
    result = integrate(load("none"), {"cart": 3.0, "tumour": 4.0}, [0, 10])
    np.testing.assert_array_equal(result, [[3, 4], [3, 4]])


def test_initial_state():
    network = combine("both", [load("predator_prey"), load("matrix_degradation")])
    np.testing.assert_array_equal(initial_state(network, {"tumour": 5}), [0, 5, 0, 1])
    with pytest.raises(InputError, match=r"species: unknown name 'tumor'.*did you mean 'tumour'\?"):
        initial_state(network, {"tumor": 5})
    with pytest.raises(InputError, match=r"initial\.cart: -1 is not a density"):
        initial_state(network, {"cart": -1})


@pytest.mark.parametrize("times", [[0], [0, 0], [1, 0], [0, np.inf], [[0, 1]], []])
def test_times_must_rise(times):
    with pytest.raises(InputError, match="times: at least two finite numbers of days, rising"):
        integrate(load("none"), {}, times)


def test_growth_without_bounds_is_reported():
    network = plain("square", "u", {"k": 1.0}, [("growth", {}, {"u": 1}, "k*u^2")])
    with pytest.raises(StepFailed, match=r"(u|square): .* at t = (0\.99|1)"):
        integrate(network, {"u": 1.0}, [0, 2])


def test_a_rate_that_is_no_number_names_the_species():
    network = plain("root", "u", {"k": 1.0}, [("loss", {"u": 1}, {}, "k*sqrt(u - 0.5)")])
    with pytest.raises(StepFailed, match=r"u: its rate is not a finite number at t = "):
        integrate(network, {"u": 0.4}, [0, 2])


# Brummer et al.'s fits, rates per hour and amounts in units of the cell index.
FITS = [
    (
        "Y(C1,C2)",
        0.125,
        0.230303627,
        0.558779003,
        0.399998831,
        0.046346801,
        0.023015543,
        0.562,
        0.4155,
    ),
    (
        "Y(D1,D2)",
        0.05,
        0.158646737,
        0.735855735,
        0.063431384,
        0.085333041,
        0.091327037,
        1.248,
        0.33095,
    ),
]


@pytest.mark.skipif(not DATA.is_dir(), reason="the CARRGODEX time courses are not at hand")
@pytest.mark.parametrize(
    ("column", "cart", "rho", "inverse", "k1", "k2", "theta", "sse", "left"), FITS
)
def test_carrgo_reproduces_the_published_fit(column, cart, rho, inverse, k1, k2, theta, sse, left):
    with (DATA / "car_T_dex_pbt1_pbt2_lines.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    hours = np.array([float(row["Time (Hour)"]) for row in rows])[100:652]
    observed = np.array([float(row[column]) for row in rows])[100:652]
    network = plain(
        "carrgo",
        "xy",
        {"rho": rho * 24, "crowding": rho * inverse * 24, "k1": k1 * 24, "k2": k2 * 24}
        | {"theta": theta * 24},
        [
            ("growth", {}, {"x": 1}, "rho*x - crowding*x^2"),
            ("killing", {"x": 1}, {}, "k1*x*y"),
            ("stimulation", {}, {"y": 1}, "k2*x*y"),
            ("death", {"y": 1}, {}, "theta*y"),
        ],
    )
    result = integrate(network, {"x": observed[0], "y": cart}, hours / 24)
    assert np.sum((result[:, 0] - observed) ** 2) == pytest.approx(sse, rel=2e-3)
    # What flow cytometry counted at the end, in the same units.
    assert result[-1, 1] == pytest.approx(left, rel=0.01)
