"""Every rate has the unit of its species per day."""

import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.dimensions import (
    check,
    dimension_of,
    expression_dimension,
    unit_text,
)
from cartflow.kinetics.expressions.grammar import parse

DIMENSIONS = {
    "cart": dimension_of("cell/mm^3"),
    "tumour": dimension_of("cell/mm^3"),
    "solute": dimension_of("ng/mm^3"),
    "rate": dimension_of("1/h"),
    "mass_action": dimension_of("mm^3/cell/day"),
    "n": dimension_of("1"),
}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("rate*cart", "cell/mm^3/day"),
        ("mass_action*cart*tumour", "cell/mm^3/day"),
        ("rate*cart*(1 - tumour/cart)^2", "cell/mm^3/day"),
        ("cart^2/tumour", "cell/mm^3"),
        ("cart^-1", "mm^3/cell"),
        ("sqrt(cart*tumour)", "cell/mm^3"),
        ("cart^(1/2)*tumour^0.5", "cell/mm^3"),
        ("(cart/tumour)^n", "a plain number"),
        ("min(cart, tumour) + abs(-cart)", "cell/mm^3"),
        ("exp(-cart/tumour) + tanh(n) + log(2)", "a plain number"),
        ("solute*cart", "ng*cell/mm^6"),
        ("3", "a plain number"),
    ],
)
def test_unit_of(text, unit):
    assert unit_text(expression_dimension(parse(text), DIMENSIONS)) == unit


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cart + rate", r"'cart \+ rate' joins cell/mm\^3 with 1/day"),
        ("1 - cart", r"'1 - cart' joins a plain number with cell/mm\^3"),
        ("min(cart, solute)", r"'min\(cart, solute\)' joins cell/mm\^3 with ng/mm\^3"),
        ("exp(cart)", r"'exp\(cart\)' takes cell/mm\^3; a plain number is needed"),
        ("2^cart", r"the exponent in '2\^cart' has the unit cell/mm\^3"),
        ("cart^n", r"raises cell/mm\^3 to a power that is not written out; write \(a/b\)\^n"),
    ],
)
def test_what_cannot_be_joined(text, message):
    with pytest.raises(InputError, match=message):
        expression_dimension(parse(text), DIMENSIONS)


def test_check_names_both_units():
    with pytest.raises(InputError, match=r"'cart' has the unit cell/mm\^3, but cell/mm\^3/day is"):
        check(parse("cart"), DIMENSIONS, dimension_of("cell/mm^3/day"))


def test_a_long_expression_is_shortened_in_the_message():
    with pytest.raises(InputError) as error:
        check(parse("+".join(["cart"] * 100)), DIMENSIONS, dimension_of("1"))
    assert len(str(error.value)) < 200
