"""Every function of SBML against NumPy, and what older levels state in their own way."""

import re

import numpy as np
import pytest

X = 0.7


@pytest.mark.parametrize(
    ("formula", "exact"),
    [
        ("2*x + 1 - x/2", 2 * X + 1 - X / 2),
        ("x^3 + pow(x, -2)", X**3 + X**-2),
        ("root(3, x) + sqrt(x)", X ** (1 / 3) + X**0.5),
        ("exp(x) + ln(x)", np.exp(X) + np.log(X)),
        ("log10(x) + log(2, x)", np.log10(X) + np.log2(X)),
        ("sin(x) + cos(x) + tan(x)", np.sin(X) + np.cos(X) + np.tan(X)),
        ("sec(x) + csc(x) + cot(x)", 1 / np.cos(X) + 1 / np.sin(X) + 1 / np.tan(X)),
        ("sinh(x) + cosh(x) + tanh(x)", np.sinh(X) + np.cosh(X) + np.tanh(X)),
        ("sech(x) + csch(x) + coth(x)", 1 / np.cosh(X) + 1 / np.sinh(X) + 1 / np.tanh(X)),
        ("arcsin(x) + arccos(x) + arctan(x)", np.arcsin(X) + np.arccos(X) + np.arctan(X)),
        ("arcsec(1/x) + arccsc(1/x)", np.arccos(X) + np.arcsin(X)),
        ("arccot(x)", np.arctan(1 / X)),
        ("arcsinh(x) + arccosh(2*x)", np.arcsinh(X) + np.arccosh(2 * X)),
        ("arctanh(x) + arccoth(2*x)", np.arctanh(X) + np.arctanh(1 / (2 * X))),
        ("arcsech(x) + arccsch(x)", np.arccosh(1 / X) + np.arcsinh(1 / X)),
        ("abs(-x) + floor(3*x) + ceil(3*x)", X + 2 + 3),
        ("min(x, 1, 0.2) + max(x, 1, 0.2)", 1.2),
        ("factorial(4) + factorial(ceil(4*x))", 24 + 6),
        ("quotient(-7, 2) + rem(-7, 2)", -3 - 1),
        ("quotient(7, 2)*10 + rem(7, 2)", 31),
        ("piecewise(1, x > 1, 2, x > 0.5, 3)", 2),
        ("piecewise(1, x < 1, 2) + piecewise(10, x >= 0.7, 20)", 11),
        ("(x <= 0.7) + 2*(x == 0.7) + 4*(x != 0.7) + 8*(x < 0.7)", 3),
        ("and(x > 0, x < 1) + 2*or(x > 1, x > 2) + 4*not(x > 1)", 5),
        ("xor(x > 0, x > 1) + 2*xor(x > 0, x < 1) + 4*xor(true, true, true)", 5),
        ("implies(x > 1, false) + 2*implies(x > 0, false)", 1),
        ("and() + 2*or()", 1),
        ("pi + exponentiale + true + false", np.pi + np.e + 1),
        ("avogadro/1e23", 6.02214179),
        ("0.1 < x < 1", 1),
        ("twice(x) + twice(twice(1))", 2 * X + 4),
    ],
)
def test_functions(course, sbml, formula, exact):
    lambda_ = sbml.math("lambda(u, 2*u)")
    text = sbml.document(
        functions=f"<functionDefinition id='twice'>{lambda_}</functionDefinition>",
        # One that is worked out at the start and one that is a state, whose formula is run.
        parameters=[
            sbml.parameter("x", X),
            sbml.parameter("s", X, "false"),
            sbml.parameter("y", None, "false"),
            sbml.parameter("z", None, "false"),
        ],
        starts=sbml.start("y", formula),
        rules=sbml.assignment("z", re.sub(r"\bx\b", "s", formula)),
        events=sbml.event("never", "time > 1e9", {"s": "1", "y": "1"}),
    )
    np.testing.assert_allclose(course(text, [0.0, 1.0], "y", "z"), exact, rtol=1e-14)


def level_two(body, version=4):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<sbml xmlns="http://www.sbml.org/sbml/level2/version{version}" level="2" '
        f'version="{version}"><model id="model">{body}</model></sbml>'
    )


def test_level_two(course, sbml):
    math = sbml.math
    text = level_two(
        "<listOfUnitDefinitions><unitDefinition id='time'><listOfUnits><unit kind='second' "
        "multiplier='60'/></listOfUnits></unitDefinition></listOfUnitDefinitions>"
        "<listOfCompartments><compartment id='c' size='2'/></listOfCompartments>"
        "<listOfSpecies><species id='A' compartment='c' initialAmount='4'/>"
        "<species id='B' compartment='c' initialConcentration='0'/></listOfSpecies>"
        "<listOfReactions><reaction id='r' reversible='false'><listOfReactants>"
        "<speciesReference species='A'/></listOfReactants><listOfProducts>"
        f"<speciesReference species='B'><stoichiometryMath>{math('1 + k2')}</stoichiometryMath>"
        f"</speciesReference></listOfProducts><kineticLaw>{math('c*k*A')}<listOfParameters>"
        "<parameter id='k' value='0.5'/></listOfParameters></kineticLaw></reaction>"
        "</listOfReactions>"
    ).replace(
        "<listOfReactions>",
        "<listOfParameters><parameter id='k2' value='2'/></listOfParameters><listOfReactions>",
    )
    times = np.array([0.0, 1.0, 2.0])
    found = course(text, times, "A", "B")
    left = 2 * np.exp(-0.5 * times)
    np.testing.assert_allclose(found, np.column_stack([left, 3 * (2 - left)]), rtol=1e-8)


def test_level_one(course):
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model name="model">'
        "<listOfCompartments><compartment name='c'/></listOfCompartments>"
        "<listOfSpecies><species name='A' compartment='c' initialAmount='1'/>"
        "<species name='B' compartment='c' initialAmount='0'/></listOfSpecies>"
        "<listOfParameters><parameter name='w'/></listOfParameters>"
        "<listOfRules><parameterRule name='w' formula='sqr(A)'/></listOfRules>"
        "<listOfReactions><reaction name='r' reversible='false'><listOfReactants>"
        "<speciesReference species='A' stoichiometry='2'/></listOfReactants><listOfProducts>"
        "<speciesReference species='B' stoichiometry='3' denominator='2'/></listOfProducts>"
        "<kineticLaw formula='pow(A, 1)*k'><listOfParameters><parameter name='k' value='0.25'/>"
        "</listOfParameters></kineticLaw></reaction></listOfReactions></model></sbml>"
    )
    times = np.array([0.0, 1.0, 2.0])
    left = np.exp(-0.5 * times)
    found = course(text, times, "A", "B", "w")
    exact = np.column_stack([left, 0.75 * (1 - left), left**2])
    np.testing.assert_allclose(found, exact, rtol=1e-8)
