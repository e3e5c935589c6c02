"""Kinetics files: the shipped ones, a user's own, errors, scaling to densities, unions."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartflow.core.bibliography import keys
from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import names as variables
from cartflow.kinetics.files.load import combine, load, names

SPOILERS = "abckt0129 =.,'\"[]{}()+-*/^_#\n\\é"

GOOD = """
title = "made up"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
[parameters]
k = "2 1/day"
[reactions.death]
consumes = { cart = 1 }
rate = "k*cart"
"""


def write(folder, text, name="mine.toml"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_shipped_names():
    expected = {"none", "logistic_growth", "nagumo", "predator_prey", "sahoo2020", "chemokine"}
    assert expected | {"matrix_degradation", "predator_prey_exhaustion"} <= set(names())


@pytest.mark.parametrize("name", names())
def test_every_shipped_number_has_a_source(name):
    network = load(name)
    assert network.name == name
    assert network.title
    assert set(network.references) <= set(keys())
    for parameter in network.described_parameters().values():
        assert parameter.source in keys()
        assert parameter.source != "study"
        if parameter.source == "assumed":
            assert parameter.standing == "assumed"
        else:
            assert parameter.source in network.references


@pytest.mark.parametrize("name", names())
def test_shipped_rates_are_finite_and_silent_at_zero(name):
    network = load(name)
    with np.errstate(all="raise"):
        rates = network.rates(np.zeros((len(network.species), 3)))
    # A supply does not depend on what is there.
    supply = [not variables(tree) & set(network.species_names) for tree in network.expressions]
    np.testing.assert_array_equal(rates[~np.array(supply, dtype=bool)], 0)
    assert np.isfinite(rates).all()


@pytest.mark.parametrize("name", names())
def test_shipped_rates_of_product_cells_are_not_negative(name):
    network = load(name)
    random = np.random.default_rng(0)
    state = 10 ** random.uniform(-6, 6, (len(network.species), 200))
    counted = (network.born + network.died + np.abs(network.converted)).any(axis=0)
    assert (network.rates(state)[counted] >= 0).all()


def test_unknown_name():
    with pytest.raises(
        InputError, match=r"unknown name 'predator'; .*did you mean 'predator_prey'"
    ):
        load("predator")


def test_own_file(tmp_path):
    path = write(tmp_path, GOOD)
    for network in (load(path), load(str(path)), load("mine.toml", tmp_path)):
        assert network.name == "mine"
        assert network.parameters["k"].source == "study"
        np.testing.assert_array_equal(network.rates(np.ones((2, 1))), [[2]])


def test_absent_file(tmp_path):
    with pytest.raises(InputError, match=r"no\.toml: cannot be read"):
        load("no.toml", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"phenotype"',
            '"phenotyp"',
            r"species\.cart\.role: 'phenotyp'; .*did you mean 'phenotype'",
        ),
        (
            '"phenotype"',
            '"phenotype"\nunit = "cell/mL"',
            r"cart\.unit: 'cell/mL'; .*'cell/mm\^3'\?",
        ),
        ('"phenotype"', '"phenotype"\ninitial = -1', r"species\.cart\.initial: .*got -1"),
        (
            '"phenotype"',
            '"phenotype"\nunit = "ng/mm^3"',
            r"species\.cart: unit 'ng/mm\^3' for the role",
        ),
        ('"k*cart"', '"k*cartt"', r"death\.rate: unknown name 'cartt'; .*did you mean 'cart'\?"),
        ('"k*cart"', '"cart"', r"death\.rate: 'cart' has the unit cell/mm\^3, but cell/mm\^3/day"),
        (
            '"k*cart"',
            '"__import__(1)"',
            r"death\.rate: expression '__import__\(1\)', position 1: unk",
        ),
        ('"k*cart"', "3", r"reactions\.death\.rate: Input should be a valid string"),
        ("consumes", "consume", r"'reactions\.death\.consume'; .*did you mean 'consumes'\?"),
        (
            "cart = 1",
            "carrt = 1",
            r"death\.consumes: unknown name 'carrt'; .*did you mean 'cart'\?",
        ),
        ("cart = 1", "cart = -1", r"death\.consumes\.cart: .*greater than 0 \(got -1\)"),
        ("cart = 1", "cart = true", r"death\.consumes\.cart: .*valid number"),
        ("[species.cart]", '[species."c t"]', r"species\.c t: 'c t' is not a name"),
        ('"2 1/day"', '"2 1/dya"', r"parameters\.k: '1/dya' is not a unit"),
        ('"2 1/day"', '"2 K"', r"parameters\.k: 'K' has the dimension \[temperature\]"),
        ('"2 1/day"', "[1]", r"parameters\.k: \[1\] is not a quantity"),
        ('"2 1/day"', '{ value = "2 1/day" }', r"parameters\.k: key 'source' is missing"),
        (
            '"2 1/day"',
            '{ value = "2 1/day", source = "x", standing = "known" }',
            r"parameters\.k: standing 'known'; allowed: assumed, derived",
        ),
        (
            '"2 1/day"',
            '{ value = "2 1/day", source = "x", standing = "assumed", density_exponent = 7 }',
            r"parameters\.k: density_exponent 7; allowed: -1",
        ),
        (
            '"2 1/day"',
            '{ value = "2 1/day", source = "x", standing = "assumed", density_exponent = 1 }',
            r"parameters\.k: density_exponent needs the key 'compartment_volume'",
        ),
        ('title = "made up"', "", "key 'title' is missing"),
        ('title = "made up"', 'title = "x"\ncolour = 1', "unknown key 'colour'; allowed: "),
        (
            'title = "made up"',
            'title = "x"\ncompartment_volume = "0 mm^3"',
            r"compartment_volume: '0 mm\^3' must be greater than 0",
        ),
        ('rate = "k*cart"', "", r"key 'reactions\.death\.rate' is missing"),
        ("title", "title title", "not a TOML file"),
    ],
)
def test_errors_name_file_and_key(tmp_path, old, new, message):
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(InputError, match=message) as error:
        load(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoilt_file_loads_or_is_an_input_error(tmp_path, data):
    text = GOOD
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 8))
        text = text[:start] + data.draw(st.text(SPOILERS, max_size=6)) + text[end:]
    path = write(tmp_path, text)
    try:
        load(path)
    except InputError as error:
        message = str(error)
    else:
        message = str(path)
    assert message.startswith(str(path))


def test_totals_become_densities(tmp_path):
    head = 'title = "totals"\ncompartment_volume = "500 mm^3"\n[species.t]\nrole = "resident"\n'
    row = '{{ value = "{}", source = "s", standing = "{}", density_exponent = {}, note = "n" }}'
    capacity = row.format("1e6 cell", "measured", -1)
    action = row.format("3 1/cell/day", "assumed", 1)
    square = row.format("4e4 cell^2/day^2", "measured", -2)
    rows = f"K = {capacity}\nk = {action}\ns = {square}\n"
    network = load(write(tmp_path, f"{head}[parameters]\n{rows}"))
    assert network.parameters["s"].value == pytest.approx(0.16, rel=1e-14)
    assert network.parameters["s"].unit == "cell^2/mm^6/day^2"
    capacity, action = network.parameters["K"], network.parameters["k"]
    assert (capacity.value, capacity.unit) == (2000, "cell/mm^3")
    assert (action.value, action.unit) == (1500, "mm^3/cell/day")
    assert (capacity.stated, action.stated) == ("1e6 cell", "3 1/cell/day")
    assert (capacity.standing, action.standing) == ("derived", "assumed")
    assert capacity.note == "n; '1e6 cell' times (500 mm^3)^-1"


def test_scaling_leaves_per_cell_rates_as_they_were():
    network = load("sahoo2020")
    # The capacity that figure 6 draws, as packed cells of 20 um.
    capacity = 6.95e9
    volume = capacity * 4 / 3 * np.pi * 0.01**3
    tumour, cart = 3e8, 2e7
    density = np.array([[cart], [tumour]]) / volume
    change = network.derivative(density)[:, 0] * volume
    expected_cart = 0.3e-10 * cart * tumour - 1e-6 * cart
    expected_tumour = 0.06 * tumour * (1 - tumour / capacity) - 6e-9 * cart * tumour
    np.testing.assert_allclose(change, [expected_cart, expected_tumour], rtol=1e-5)


def test_union_of_modules():
    network = combine("all", [load("predator_prey"), load("chemokine"), load("matrix_degradation")])
    assert network.species_names == ("cart", "tumour", "chemokine", "enzyme", "ecm")
    assert len(network.reactions) == 4 + 2 + 3
    assert network.species[network.index("ecm")].initial == 1
    alone = load("predator_prey")
    random = np.random.default_rng(1)
    state = random.uniform(0, 1e4, (5, 7))
    np.testing.assert_array_equal(network.derivative(state)[:2], alone.derivative(state[:2]))
    assert network.references == alone.references


def test_union_with_itself_names_the_reaction():
    with pytest.raises(InputError, match=r"kinetics 'twice': reactions\.division: the name is use"):
        combine("twice", [load("logistic_growth"), load("logistic_growth")])


def test_union_of_unlike_species_and_values(tmp_path):
    one = load(write(tmp_path, GOOD))
    role = load(write(tmp_path, GOOD.replace('"resident"', '"product"'), "role.toml"))
    value = load(write(tmp_path, GOOD.replace("2 1/day", "3 1/day"), "value.toml"))
    clash = (
        GOOD.replace("k = ", "tumor = ")
        .replace("k*", "tumor*")
        .replace("tumour", "k")
        .replace("death", "loss")
    )
    with pytest.raises(InputError, match=r"species\.tumour: role 'resident' in one network, 'prod"):
        combine("u", [one, role])
    with pytest.raises(
        InputError, match=r"kinetics 'u': k: '2 1/day' in one network, '3 1/day' in"
    ):
        combine("u", [one, value])
    with pytest.raises(
        InputError, match=r"kinetics 'u': parameters\.k: a species has the same name"
    ):
        combine("u", [one, load(write(tmp_path, clash, "clash.toml"))])
    with pytest.raises(InputError, match="kinetics 'u': no network to combine"):
        combine("u", [])
