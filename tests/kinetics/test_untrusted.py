"""Malformed, dimensionally wrong and malicious model files: one error, nothing run, no hang."""

import builtins
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartflow.core.outcome import InputError
from cartflow.kinetics.expressions.grammar import MAXIMUM_LENGTH, names, parse, to_text
from cartflow.kinetics.files.load import load_model

GOOD = """
title = "made up"
compartment_volume = "1 mL"
[species.cart]
role = "phenotype"
extinct_below = "1 cell"
[species.tumour]
role = "resident"
[parameters]
k = "2 1/day"
day_of_switch = "3 day"
capacity = { value = "1e6 cell", source = "me", standing = "assumed", density_exponent = -1 }
[reactions.death]
consumes = { cart = 1 }
rate = "k*cart"
[scenarios.s]
end = "10 days"
initial = { cart = "100 cell" }
parameters = { k = "1 1/day", capacity = "1e5 cell" }
[[scenarios.s.doses]]
species = "cart"
amount = "10 cell/mm^3"
time = "day_of_switch"
duration = "1 h"
[[scenarios.s.switches]]
time = "day_of_switch"
parameters = { k = "0 1/day" }
[[scenarios.s.jumps]]
time = "4 day"
multiply = { cart = 0.5 }
[[checks]]
name = "left"
kind = "value"
of = "cart"
scenario = "s"
at = "5 day"
expected = "1 cell"
tolerance = 0.5
standing = "analytic"
source = "me"
"""

HOSTILE = [
    "__import__('os').system('echo')",
    "().__class__.__bases__",
    "cart.__class__",
    "eval(cart)",
    "exec(cart)",
    "lambda: cart",
    "cart if k else k",
    "[cart for cart in k]",
    "cart; import os",
    "cart\nimport os",
    "{cart}",
    "f'{cart}'",
    "cart := k",
    "k*cart #",
    "9**9**9**9*k*cart",
    "1e999*k*cart",
    "(" * 5000 + "cart" + ")" * 5000,
    "-" * 1900 + "cart",
    "+".join(["k*cart"] * 5000),
    "k*cart" + "*1" * 900,
    "exp(" * 400 + "cart" + ")" * 400,
    "",
    "\x00",
    "k*cart\u202e",
    "\uff4b*cart",
]


