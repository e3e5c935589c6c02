"""Equations in LaTeX."""

import pytest
from matplotlib.mathtext import MathTextParser

from cartflow.kinetics.expressions.grammar import parse
from cartflow.kinetics.files.load import load, names
from cartflow.kinetics.typeset import latex, typeset


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a*(b + c)", r"a \, \left(b + c\right)"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("(a/b)^n", r"\left(\frac{a}{b}\right)^{n}"),
        ("-a*b", r"\left(-a\right) \, b"),
        ("log(a)*2e-9", r"\ln\left(a\right) \, 2 \cdot 10^{-9}"),
        ("sqrt(abs(a))", r"\sqrt{\left|a\right|}"),
        ("half_saturation", r"\mathrm{half\_saturation}"),
    ],
)
def test_expressions(text, expected):
    assert latex(parse(text)) == expected


@pytest.mark.parametrize("name", names())
def test_a_typesetter_reads_every_shipped_rate(name):
    parser = MathTextParser("path")
    for tree in load(name).expressions:
        parser.parse(f"${latex(tree)}$")


def test_a_notebook_shows_one_line_a_species():
    network = load("sahoo2020")
    assert network._repr_latex_() == typeset(network)
    assert typeset(network).count(r"\frac{\mathrm{d}}{\mathrm{d}t}") == 2
