"""Networks: births, deaths and conversions; rates; overrides; what is refused."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.kinetics.balance import sort_cells
from cartflow.kinetics.files.load import load
from cartflow.kinetics.network import Network, Reaction, Species

SPECIES = (
    Species(name="a", role="phenotype"),
    Species(name="b", role="product"),
    Species(name="c", role="phenotype"),
    Species(name="t", role="resident"),
)


def network(*reactions, parameters=None, species=SPECIES):
    values = {"k": parameter("2 1/day", "1/day")} if parameters is None else parameters
    return Network(name="made", species=species, parameters=values, reactions=reactions)


def reaction(consumes, produces, rate="k*a"):
    return Reaction(name="r", consumes=consumes, produces=produces, rate=rate)


@pytest.mark.parametrize(
    ("consumes", "produces", "born", "died", "converted"),
    [
        ({"a": 1}, {"a": 2}, [1, 0, 0], [0, 0, 0], [0, 0, 0]),
        ({}, {"a": 1}, [1, 0, 0], [0, 0, 0], [0, 0, 0]),
        ({"a": 1}, {}, [0, 0, 0], [1, 0, 0], [0, 0, 0]),
        ({"a": 1}, {"b": 1}, [0, 0, 0], [0, 0, 0], [-1, 1, 0]),
        ({"a": 1}, {"b": 2}, [0, 1, 0], [0, 0, 0], [-1, 1, 0]),
        ({"a": 2}, {"b": 1}, [0, 0, 0], [1, 0, 0], [-1, 1, 0]),
        ({"a": 1}, {"b": 1, "c": 3}, [0, 0.75, 2.25], [0, 0, 0], [-1, 0.25, 0.75]),
        ({"a": 1, "b": 1}, {"c": 1}, [0, 0, 0], [0.5, 0.5, 0], [-0.5, -0.5, 1]),
        ({"a": 1, "t": 1}, {"a": 1}, [0, 0, 0], [0, 0, 0], [0, 0, 0]),
        ({"a": 0.3}, {"b": 0.1, "c": 0.2}, [0, 0, 0], [0, 0, 0], [-0.3, 0.1, 0.2]),
    ],
)
def test_reactions_are_sorted(consumes, produces, born, died, converted):
    made = network(reaction(consumes, produces))
    np.testing.assert_allclose(made.born[:, 0], [*born, 0], atol=1e-15)
    np.testing.assert_allclose(made.died[:, 0], [*died, 0], atol=1e-15)
    np.testing.assert_allclose(made.converted[:, 0], [*converted, 0], atol=1e-15)


def test_tumour_cells_are_not_counted_as_births():
    made = network(reaction({}, {"t": 1}))
    assert made.stoichiometry[3, 0] == 1
    assert not made.born.any()
    assert list(made.is_product) == [True, True, True, False]


@settings(deadline=None)
@given(arrays(float, (5, 4), elements=st.integers(-30, 30).map(lambda n: n / 10)))
def test_births_less_deaths_plus_conversions_are_the_change(stoichiometry):
    is_product = np.array([True, True, False, True, True])
    result = sort_cells(stoichiometry, is_product)
    change = np.where(is_product[:, None], stoichiometry, 0)
    np.testing.assert_allclose(result.born - result.died + result.converted, change, atol=1e-12)
    np.testing.assert_allclose(result.converted.sum(axis=0), 0, atol=1e-12)
    assert (result.born >= 0).all()
    assert (result.died >= 0).all()
    assert not (result.born.any(axis=0) & result.died.any(axis=0)).any()
    # A species takes part only in the direction in which it changes.
    assert not result.born[change <= 0].any()
    assert not result.died[change >= 0].any()


def test_rates_and_derivative():
    made = network(
        Reaction(name="tiring", consumes={"a": 1}, produces={"b": 1}, rate="k*a"),
        Reaction(name="growth", produces={"t": 2}, rate="k*t"),
    )
    state = np.array([[1.0, 2, 3], [0, 0, 0], [0, 0, 0], [5, 6, 7]])
    np.testing.assert_array_equal(made.rates(state), [[2, 4, 6], [10, 12, 14]])
    expected = [[-2, -4, -6], [2, 4, 6], [0, 0, 0], [20, 24, 28]]
    np.testing.assert_array_equal(made.derivative(state), expected)
    np.testing.assert_array_equal(made.derivative(state[:, 1]), np.array(expected)[:, 1])


def test_a_constant_rate_reaches_every_cell():
    supply = parameter("3 cell/mm^3/day", "cell/mm^3/day")
    made = network(reaction({}, {"a": 1}, "supply"), parameters={"supply": supply})
    np.testing.assert_array_equal(made.rates(np.zeros((4, 3))), [[3, 3, 3]])


def test_a_network_without_reactions_stands_still():
    made = network()
    assert made.rates(np.ones((4, 2))).shape == (0, 2)
    np.testing.assert_array_equal(made.derivative(np.ones((4, 2))), np.zeros((4, 2)))


def test_a_network_can_be_pickled():
    made = network(reaction({"a": 1}, {}))
    state = np.full((4, 2), 3.0)
    made.rates(state)
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    np.testing.assert_array_equal(again.rates(state), made.rates(state))


def test_a_network_keeps_its_own_copies():
    values = {"k": parameter("2 1/day", "1/day")}
    made = network(reaction({"a": 1}, {}), parameters=values)
    values["k"] = parameter("3 1/day", "1/day")
    assert made.parameters["k"].value == 2


def test_rows_by_name():
    made = network()
    assert made.species_names == ("a", "b", "c", "t")
    assert made.index("c") == 2
    with pytest.raises(InputError, match=r"kinetics 'made': species: unknown name 'x'; allowed: a"):
        made.index("x")


@pytest.mark.parametrize("value", ["48 1/day", "2 1/h", parameter("2 1/h", "1/h")])
def test_parameters_are_replaced_in_a_copy(value):
    made = network(reaction({"a": 1}, {}))
    other = made.with_parameters({"k": value})
    assert other.parameters["k"].value == pytest.approx(48, rel=1e-14)
    assert other.parameters["k"].source == "study"
    assert made.parameters["k"].value == 2
    np.testing.assert_allclose(other.rates(np.ones((4, 1))), [[48]])
    np.testing.assert_array_equal(made.rates(np.ones((4, 1))), [[2]])


def test_a_network_with_other_values_is_that_made_of_them():
    made, state = load("predator_prey"), np.random.default_rng(0).random((2, 3)) * 1e6
    made.jacobian(state)
    other = made.with_parameters({"killing_rate": "3 1/day"})
    anew = replace(made, parameters=other.parameters)
    assert other == anew
    for name in ("rates", "jacobian", "derivative"):
        assert np.array_equal(getattr(other, name)(state), getattr(anew, name)(state))
        assert not np.array_equal(getattr(other, name)(state), getattr(made, name)(state))
    assert np.array_equal(other.born, anew.born)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"kk": "1 1/day"}, r"kinetics 'made': parameters: unknown name 'kk'.*did you mean 'k'\?"),
        ({"k": "1 mm"}, r"parameters\.k: '1 mm' has the dimension length, but 1/time is needed"),
        ({"k": 3.0}, r"parameters\.k: '?3\.0'? is a plain number, but 1/time"),
        ({"k": parameter("1 mm", "mm")}, r"kinetics 'made': parameters\.k: .* but 1/time"),
        ({"k": "fast"}, r"parameters\.k: 'fast' is not a number with a unit"),
        ({"k": "nan 1/day"}, r"parameters\.k: nan 1/day is not a finite number"),
    ],
)
def test_wrong_overrides(overrides, message):
    with pytest.raises(InputError, match=message):
        network(reaction({"a": 1}, {})).with_parameters(overrides)


def test_an_override_that_divides_by_zero():
    made = network(reaction({"a": 1}, {}, "k*k/k*a"))
    with pytest.raises(InputError, match=r"kinetics 'made': reactions\.r\.rate: 'k\*k/k' is not a"):
        made.with_parameters({"k": "0 1/day"})
    with pytest.raises(InputError, match=r"rate: 'carrying_capacity' is zero, and divides"):
        load("predator_prey").with_parameters({"carrying_capacity": "0 cell/mm^3"})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: network(reaction({"x": 1}, {})), r"reactions\.r\.consumes: unknown name 'x'"),
        (lambda: network(reaction({}, {"x": 1})), r"reactions\.r\.produces: unknown name 'x'"),
        (lambda: network(reaction({"a": 1}, {}, "kk*a")), r"r\.rate: unknown name 'kk'; allowed: "),
        (
            lambda: network(reaction({"a": 1}, {}, "a")),
            r"reactions\.r\.rate: 'a' has the unit cell",
        ),
        (
            lambda: network(reaction({"a": 1}, {}, "k*")),
            r"reactions\.r\.rate: expression 'k\*', pos",
        ),
        (
            lambda: network(reaction({"a": 1}, {}, "k*a/(1 - 1)")),
            r"reactions\.r\.rate: '1 - 1' is zero, and divides",
        ),
        (
            lambda: network(reaction({"a": 1}, {}), reaction({"a": 1}, {})),
            "r: the name is used twi",
        ),
        (lambda: network(species=(*SPECIES, SPECIES[0])), r"species\.a: the name is used twice"),
        (lambda: network(species=()), "species: at least one is needed"),
        (
            lambda: network(parameters={"a": parameter(1, "1")}),
            r"parameters\.a: a species has the s",
        ),
        (lambda: network(parameters={"exp": parameter(1, "1")}), "'exp' is not a name"),
        (lambda: reaction({}, {}), "'consumes' and 'produces' are both empty"),
        (lambda: reaction({"a": 0}, {}), r"r\.consumes\.a: 0 must be a number greater than 0"),
        (lambda: reaction({"a": float("nan")}, {}), r"consumes\.a: nan must be a number"),
        (lambda: Species(name="a b", role="resident"), "'a b' is not a name"),
        (lambda: Species(name="a", role="residnt"), "role 'residnt'.*did you mean 'resident'"),
        (lambda: Species(name="a", role="solute"), "unit 'cell/mm.3' for the role 'solute'; allow"),
        (lambda: Species(name="a", role="resident", initial=-1), "initial -1 is not a density"),
    ],
)
def test_what_is_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()


def test_cells_do_not_turn_into_nanograms():
    solute = Species(name="s", role="solute", unit="ng/mm^3")
    with pytest.raises(InputError, match=r"the units cell/mm\^3 and ng/mm\^3; write one reaction"):
        network(reaction({"a": 1}, {"s": 1}), species=(*SPECIES, solute))
