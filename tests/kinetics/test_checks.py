"""Every shipped model gives its check values; and how they are measured."""

import numpy as np
import pytest

from cartflow.core.bibliography import keys
from cartflow.core.outcome import InputError
from cartflow.kinetics.files.checking import (
    CheckResult,
    check_model,
    first_crossing,
    highest,
    time_below,
)
from cartflow.kinetics.files.load import load_model, names
from cartflow.kinetics.runs.rest import equilibrium, jacobian

MODELS = """
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
[parameters]
k = "2 1/day"
r = "0.5 1/day"
[reactions.death]
consumes = { cart = 1 }
rate = "k*cart"
[reactions.growth]
produces = { tumour = 1 }
rate = "r*tumour"
[scenarios.s]
end = "10 days"
initial = { cart = "8 cell/mm^3", tumour = "1 cell/mm^3" }
"""


def results(tmp_path, check, extra=""):
    text = f'title = "made up"\n{extra}{MODELS}\n[[checks]]\nname = "c"\nscenario = "s"\n{check}\n'
    if "standing" not in check:
        text += 'standing = "analytic"\nsource = "me"\n'
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return check_model(path)


@pytest.mark.parametrize("name", names())
def test_a_shipped_model_gives_its_check_values(name):
    found = check_model(name)
    wrong = [f"{r.name}: {r.measured:.6g}, not {r.expected:.6g}" for r in found if not r.passed]
    assert not wrong
    for result in found:
        assert result.reference in keys()
        assert result.tolerance <= 0.31 * abs(result.expected) or result.expected == 0


def test_published_discrepancies_are_told():
    for name in names():
        model = load_model(name)
        for check in model.checks:
            if check.standing == "published" and check.allowance() > 0.05 * abs(
                check.expected.value
            ):
                assert check.note, check.name


def test_every_published_model_is_checked():
    unchecked = {n for n in names() if not load_model(n).checks}
    assert unchecked == {
        "none",
        "chemokine",
        "dexamethasone",
        "matrix_degradation",
        "off_tumour",
        "spheroid_killing",
    }


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ('kind = "value"\nof = "cart"\nat = "1 day"\nexpected = "1 cell/mm^3"', 8 * np.exp(-2)),
        ('kind = "maximum"\nof = "tumour"\nexpected = "1 cell/mm^3"', np.exp(5)),
        ('kind = "minimum"\nof = "cart + tumour"\nexpected = "1 cell/mm^3"', None),
        ('kind = "time_of_minimum"\nof = "cart + tumour"\nexpected = "1 day"', np.log(32) / 2.5),
        ('kind = "time_to_level"\nof = "cart"\nlevel = "1 cell/mm^3"\nexpected = "1 day"', 1.0397),
        (
            'kind = "half_life"\nof = "cart"\nsince = "1 day"\nuntil = "2 day"\nexpected = "1 day"',
            np.log(2) / 2,
        ),
        ('kind = "area"\nof = "cart"\nexpected = "1 cell*day/mm^3"', 4.0),
        (
            'kind = "area"\nof = "tumour"\nsamples = ["2 day", "4 day", "8 day"]\n'
            'expected = "1 cell*day/mm^3"',
            np.e + np.e**2 + 2 * (np.e**2 + np.e**4),
        ),
        (
            'kind = "time_below"\nof = "cart"\nlevel = "1 cell/mm^3"\nexpected = "1 day"',
            10 - np.log(8) / 2,
        ),
        ('kind = "drift"\nof = "log(cart*tumour^4*k/k)"\nexpected = 0', 0.0),
        (
            'kind = "value_at_minimum"\nof = "tumour"\nof_minimum = "cart + tumour"\n'
            'expected = "1 cell/mm^3"',
            32**0.2,
        ),
    ],
    ids=[
        "value",
        "maximum",
        "minimum",
        "when",
        "level",
        "half",
        "area",
        "sampled",
        "below",
        "drift",
        "at",
    ],
)
def test_measures(tmp_path, check, expected):
    if "drift" in check:
        check = check.replace("cart*tumour^4*k/k", "(cart/tumour)*(tumour/cart)*2")
    (found,) = results(tmp_path, check + "\nabsolute = " + _like(check))
    if expected is None:
        t = np.log(32) / 2.5
        expected = 8 * np.exp(-2 * t) + np.exp(0.5 * t)
    assert found.measured == pytest.approx(expected, rel=1e-4, abs=1e-8)
    assert isinstance(found, CheckResult)


def _like(check):
    value = check.split("expected = ")[1].splitlines()[0]
    return value if value != "0" else "1e-6"


