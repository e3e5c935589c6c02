"""Kinetics of a continuous trait: its moments, its limits, its order; and what cannot be."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.core.outcome import InputError
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.made.antigen import Trait, Treatment, antigen_toml
from cartflow.kinetics.runs.trajectory import run

DAYS = np.array([1.0, 5.0, 20.0])
ALONE = Treatment(growth=0.0, mutation=0.0, killing=0.0, proliferation=0.0, death=0.0)


def course(folder, trait, start, treatment=None, **settings):
    path = folder / "trait.toml"
    path.write_text(antigen_toml(trait, start, treatment=treatment, end="21 day", **settings))
    model = load_model(path)
    states = run(model, model.scenario("treated"), rtol=1e-11).at(DAYS)
    return dict(zip(model.network.species_names, states.T, strict=True))


def classes(found, trait):
    return np.array([found[f"tumour_{n}"] for n in range(trait.classes)]).T


@pytest.mark.parametrize(("drift", "spread"), [(-0.03, 0.006), (0.03, 1e-4)])
def test_mean_and_variance_of_the_trait(tmp_path, drift, spread):
    trait = Trait(lowest=1e2, highest=1e6, classes=41, diffusivity=spread, drift=drift)
    density = classes(course(tmp_path, trait, {20: 1e4}, ALONE, cart=0.0), trait)
    x = np.log(trait.antigens)
    mean = density @ x / density.sum(axis=1)
    variance = density @ x**2 / density.sum(axis=1) - mean**2
    numerical = 0.0 if 2 * spread > abs(drift) * trait.width else abs(drift) * trait.width
    np.testing.assert_allclose(mean - x[20], drift * DAYS, rtol=1e-7, atol=1e-7)
    grown = (2 * spread if numerical == 0 else 2 * spread + numerical) * DAYS
    np.testing.assert_allclose(variance, grown, rtol=1e-5)


def test_finer_classes_come_to_the_gaussian(tmp_path):
    """Second order: the start spread over three classes has its variance from the first."""
    errors = []
    for number in (25, 49):
        trait = Trait(lowest=1e3, highest=1e5, classes=number, diffusivity=0.01, drift=0.01)
        x = np.log(trait.antigens)
        wide = np.exp(-((x - x[number // 2]) ** 2) / (2 * 0.4**2))
        start = {n: float(v) for n, v in enumerate(1e3 * wide)}
        density = classes(course(tmp_path, trait, start, ALONE, cart=0.0), trait)[-1]
        variance = 0.4**2 + 2 * 0.01 * DAYS[-1]
        exact = np.exp(-((x - x[number // 2] - 0.01 * DAYS[-1]) ** 2) / (2 * variance))
        exact *= 1e3 * 0.4 / math.sqrt(variance)
        inside = np.abs(x - x[number // 2]) < 1.0
        errors.append(np.abs(density - exact)[inside].max() / exact.max())
    assert errors[1] < errors[0] / 3
    assert errors[1] < 2e-3


def test_without_motion_and_with_one_class_it_is_two_populations(tmp_path):
    trait = Trait(lowest=3e4, highest=3e4, classes=1)
    found = course(tmp_path, trait, {0: 2e4}, Treatment(mutation=0.0))
    seen = 9.0 / 10.0

    def change(_, y):
        contact = y[0] * y[1] / (1e4 + y[1])
        return [
            24 * 0.0906 * seen * contact - 0.2 * y[0],
            0.0732 * y[1] * (1 - y[1] / 1e5) - 24 * 0.0486 * seen * contact,
        ]

    exact = solve_ivp(change, (0, 20), [100, 2e4], "DOP853", DAYS, rtol=1e-12, atol=1e-14).y
    np.testing.assert_allclose(found["cart"], exact[0], rtol=1e-8)
    np.testing.assert_allclose(found["tumour_0"], exact[1], rtol=1e-8)


def test_classes_of_one_antigen_sum_to_one_population_however_they_move(tmp_path):
    """Where all see alike, motion along the trait does not show in the sum."""
    still = Trait(lowest=1e7, highest=1e9, classes=7)
    moving = Trait(lowest=1e7, highest=1e9, classes=7, diffusivity=0.5, drift=-0.4)
    blunt = Treatment(steepness=0.0)
    one = course(tmp_path, still, {3: 2e4}, blunt)
    other = course(tmp_path, moving, {1: 5e3, 6: 1.5e4}, blunt)
    np.testing.assert_allclose(
        classes(one, still).sum(axis=1), classes(other, moving).sum(axis=1), rtol=1e-8
    )
    np.testing.assert_allclose(one["cart"], other["cart"], rtol=1e-8)


def test_three_still_classes_are_those_of_the_shipped_model(tmp_path):
    """Its antigens 2e3, 2e4, 2e5 are the middles of three classes of a decade each."""
    trait = Trait(lowest=2e3 / 10**0.5, highest=2e5 * 10**0.5, classes=3)
    np.testing.assert_allclose(trait.antigens, [2e3, 2e4, 2e5], rtol=1e-12)
    third = 2e4 / 3
    found = course(tmp_path, trait, {0: third, 1: third, 2: third})
    model = load_model("antigen_density").with_parameters(
        {"stripping_rate": "0 1/day", "recovery_rate": "0 1/day"}
    )
    states = run(model, model.scenario("treated"), rtol=1e-11).at(DAYS)
    other = dict(zip(model.network.species_names, states.T, strict=True))
    names = {"cart": "cart", "tumour_negative": "tumour_negative"}
    names |= {"tumour_0": "tumour_low", "tumour_1": "tumour_middle", "tumour_2": "tumour_high"}
    for own, shipped in names.items():
        np.testing.assert_allclose(found[own], other[shipped], rtol=1e-8)


@pytest.mark.parametrize(
    ("trait", "said"),
    [
        ({"lowest": 0, "highest": 1, "classes": 3}, "antigen: got 0 to 1"),
        ({"lowest": 2, "highest": 1, "classes": 3}, "antigen"),
        ({"lowest": 1, "highest": 2, "classes": 0}, "allowed: 1 to 99"),
        ({"lowest": 1, "highest": 2, "classes": 5, "diffusivity": -1}, "must not be negative"),
        ({"lowest": 1, "highest": 1, "classes": 5, "drift": 1}, "leaves no room"),
        ({"lowest": 1, "highest": 2, "classes": 5, "drift": "1 mm"}, "drift: .*mm"),
    ],
)
def test_what_cannot_be_is_refused(trait, said):
    with pytest.raises(InputError, match=said):
        antigen_toml(Trait(**trait), {0: 1.0})


def test_a_class_that_is_not_there():
    with pytest.raises(InputError, match="no class 9; allowed: 0 to 4"):
        antigen_toml(Trait(lowest=1, highest=2, classes=5), {9: 1.0})
