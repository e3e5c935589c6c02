"""The grammar: precedence, limits, refusals, and a fuzz test that nothing else can happen."""

import re
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.compile import to_function
from cartflow.kinetics.expressions.dimensions import PLAIN, expression_dimension
from cartflow.kinetics.expressions.grammar import (
    FUNCTIONS,
    Binary,
    Call,
    Name,
    Negative,
    Number,
    names,
    parse,
    to_text,
)


def value(text, **names_and_values):
    rows = {name: row for row, name in enumerate(names_and_values)}
    state = np.array([[float(v)] for v in names_and_values.values()])
    return float(np.ravel(to_function(parse(text), rows, {})(state))[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2*3", 7),
        ("(1 + 2)*3", 9),
        ("2^3^2", 512),
        ("2**3", 8),
        ("-2^2", -4),
        ("(-2)^2", 4),
        ("2^-1", 0.5),
        ("8/4/2", 1),
        ("8 - 4 - 2", 2),
        ("-2*-3", 6),
        ("+3", 3),
        ("1.5e2 + .5 + 2.", 152.5),
        ("min(3, max(1, 2))", 2),
        ("exp(0) + log(1) + sqrt(4) + tanh(0) + abs(-1)", 4),
        (" \t\n1\r\n", 1),
    ],
)
def test_precedence_of_constants(text, expected):
    assert value(text) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a - b - a*b^2/b", 2 - 3 - 6),
        ("-a^2", -4),
        ("a^b", 8),
        ("b^3", 27),
        ("2^a", 4),
        ("6/b", 2),
        ("min(a, b) + max(a, 10)", 12),
        ("exp(a)*exp(-a) + sqrt(a^2) + abs(-b)", 6),
        ("log(exp(a)) + tanh(0*a)", 2),
    ],
)
def test_values_with_names(text, expected):
    assert value(text, a=2, b=3) == pytest.approx(expected, rel=1e-14)


def test_tree():
    assert parse("-a^2 + min(b, 1)") == Binary(
        "+",
        Negative(Binary("^", Name("a"), Number(2.0))),
        Call("min", (Name("b"), Number(1.0))),
    )


def test_names():
    assert names(parse("a + exp(b*-c)^2 - 3")) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os')", r"position 1: unknown function '__import__'; allowed: abs, exp, log"),
        ("a.__class__", r"position 2: unexpected character '\.'"),
        ("a[0]", r"unexpected character '\['"),
        ("lambda: 1", r"unexpected character ':'"),
        ("a = 1", r"position 3: unexpected character '='"),
        ("a if b else c", r"position 3: unexpected 'if'"),
        ("exq(a)", r"unknown function 'exq'; allowed: .*; did you mean 'exp'\?"),
        ("square(a)", r"unknown function 'square'; allowed: .*; did you mean 'sqrt'\?"),
        ("", r"position 1: a number, a name or '\(' expected, got 'end of expression'"),
        ("a +", r"position 4: a number, a name or '\(' expected"),
        ("(a", r"position 3: '\)' expected, got 'end of expression'"),
        ("a)", r"position 2: unexpected '\)'"),
        ("a b", r"position 3: unexpected 'b'"),
        ("2 3", r"position 3: unexpected '3'"),
        ("*a", r"position 1: a number, a name or '\(' expected, got '\*'"),
        ("exp()", r"a number, a name or '\(' expected, got '\)'"),
        ("exp(a, b)", r"'exp' takes 1 argument\(s\), not 2"),
        ("min(a)", r"'min' takes 2 argument\(s\), not 1"),
        ("1e999", r"'1e999' is too large"),
        ("a\x00", r"unexpected character '\\x00'"),
        ("é", r"unexpected character '\\xe9'"),
        ("\u0663", r"unexpected character"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(InputError, match=message) as error:
        parse(text)
    assert "\n" not in str(error.value)
    assert "sqrt" in str(error.value)


def test_length_is_limited():
    with pytest.raises(InputError, match="2001 characters, at most 2000 allowed"):
        parse("a" * 2001)


@pytest.mark.parametrize("text", ["(" * 60 + "a" + ")" * 60, "-" * 60 + "a", "a^" * 60 + "a"])
def test_nesting_is_limited(text):
    with pytest.raises(InputError, match="nested deeper than 50"):
        parse(text)


def test_fifty_parentheses_are_allowed():
    assert parse("(" * 50 + "a" + ")" * 50) == Name("a")


def test_a_long_sum_is_limited_but_a_fair_one_is_not():
    assert value("+".join(["1"] * 150)) == 150
    with pytest.raises(InputError, match="more than 200 operations in a row"):
        parse("+".join(["1"] * 999))


@pytest.mark.parametrize("text", ["1/0", "log(0)", "9^9^9^9", "(-1)^0.5", "exp(1000)"])
def test_constants_must_be_finite(text):
    with pytest.raises(InputError, match="is not a finite number"):
        value(text)


def test_the_compiled_closure_broadcasts():
    function = to_function(parse("k*a/(1 + b)"), {"a": 0, "b": 1}, {"k": 3.0})
    state = np.array([[1.0, 2.0, 4.0], [0.0, 1.0, 3.0]])
    np.testing.assert_array_equal(function(state), [3, 3, 3])


trees = st.recursive(
    st.one_of(
        st.sampled_from(["a", "b", "c"]).map(Name),
        st.floats(0, 1e300, allow_nan=False).map(Number),
    ),
    lambda inner: st.one_of(
        inner.map(Negative),
        st.builds(Binary, st.sampled_from("+-*/^"), inner, inner),
        st.sampled_from(sorted(FUNCTIONS)).flatmap(
            lambda f: st.builds(Call, st.just(f), st.tuples(*[inner] * FUNCTIONS[f]))
        ),
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(trees)
def test_text_and_tree_are_inverse(tree):
    assert parse(to_text(tree)) == tree


SIGNS = list("+-*/^(),.[:;='\"\\ \n")
WORDS = ["a", "b", "1", "2.5", "1e3", "**", "exp(", "min(", "log(", "__", "import", "lambda", "e"]
fragments = st.sampled_from([*SIGNS, *WORDS, "9" * 30])
texts = st.one_of(
    st.text(max_size=200), st.lists(fragments, max_size=700).map("".join), trees.map(to_text)
)


@settings(deadline=None, max_examples=400)
@given(texts)
@example("(" * 2000)
@example("-" * 2000)
@example("a^" * 1000)
@example("a+" * 999 + "a")
@example("exp(" * 500)
@example("9" * 2000)
@example("9**9**9**9**9**9")
def test_any_text_is_an_expression_or_an_input_error(text):
    start = time.perf_counter()
    try:
        tree = parse(text)
        assert names(tree) <= set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text))
        known = {name: row for row, name in enumerate(sorted(names(tree)))}
        expression_dimension(tree, dict.fromkeys(known, PLAIN))
        function = to_function(tree, known, {})
        with np.errstate(all="ignore"):
            function(np.ones((len(known), 3)))
    except InputError:
        pass
    assert time.perf_counter() - start < 2