def test_whole_cells_are_densities_times_the_volume(tmp_path):
    (found,) = results(
        tmp_path,
        'kind = "value"\nof = "cart"\nat = "1 day"\nexpected = "1082.68 cell"\ntolerance = 1e-5',
        'compartment_volume = "1 mL"\n',
    )
    assert found.measured == pytest.approx(8000 * np.exp(-2), rel=1e-8)
    assert found.unit == "cell"
    assert found.passed


def test_equilibrium_fold_and_switch_of_leon_triana():
    found = {r.name.split(": ", 1)[1]: r for r in check_model("leon_triana2021_gbm")}
    fold = found["saddle-node of coexistence, found"]
    formula = found["saddle-node of coexistence, formula"]
    assert fold.measured == pytest.approx(formula.measured, rel=1e-6)
    switch = found["switch of the published outcome"].measured
    assert 0.034 < switch < 0.035 < fold.measured


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ('kind = "largest"\nof = "cart"', r"checks\.c\.kind: 'largest'; allowed: area, "),
        ('kind = "value"\nof = "cart"', r"checks\.c: key 'at' is missing; kind 'value' needs it"),
        (
            'kind = "area"\nof = "cart"\nat = "1 day"',
            r"checks\.c\.at: without effect in kind 'area'",
        ),
        ('kind = "area"\nof = "cartt"', r"checks\.c\.of: expression: unknown name 'cartt'"),
        ('kind = "area"\nof = "cart + k"', r"checks\.c\.of: 'cart \+ k' joins"),
        ('kind = "maximum"\nof = "cart"', r"checks\.c\.expected: has the dimension "),
        (
            'kind = "area"\nof = "cart/tumour"\nsamples = ["2 day", "2 day"]',
            r"checks\.c\.samples: \['2 day', '2 day'\]: times must rise",
        ),
        (
            'kind = "maximum"\nof = "cart"\nsamples = ["1 day", "2 day"]',
            r"checks\.c\.samples: without effect in kind 'maximum'",
        ),
    ],
)
def test_errors_name_the_check(tmp_path, check, message):
    with pytest.raises(InputError, match=message):
        results(tmp_path, check + '\nexpected = "1 day"\ntolerance = 0.1')


def test_one_tolerance(tmp_path):
    with pytest.raises(InputError, match="give one of 'tolerance' \\(relative\\) and 'absolute'"):
        results(tmp_path, 'kind = "area"\nof = "cart"\nexpected = "1 cell*day/mm^3"')


def test_a_level_never_passed():
    with pytest.raises(InputError, match="the level 3 is never passed"):
        first_crossing(np.array([0.0, 1.0]), np.array([1.0, 2.0]), 3.0)


def test_samples_say_themselves_from_when_to_when(tmp_path):
    check = 'kind = "area"\nof = "cart"\nuntil = "2 day"\nsamples = ["1 day", "2 day"]\n'
    with pytest.raises(InputError, match=r"checks\.c\.samples: .*; leave out since and until"):
        results(tmp_path, check + 'expected = "1 cell*day/mm^3"\nabsolute = "1 cell*day/mm^3"')


def test_a_kink_is_no_parabola():
    when, height = highest(lambda t: -np.abs(t - 0.3), np.linspace(0, 1, 5))
    assert when == pytest.approx(0.3, abs=1e-4)
    assert height == pytest.approx(0.0, abs=1e-4)


def test_time_below_counts_every_stay():
    times = np.array([0.0, 1.0, 2.0, 3.0, 5.0])
    values = np.array([1.0, 3.0, 1.0, 1.0, 5.0])
    # Below 2: half of the first two days each, one whole day, a quarter of the last two.
    assert time_below(times, values, 2.0) == pytest.approx(0.5 + 0.5 + 1.0 + 0.5)
    assert time_below(times, values, 0.5) == 0.0
    assert time_below(times, values, 9.0) == 5.0


def test_the_macrophages_of_rodrigues_are_close_to_a_hopf_point():
    """The authors print 5.905605e-11 per cell; a pair of eigenvalues is imaginary there."""
    model = load_model("rodrigues2024")
    network = model.with_parameters({"macrophage_effect": "5.905605e-11 1/cell"}).network
    guess = {"cart": 7.1e3, "tumour": 1.27e4, "macrophages": 7.3e5}
    values = np.linalg.eigvals(jacobian(network, equilibrium(network, guess)))
    pair = values[np.abs(values.imag) > 0]
    assert pair.size == 2
    assert np.abs(pair.real).max() < 1e-7 * np.abs(pair.imag).max()
