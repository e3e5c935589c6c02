"""Derivatives of rate expressions, against differences of forty digits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartflow.kinetics.expressions.compile import slope_function
from cartflow.kinetics.expressions.derivatives import gradient
from cartflow.kinetics.expressions.grammar import Binary, Call, Name, Negative, Number, names, parse
from cartflow.kinetics.files.load import load
from cartflow.kinetics.files.load import names as shipped

VALUES = {"k": 2.0, "K": 3.0, "a": 0.5, "one": 1.0, "zero": 0.0, "h": 2.5, "less": -0.7}
SPECIES = ("x", "y")
HIGH = mpmath.mp.clone()
HIGH.dps = 40
FUNCTIONS = {"abs": abs, "min": min, "max": max}
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
}


def exact(tree, values):
    """Return the value of a tree in forty digits."""
    match tree:
        case Number(value):
            return HIGH.mpf(value)
        case Name(name):
            return HIGH.mpf(values[name])
        case Negative(operand):
            return -exact(operand, values)
        case Binary(operator, left, right):
            return OPERATORS[operator](exact(left, values), exact(right, values))
        case Call(function, arguments):
            apply = FUNCTIONS.get(function) or getattr(HIGH, function)
            return apply(*(exact(a, values) for a in arguments))
    raise AssertionError(tree)


def exact_slope(tree, values, name, direction=0):
    def along(value):
        return exact(tree, {**values, name: value})

    return HIGH.diff(along, HIGH.mpf(values[name]), direction=direction)


def slope(text, name, x, y):
    tree = gradient(parse(text), SPECIES).get(name, Number(0.0))
    return float(slope_function(tree, {"x": 0, "y": 1}, VALUES)(np.array([x, y], dtype=float)))


@pytest.mark.parametrize(
    "text",
    [
        "x/(K + x)",
        "k*x*y/(K + x + y)",
        "(x/K)^h/(1 + (x/K)^h)*y",
        "x*(1 - (x/K)^a)",
        "x*log(K/x)",
        "exp(-k*x)*tanh(x*y)",
        "sqrt(x*y) - x^3*y^2",
        "x^y",
        "K^x*y^-2",
        "(x + y)^a*(x + y)",
        "((x^a)^2 + y)^1.5",
        "max(x, y)*min(x, K) + abs(x - 2*y)",
        "max(k*x, y)^a",
        "1/(1 + x^65)",
        "log(1 + x^2 + exp(y))/sqrt(1 + y)",
        "x*x*x/x/y",
        "-(x - y)^2*-3",
    ],
)
@pytest.mark.parametrize(("x", "y"), [(0.7, 1.3), (2.1, 0.4), (1e-6, 5.0), (40.0, 3.0)])
def test_derivatives(text, x, y):
    tree = parse(text)
    for name in SPECIES:
        expected = float(exact_slope(tree, {**VALUES, "x": x, "y": y}, name).real)
        assert slope(text, name, x, y) == pytest.approx(expected, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x^one", 1.0),
        ("x^zero", 0.0),
        ("k*x^zero", 0.0),
        ("x^2", 0.0),
        ("x^1.5", 0.0),
        ("x^h", 0.0),
        ("x^1", 1.0),
        ("zero*x^a", 0.0),
        ("k*x*(1 - (x/K)^a)", 2.0),
        ("k*x*(1 - (x/K)^zero)", 0.0),
        ("x*sqrt(x)", 0.0),
        ("x*(y + (x/K)^a)", 0.0),
        ("(x^a)^2", 1.0),
        ("x^a*x^(one - a)", 1.0),
        ("x*max(x, zero)^a", 0.0),
        ("(x/K)^h/(1 + (x/K)^h)", 0.0),
        ("(x/K)^one/(1 + (x/K)^one)", 1 / 3),
        ("max(x, 0)", 1.0),
        ("max(0, x)", 1.0),
        ("min(x, 0)", 0.0),
        ("max(-x, 0)", 0.0),
        ("abs(x)", 1.0),
        ("abs(-3*x)", 3.0),
        ("abs(abs(x))", 1.0),
        ("log(K/max(x, k))*x", np.log(1.5)),
        ("x*x/x", 1.0),
        ("x/(x + y)*y", float("nan")),
    ],
)
def test_derivatives_at_zero(text, expected):
    assert slope(text, "x", 0.0, 0.0) == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_a_derivative_that_is_infinite_is_so():
    assert slope("sqrt(x)", "x", 0.0, 0.0) == np.inf
    assert slope("(x/K)^a/(1 + (x/K)^a)", "x", 0.0, 0.0) == np.inf


def test_the_exponent_may_be_a_species():
    assert slope("x^y", "y", 0.0, 2.0) == 0.0
    assert slope("x^y", "x", 0.0, 2.0) == 0.0


def test_only_what_the_rate_depends_on():
    assert gradient(parse("k*K"), SPECIES) == {}
    assert gradient(parse("x - x + 2*y"), SPECIES) == {"y": Number(2.0)}


@pytest.mark.parametrize(
    "text",
    [
        "exp(" * 49 + "x*y" + ")" * 49,
        "*".join(["x"] * 190),
        "+".join(f"x^{n}*y" for n in range(90)),
        "max(x, " * 45 + "y" + ")" * 45,
        "abs(" * 48 + "x" + ")" * 48,
        "x^y^" * 24 + "x",
        "/".join(["(x + y)"] * 150),
        "tanh(x*" * 24 + "y" + ")" * 24,
        "9^9^9^9^9*x + x^9^9^9 + (x*99)^64^2",
        "(" * 15 + "(99*x)^64" + ")^64" * 15,
        "1/(x - x) + 0/(y - y)",
    ],
)
def test_the_worst_expressions_end(text):
    tree = parse(text)
    for slope_tree in gradient(tree, SPECIES).values():
        slope_function(slope_tree, {"x": 0, "y": 1}, VALUES)(np.ones((2, 3)))


numbers = st.sampled_from([Number(n) for n in (0.0, 0.5, 1.0, 2.0, 3.0, 10.0)])
atoms = st.one_of(numbers, st.sampled_from([Name(n) for n in (*SPECIES, "k", "K", "a", "h")]))
trees = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(Negative, inner),
        st.builds(Binary, st.sampled_from("+-*/^"), inner, inner),
        st.builds(lambda f, a: Call(f, (a,)), st.sampled_from(["exp", "log", "tanh"]), inner),
        st.builds(lambda f, a, b: Call(f, (a, b)), st.sampled_from(["min", "max"]), inner, inner),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(trees)
def test_any_expression(tree):
    values = {**VALUES, "x": 0.83, "y": 1.37}
    for name in names(tree) & set(SPECIES):
        step = HIGH.mpf(10) ** -12
        try:
            around = [exact(tree, {**values, name: values[name] + n * step}) for n in (-1, 0, 1)]
        except (ZeroDivisionError, OverflowError, ValueError, TypeError):
            # TypeError: roots of negative numbers, which are complex, have no order to compare.
            continue
        low, middle, high = around
        smooth = all(abs(HIGH.im(v)) == 0 and abs(v) < 1e60 for v in around)
        left, right = (middle - low) / step, (high - middle) / step
        if not smooth or abs(right - left) > 1e-6 * (1 + abs(right)) or abs(right) > 1e40:
            continue
        found = gradient(tree, SPECIES).get(name, Number(0.0))
        with np.errstate(all="ignore"):
            value = slope_function(found, {"x": 0, "y": 1}, values)(np.array([0.83, 1.37]))
        if np.isfinite(value):
            size = float(abs(right)) + float(abs(middle))
            assert float(value) == pytest.approx(
                float((left + right) / 2), rel=1e-5, abs=1e-6 * size
            )


@pytest.mark.parametrize("name", shipped())
def test_shipped_models(name):
    network = load(name)
    network = getattr(network, "network", network)
    state = np.random.default_rng(5).uniform(0.5, 2e4, (len(network.species), 3))
    jacobian = network.jacobian(state)
    assert jacobian.shape == (len(network.reactions), len(network.species), 3)
    parameters = {key: p.value for key, p in network.parameters.items()}
    for row, tree in enumerate(network.expressions):
        for column, species in enumerate(network.species_names):
            for cell in range(3):
                values = parameters | dict(zip(network.species_names, state[:, cell], strict=True))
                expected = float(exact_slope(tree, values, species).real)
                scale = abs(float(exact(tree, values).real)) / values[species]
                assert jacobian[row, column, cell] == pytest.approx(
                    expected, rel=1e-8, abs=1e-10 * scale
                )
