"""Quantities from anyone: a number and a unit, or an error in words."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal
from cartflow.core.units.dimensions import dimension_name, internal_unit
from cartflow.core.units.parsing import parse_unit
from cartflow.core.units.quantities import split

pytestmark = pytest.mark.lowest


NASTY = [
    "",
    " ",
    "mm",
    "5 mm**9**9",
    "5 mm^9^9^9^9",
    "1e5 mm^99",
    "5 9**9**9**9 mm",
    "__import__('os')",
    "5 __import__('os').system('true')",
    "5 mm; import os",
    "5 mm' or '1'='1",
    "5 lambda: 0",
    "5 mm[0]",
    "5 ((((((((((((((((((((((((mm",
    "5 " + "(" * 59 + "mm",
    "5 " + "m" * 100_000,
    "5 " + "m" * 40 + "!",
    "9" * 5000 + " mm",
    "9" * 150 + "\n" + " mm\n",
    "9" * 100_000 + "\n",
    "1e999999 mm",
    "--5 mm",
    "0x10 mm",
    "1_000 mm",
    "5 mm mm^",
    "5 /mm",
    "5 mm//day",
    "5 smoots_per_fortnight",
    "\N{ARABIC-INDIC DIGIT FIVE} mm",
    "5 \x00mm",
    "5 \u202emm",
    "5 degC",
    "5 dB",
    "5 {mm}",
    "5 %s mm",
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nasty_text_is_refused(text):
    with pytest.raises(InputError) as caught:
        to_internal(text, "mm")
    assert len(str(caught.value)) < 1100
    assert str(caught.value).isprintable()


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=2000)
@example("1e5 mm^9*mm^9*mm^9*mm^9*mm^9*mm^9*mm^9*mm^9*mm^9")
@example("5 9.9^9.9")
def test_any_text_gives_a_number_or_an_input_error(text):
    for call in (lambda: to_internal(text, "mm"), lambda: parse_unit(text), lambda: split(text)):
        try:
            call()
        except InputError:
            continue


@given(st.text(alphabet="5 m^*/().-dayhcels", max_size=40))
@settings(max_examples=300, deadline=2000)
def test_text_that_looks_like_a_quantity(text):
    try:
        value = to_internal("5 " + text, "mm")
    except InputError:
        return
    assert math.isfinite(value)


def test_shares_of_the_injected_dose_are_neither_plain_nor_counts():
    assert dimension_name("%ID/g") == "injected dose/mass"
    for like in ("1", "cell", "cell/kg", "1/kg"):
        with pytest.raises(InputError, match="injected dose"):
            to_internal("3 %ID/g", like)
    with pytest.raises(InputError, match="'%ID' is a share of the injected dose; multiply by the"):
        internal_unit("%ID")