def write(folder, text):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def nothing_runs(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("something was run")

    for name in ("eval", "exec", "compile"):
        monkeypatch.setattr(builtins, name, refuse)
    monkeypatch.setattr(os, "system", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)


def test_the_good_file_is_good(tmp_path):
    model = load_model(write(tmp_path, GOOD))
    assert model.scenario().events
    assert model.checks


@pytest.mark.parametrize("rate", HOSTILE)
def test_hostile_rates_are_refused(rate, tmp_path, nothing_runs):
    quoted = rate.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    quoted = quoted.replace("\x00", "\\u0000")
    path = write(tmp_path, GOOD.replace('"k*cart"', f'"{quoted}"'))
    with pytest.raises(InputError, match=r"mine\.toml: reactions\.death\.rate: ") as error:
        load_model(path)
    assert len(str(error.value)) <= 1005
    assert "\n" not in str(error.value)


def test_hostile_check_values(tmp_path, nothing_runs):
    text = GOOD.replace('of = "cart"', "of = \"__import__('os')\"")
    with pytest.raises(InputError, match=r"checks\.left\.of: "):
        load_model(write(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('end = "10 days"', 'end = "10 mm"', r"scenarios\.s\.end: .*dimension length"),
        ('end = "10 days"', 'end = "0 days"', r"scenarios\.s\.end: .*must be greater than 0"),
        ('"100 cell"', '"100 ng"', r"scenarios\.s\.initial\.cart: .*dimension mass"),
        ('"100 cell"', '"-1 cell"', r"scenarios\.s\.initial\.cart: '-1 cell' is below 0"),
        ('{ cart = "100', '{ cat = "100', r"scenarios\.s\.initial: unknown name 'cat'; .*'cart'"),
        ('{ k = "1 1', '{ q = "1 1', r"scenarios\.s\.parameters: unknown name 'q'"),
        ('"1 1/day", cap', '"1 day", cap', r"scenarios\.s\.parameters\.k: .*dimension time"),
        ('"1e5 cell"', '"1e5 ng"', r"scenarios\.s\.parameters\.capacity: .*dimension mass"),
        ('species = "cart"', 'species = "x"', r"doses\.0\.species: unknown name 'x'"),
        ('"10 cell/mm^3"', '"10 ng"', r"doses\.0\.amount: .*dimension mass"),
        ('duration = "1 h"', 'duration = "0 h"', r"doses\.0\.duration: '0 h' is no length"),
        ('time = "day_of_switch"\ndur', 'time = "k"\ndur', r"doses\.0\.time: the parameter 'k' is"),
        ("{ cart = 0.5 }", "{ cart = -1 }", r"jumps\.0\.multiply\.cart: "),
        ('"4 day"', '"-4 day"', r"jumps\.0\.time: '-4 day' is below 0"),
        ('extinct_below = "1 cell"', 'extinct_below = "1 mm"', r"species\.cart\.extinct_below: "),
        ('compartment_volume = "1 mL"', "", r"density_exponent needs the key 'compartment_volume'"),
        ('rate = "k*cart"', 'rate = "k*cart"\nscope = "body"x', "not a TOML file"),
        (
            'rate = "k*cart"',
            'rate = "k*cart"\nscope = "bdy"',
            r"reactions\.death\.scope: 'bdy'; allowed: .*'body'\?",
        ),
        ('standing = "analytic"', 'standing = "seen"', r"checks\.0\.standing: 'seen'; allowed: "),
        ('scenario = "s"', 'scenario = "t"', r"checks\.left\.scenario: unknown name 't'"),
        ("tolerance = 0.5", "tolerance = 5", r"checks\.0\.tolerance: "),
        ('standing = "assumed", d', 'standing = "assumed", range = ["1 cell"], d', "range .*two"),
        (
            'standing = "assumed", d',
            'standing = "assumed", range = ["1 cell", "2 cell"], d',
            r"parameters\.capacity: '1e6 cell' is not in its range",
        ),
        (
            'standing = "assumed", d',
            'standing = "assumed", inconsistent = { reason = "x" }, d',
            r"parameters\.capacity: inconsistent .*published = '\.\.\.', reason",
        ),
    ],
)
def test_errors_name_the_key(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(InputError, match=message):
        load_model(write(tmp_path, GOOD.replace(old, new, 1)))


@settings(max_examples=300, deadline=2000)
@given(st.text(max_size=300))
def test_any_text_is_an_expression_or_an_error(text):
    message = ""
    try:
        tree = parse(text)
        assert parse(to_text(tree)) == tree
    except InputError as error:
        message = str(error)
    assert len(message) <= 1005


PIECES = ["cart", "k", "1", "2.5e3", "(", ")", "+", "-", "*", "/", "^", "**", ",", " "]
PIECES += ["exp", "log", "max", "min", "__import__", ".", "'", "os", "eval", "\n", "1e400"]


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.sampled_from(PIECES), max_size=400).map("".join))
def test_any_pieces_end_in_a_tree_of_known_nodes(text):
    try:
        tree = parse(text)
    except InputError:
        return
    assert len(text) <= MAXIMUM_LENGTH
    assert all(name.isidentifier() for name in names(tree))
    assert parse(to_text(tree)) == tree


@settings(
    max_examples=150, deadline=4000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_spoilt_file_gives_one_error_or_a_model(tmp_path, data):
    place = data.draw(st.integers(0, len(GOOD)))
    length = data.draw(st.integers(0, 12))
    piece = data.draw(st.text(alphabet="abckt0129 =.,'\"[]{}()+-*/^_#\n\\", max_size=8))
    path = write(tmp_path, GOOD[:place] + piece + GOOD[place + length :])
    message = str(path)
    try:
        load_model(path)
    except InputError as error:
        message = str(error)
    assert message.startswith(str(path))


def test_a_file_runs_nothing_in_a_process_of_its_own(tmp_path):
    marker = tmp_path / "marker"
    hostile = f"open('{marker}','w')"
    path = write(tmp_path, GOOD.replace('"k*cart"', f'"{hostile}"'))
    code = f"from cartflow.kinetics.files.load import load_model\nload_model({str(path)!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "InputError" in done.stderr
    assert not marker.exists()


@pytest.mark.parametrize("end", ["0 days", "1e300 days", "-2 h"])
def test_a_scenario_has_an_end_that_can_be_reached(tmp_path, end):
    path = tmp_path / "model.toml"
    path.write_text(GOOD.replace('end = "10 days"', f'end = "{end}"'))
    with pytest.raises(InputError, match=r"scenarios\.s\.end: .* at most 100000 days"):
        load_model(path)
