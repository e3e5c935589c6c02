"""Counts as laboratories give them, in a table that is fitted, against a line drawn by hand."""

import numpy as np
import pytest

from cartflow.analyses.fit.run import fit
from cartflow.core.outcome import InputError

MODEL = """
title = "cells that die"
[species.cart]
role = "phenotype"
[parameters]
death = { value = "0.1 1/day", source = "assumed", standing = "assumed" }
[reactions.death]
consumes = { cart = 1 }
rate = "death*cart"
[scenarios.dish]
title = "a dish"
end = "8 days"
initial = { cart = "1000 cells/mm^3" }
source = "assumed"
standing = "assumed"
"""
DAYS = np.array([1.0, 2.0, 4.0, 6.0, 8.0])
# Of half-life two days, with some scatter; per mm^3.
COUNTS = 1000 * 2 ** (-DAYS / 2) * np.array([1.05, 0.96, 1.03, 0.94, 1.02])
# Logarithms, the start being known: a line through it, by least squares.
BY_HAND = -(DAYS * np.log(COUNTS / 1000)).sum() / (DAYS**2).sum()


def fitted(folder, unit, factor):
    (folder / "model.toml").write_text(MODEL)
    values = zip(DAYS, (COUNTS / factor).tolist(), strict=True)
    rows = [f"a,{day:g},cart,{value!r},{unit}" for day, value in values]
    text = "\n".join(["subject,time [day],observable,value,unit", *rows])
    (folder / "data.csv").write_text(text, encoding="utf-8")
    vary = ["death=[0.01, 10] 1/day"]
    found = fit(folder / "model.toml", folder / "data.csv", vary, scenario="dish", starts=2)
    return float(found.dataset["estimate"][0])


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("cells/\N{MICRO SIGN}L", 1.0),
        ("10^6 cells/mL", 1000.0),
        ("1e6 cells/mL", 1000.0),
        ("x10^9/L", 1000.0),
        ("10^3/uL", 1000.0),
    ],
)
def test_a_rate_is_that_of_the_line_by_hand_in_every_unit(tmp_path, unit, factor):
    assert fitted(tmp_path, unit, factor) == pytest.approx(BY_HAND, rel=1e-5)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("10e6 cells/mL", "'10e6' is meant as 10.n by some"),
        ("%ID/g", "is a share of the injected dose; multiply by the dose and give cells"),
        ("K/uL", "'K' is a unit, and 10.3 for some"),
    ],
)
def test_a_unit_that_is_ambiguous_is_refused_with_table_and_observable(tmp_path, unit, message):
    with pytest.raises(InputError, match=rf"data\.csv: observable 'cart': .*{message}"):
        fitted(tmp_path, unit, 1.0)
