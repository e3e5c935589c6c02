"""Textbook models that stand for others: each in its limits is the simpler model."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.runs.rest import jacobian
from cartflow.kinetics.runs.trajectory import run

GROWTH, CAPACITY, HALF = 0.0732, 1e5, 1e4
TIMES = np.array([1.0, 3.0, 6.0, 10.0, 20.0, 40.0])


def course(name, scenario, **settings):
    """Return amounts by species at TIMES, with parameters and starts put in their own units."""
    model = load_model(name)
    found = model.scenario(scenario)
    numbers, initial = {}, dict(found.initial)
    for key, value in settings.items():
        kind, _, species = key.partition("__")
        if species:
            initial[species] = replace(next(iter(initial.values())), value=value)
        else:
            unit = model.network.parameters[kind].unit
            numbers[kind] = f"{value!r} {unit}" if unit != "1" else value
    model = model.with_parameters(numbers)
    states = run(model, replace(found, initial=initial), rtol=1e-11).at(TIMES)
    return dict(zip(model.network.species_names, states.T, strict=True))


def solved(change, start):
    found = solve_ivp(change, (0, TIMES[-1]), start, "DOP853", TIMES, rtol=1e-12, atol=1e-17)
    return found.y


def two_populations(kill, divide, death):
    def change(_, y):
        cart, tumour = y
        contact = cart * tumour / (HALF + tumour)
        return [
            divide * contact - death * cart,
            GROWTH * tumour * (1 - tumour / CAPACITY) - kill * contact,
        ]

    return change


def test_classes_of_one_antigen_are_one_population():
    same = {f"antigen_{name}": 3e4 for name in ("high", "middle", "low")}
    found = course("antigen_density", "treated", **same, mutation_rate=0.0)
    seen = 3.0**2 / (1 + 3.0**2)
    cart, tumour = solved(two_populations(24 * 0.0486 * seen, 24 * 0.0906 * seen, 0.2), [100, 2e4])
    total = sum(found[f"tumour_{name}"] for name in ("high", "middle", "low"))
    np.testing.assert_allclose(found["cart"], cart, rtol=1e-8)
    np.testing.assert_allclose(total, tumour, rtol=1e-8)
    assert not found["tumour_negative"].any()


def test_cells_without_signal_are_no_targets():
    found = course(
        "antigen_density", "treated", antigen_high=0.0, antigen_middle=0.0, antigen_low=0.0
    )
    total = sum(found[name] for name in found if name.startswith("tumour"))
    np.testing.assert_allclose(total, CAPACITY / (1 + 4 * np.exp(-GROWTH * TIMES)), rtol=1e-8)
    np.testing.assert_allclose(found["cart"], 100 * np.exp(-0.2 * TIMES), rtol=1e-8)


def test_killing_at_once_is_mass_action():
    model = load_model("multiple_binding")
    changed = model.scenario("binding_alone").parameters
    network = model.with_parameters({**changed, "killing_one": "1e11 1/day"}).network
    start = np.zeros(5)
    start[[network.index("cart"), network.index("tumour")]] = 5000.0, 2e4
    early = TIMES[TIMES <= 3]
    found = solve_ivp(
        lambda _, y: network.derivative(y),
        (0, 3),
        start,
        "Radau",
        early,
        jac=lambda _, y: jacobian(network, y),
        rtol=1e-10,
        atol=1e-8,
    )
    (tumour,) = solved(
        lambda _, y: [GROWTH * y[0] * (1 - y[0] / CAPACITY) - 1e-3 * 5000.0 * y[0]], [2e4]
    )
    np.testing.assert_allclose(found.y[network.index("tumour")], tumour[: early.size], rtol=1e-8)
    np.testing.assert_allclose(found.y[network.index("cart")], 5000.0, rtol=1e-8)


def test_binding_without_killing_comes_to_the_law_of_mass_action():
    found = course(
        "multiple_binding",
        "binding_alone",
        killing_one=0.0,
        killing_two=0.0,
        killing_three=0.0,
        growth_rate=0.0,
    )
    held = {name: found[name][-1] for name in found}
    ratio = 1e-3 * held["cart"] / 1.0
    assert held["bound_one"] == pytest.approx(ratio * held["tumour"], rel=1e-8)
    assert held["bound_two"] / 2 == pytest.approx(ratio**2 / 2 * held["tumour"], rel=1e-8)
    assert held["bound_three"] / 3 == pytest.approx(ratio**3 / 6 * held["tumour"], rel=1e-8)
    bound = held["bound_one"] + held["bound_two"] + held["bound_three"]
    assert held["cart"] + bound == pytest.approx(5000, rel=1e-10)


def test_without_exhaustion_and_memory_the_phases_are_two_populations():
    found = course(
        "multiphasic",
        "treated",
        exhaustion_rate=0.0,
        memory_rate=0.0,
        initial__injected=0.0,
        initial__effector=100.0,
    )
    cart, tumour = solved(two_populations(24 * 0.0486, 24 * 0.0906, 0.3), [100, 2e4])
    np.testing.assert_allclose(found["effector"], cart, rtol=1e-8)
    np.testing.assert_allclose(found["tumour"], tumour, rtol=1e-8)
    assert not found["exhausted"].any()
    assert not found["memory"].any()


def test_without_exhaustion_memory_is_that_of_the_model_without_it():
    found = course("multiphasic", "treated", exhaustion_rate=0.0)

    def change(_, y):
        injected, effector, memory, tumour = y
        antigen = tumour / (HALF + tumour)
        formed, recalled = 0.1 * (1 - antigen) * effector, 0.5 * antigen * memory
        return [
            -1.5 * injected,
            0.3 * injected + (24 * 0.0906 * antigen - 0.3) * effector - formed + recalled,
            formed - recalled - 0.005 * memory,
            GROWTH * tumour * (1 - tumour / CAPACITY) - 24 * 0.0486 * effector * antigen,
        ]

    injected, effector, memory, tumour = solved(change, [100, 0, 0, 2e4])
    np.testing.assert_allclose(found["injected"], injected, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found["effector"], effector, rtol=1e-8)
    np.testing.assert_allclose(found["memory"], memory, rtol=1e-8)
    np.testing.assert_allclose(found["tumour"], tumour, rtol=1e-8)


def test_cells_without_killing_make_no_cytokines():
    found = course("cytokine_network", "high_burden", killing_rate=0.0, proliferation_rate=0.0)
    assert not any(found[name].any() for name in ("ifn_gamma", "gm_csf", "il6", "active_monocyte"))
    np.testing.assert_allclose(found["tumour"], CAPACITY, rtol=1e-8)


def test_release_alone_is_release_and_clearance():
    found = course(
        "cytokine_network",
        "low_burden",
        growth_rate=0.0,
        proliferation_rate=0.0,
        death_rate=0.0,
        activation_rate=0.0,
    )

    def change(_, y):
        killed = 24 * 0.0486 * 100.0 * y[0] / (HALF + y[0])
        return [-killed, 2e-6 * killed - 4 * y[1], 5e-7 * killed - 6 * y[2]]

    tumour, ifn, gm_csf = solved(change, [1e4, 0, 0])
    np.testing.assert_allclose(found["tumour"], tumour, rtol=1e-8)
    np.testing.assert_allclose(found["ifn_gamma"], ifn, rtol=1e-8)
    np.testing.assert_allclose(found["gm_csf"], gm_csf, rtol=1e-8)
    assert not found["il6"].any()


def test_without_cart_b_cells_are_a_chain_and_leukaemia_is_logistic():
    found = course("marrow_b_cells", "treated", initial__active=0.0, initial__mature_b=0.0)
    mature = 12500 * (1 - np.exp(-0.02 * TIMES))
    np.testing.assert_allclose(found["pro_b"], 500, rtol=1e-8)
    np.testing.assert_allclose(found["mature_b"], mature, rtol=1e-8)
    np.testing.assert_allclose(found["leukaemia"], 1e6 / (1 + 9 * np.exp(-0.1 * TIMES)), rtol=1e-8)


def test_without_memory_and_b_cells_leukaemia_and_cart_are_two_populations():
    found = course(
        "marrow_b_cells",
        "treated",
        memory_rate=0.0,
        supply=0.0,
        initial__pro_b=0.0,
        initial__immature_b=0.0,
        initial__mature_b=0.0,
    )

    def change(_, y):
        cart, tumour = y
        return [
            0.8 * cart * tumour / (HALF + tumour) - 0.15 * cart,
            0.1 * tumour * (1 - tumour / 1e6) - 1e-3 * cart * tumour,
        ]

    cart, tumour = solved(change, [10, 1e5])
    np.testing.assert_allclose(found["active"], cart, rtol=1e-8)
    np.testing.assert_allclose(found["leukaemia"], tumour, rtol=1e-8)


def test_a_host_without_t_cells_rejects_nothing():
    found = course("donor_rejection", "after_lymphodepletion", initial__host_t_cell=0.0)
    np.testing.assert_array_equal(found["cart"], 100.0)
