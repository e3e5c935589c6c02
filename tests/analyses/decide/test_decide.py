"""Decisions on virtual cohorts against closed forms of what they gain."""

import numpy as np
import pytest
from scipy import stats

from cartflow import InputError, debulk, decide
from cartflow.analyses.decide.adaptive import compared, mean_interval
from cartflow.analyses.decide.observed import read_observed
from cartflow.analyses.decide.worth import read_worths, utility
from cartflow.cli import main

DOSED = """
title = "A tumour that grows, and what a dose takes away"
references = []
species.tumour = { role = "signal", unit = "1", long_name = "tumour" }
species.drug = { role = "signal", unit = "1", long_name = "drug" }
parameters.growth = { value = "0.1 1/day", source = "assumed", standing = "assumed" }
parameters.kill = { value = "1 1/day", source = "assumed", standing = "assumed" }
parameters.loss = { value = "1 1/day", source = "assumed", standing = "assumed" }
[reactions.grows]
produces = { tumour = 1 }
rate = "growth*tumour"
[reactions.killed]
consumes = { tumour = 1 }
rate = "kill*drug*tumour"
[reactions.lost]
consumes = { drug = 1 }
rate = "loss*drug"
[scenarios.two]
title = "Two doses"
source = "assumed"
standing = "assumed"
end = "30 day"
initial = { tumour = 10.0 }
[[scenarios.two.doses]]
species = "drug"
amount = 1.0
time = "0 day"
[[scenarios.two.doses]]
species = "drug"
amount = 1.0
time = "10 day"
"""
UNITS = {"tumour": "1", "drug": "1"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "dosed.toml").write_text(DOSED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def observed(sd):
    return read_observed("tumour at 1 day", f"lognormal {sd}", UNITS, {})


@pytest.mark.parametrize("sd", [0.5, 1.0, 3.0])
def test_what_counts_are_worth_has_its_closed_form(sd):
    # Effect x ~ N(0, 1) is seen as ln y = x + sd e; to treat gains x, not to treat nothing. Then
    # the best rule gains E max(0, E(x | y)) = r/sqrt(2 pi), r^2 = 1/(1 + sd^2) (Raiffa, Schlaifer).
    random = np.random.default_rng(1)
    members, reference = random.standard_normal(4000), random.standard_normal(3000)
    seen = observed(sd)
    counts = seen.drawn(np.exp(members)[:, None], random)
    found = compared(
        seen,
        counts,
        np.column_stack([np.zeros(4000), members]),
        np.column_stack([np.zeros(3000), reference]),
        np.exp(reference)[:, None],
    )
    mean, _, high = mean_interval(found.adaptive)
    wanted = 1.0 / np.sqrt(1.0 + sd**2) / np.sqrt(2.0 * np.pi)
    assert abs(mean - wanted) < 4.0 * (high - mean) / 1.96
    # Posterior means are y's logarithm, shrunk.
    shrunk = np.log(counts[:, 0]) / (1.0 + sd**2)
    inner = np.abs(shrunk) < 1.0
    assert np.abs(found.expected[inner, 1] - shrunk[inner]).max() < 0.25
    assert found.gains == pytest.approx(found.adaptive - found.utilities[:, found.fixed])


def test_two_kinds_of_patients_are_told_apart_by_bayes_rule():
    # Courses of 1 and 3, half each; option 1 is right for the high ones alone.
    courses = np.repeat([1.0, 3.0], 50)[:, None]
    reference = np.column_stack([courses[:, 0] < 2.0, courses[:, 0] > 2.0]).astype(float)
    counts = np.linspace(0.5, 6.0, 40)[:, None]
    found = compared(observed(0.5), counts, np.zeros((40, 2)), reference, courses)
    one, two = (stats.norm.pdf(np.log(counts[:, 0] / c) / 0.5) for c in (1.0, 3.0))
    np.testing.assert_allclose(found.expected[:, 1], two / (one + two), rtol=1e-9)
    np.testing.assert_array_equal(found.chosen, (two > one).astype(int))


def test_paired_intervals_hold_the_true_difference():
    hits = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        shared = 3.0 * random.standard_normal(30)
        one, two = shared + 0.5 * random.standard_normal(30), shared + 0.2
        _, low, high = mean_interval(two - one)
        hits += low <= 0.2 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_worths_count_what_happens():
    worths = read_worths(
        ["1 if tumour below 5", "-0.5 if drug above 2", "2 if tumour below 5 at the end"],
        UNITS,
        {},
        "worth",
    )
    days = np.array([0.0, 1.0, 2.0])
    tumour = np.array([[10.0, 4.0, 8.0], [10.0, 9.0, 3.0], [4.0, 4.0, 4.0], [9.0, np.nan, 1.0]])
    drug = np.array([[0.0, 3.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    courses = np.stack([tumour, drug, tumour], axis=1)
    # The third was never above 5, so that it does not fall below; the fourth did not run.
    np.testing.assert_array_equal(utility(worths, days, courses), [0.5, 3.0, 2.0, np.nan])
    assert worths[2].name == "tumour is below 5 at the end"


def test_debulking_turns_whom_the_closed_form_says(folder):
    # ln tumour(T) = ln 10 + ln(1 - f) + growth T - kill(2 - exp(-T) - exp(-(T - 10))).
    removed = np.round(np.arange(0.0, 1.0, 0.1), 1)
    given = {"spread": {"growth": 0.5}, "members": 30, "seed": 3}
    found = debulk("dosed.toml", "20 day", "tumour", "tumour below 8", removed=removed, **given)
    data = found.dataset
    from cartflow.analyses.bedside.population import population
    from cartflow.analyses.decide.cohort import cohort_of

    source, prior = population("dosed.toml", None, {"growth": 0.5}, (), None, {})
    growth = cohort_of(source, prior, 30, "members", 3).values[:, 0]
    killed = 2.0 - np.exp(-20.0) - np.exp(-10.0)
    ends = 10.0 * (1.0 - removed) * np.exp(growth * 20.0 - killed)[:, None]
    np.testing.assert_array_equal(data["well"].values, ends < 8.0)
    least = [
        next((f for f, end in zip(removed, row, strict=True) if end < 8.0), np.inf) for row in ends
    ]
    np.testing.assert_allclose(data["least"].values, least)
    assert 0.0 < data["chance"].values[0] < data["chance"].values[-1]
    assert found.summary_lines()[0].endswith("research only, not for treatment decisions")


DOSING = {
    "what": "dosed.toml",
    "until": "30 day",
    "options": ["doses.1.amount=0", "doses.1.amount=3"],
    "worth": ["1 if tumour below 10 at the end", "-0.4 if drug above 2"],
    "observe": "tumour at 2, 5, 9 days",
    "error": "lognormal 0.1",
    "spread": {"growth": 0.7},
    "members": 60,
    "reference": 80,
}


def test_a_dose_by_counts_gains_over_a_fixed_one_in_pairs(folder):
    one = decide(**DOSING, threads=1).dataset
    two = decide(**DOSING, threads=3).dataset
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name].values, two[name].values)
    utilities, chosen = one["utility"].values, one["chosen"].values
    options = one["option"].values.tolist()
    gains = (
        utilities[np.arange(60), chosen] - utilities[:, options.index(one.attrs["fixed_option"])]
    )
    interval = stats.t.interval(0.95, 59, gains.mean(), stats.sem(gains))
    assert one.attrs["gain_utility"] == pytest.approx(gains.mean())
    assert (one.attrs["gain_utility_low"], one.attrs["gain_utility_high"]) == pytest.approx(
        interval
    )
    assert gains.mean() > 0.05
    assert one.attrs["known_utility"] >= one.attrs["adaptive_utility"] - 1e-12
    assert one.attrs["comment"] == "research only, not for treatment decisions"


def test_the_command_decides_draws_and_reports(folder, capsys):
    words = ["decide", "dosed.toml", "--until", "20 day", "--spread", "growth=0.5"]
    words += ["--debulk", "tumour", "--success", "tumour below 8", "--members", "20", "--quiet"]
    assert main(words) == 0
    assert "not for treatment decisions" in capsys.readouterr().out
    assert main(["plot", "dosed_decide.nc", "--out", "again.png"]) == 0
    assert main(["report", "dosed_decide.nc"]) == 0
    assert "not for treatment decisions" in (folder / "dosed_decide.html").read_text()
    words = ["decide", "dosed.toml", "--until", "20 day", "--spread", "growth=0.5"]
    assert main([*words, "--debulk", "tumour"]) == 2
    assert "--success is missing" in capsys.readouterr().err
    assert main([*words, "--option", "doses.1.amount=1"]) == 2
    assert "--worth is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"options": ["doses.1.amount=1"]}, r"1 option\(s\); 2 to 50 are needed"),
        ({"options": ["doses.1.amount=1", "doses.1.amount=1"]}, "is given twice"),
        ({"options": ["doses.1.amount", "doses.1.amount=1"]}, "written is KEY=VALUE"),
        ({"options": ["dose.1=2", "doses.1.amount=1"]}, "has no 'dose.1'"),
        ({"options": ["growth=2 1/day", "doses.1.amount=1"]}, "differs between patients"),
        ({"options": ["doses.0.amount=0", "doses.0.amount=3"]}, "acts before the last count"),
        ({"worth": []}, "nothing is worth anything"),
        ({"worth": ["if tumour below 10"]}, "written is WEIGHT if QUANTITY"),
        ({"worth": ["0 if tumour below 10"]}, "written is WEIGHT if QUANTITY"),
        ({"worth": ["1 if tumor below 10"]}, "did you mean 'tumour'"),
        ({"worth": ["1 if tumour below 10 cell"]}, "is in 'cell'"),
        ({"observe": "tumour"}, "written is NAME at DAY"),
        ({"observe": "tumour at 5, 2 days"}, "times must rise"),
        ({"observe": "tumor at 5 days"}, "did you mean 'tumour'"),
        ({"observe": "tumour at 40 days"}, "must be after the last count, on day 40"),
        ({"error": "lognormal"}, "known here are 'lognormal SD'"),
        ({"error": "normal 3"}, "known here are 'lognormal SD'"),
        ({"members": 5}, "members: got 5; it must be a whole number from 20"),
        ({"spread": {}}, "how patients differ is needed once"),
        ({"until": "soon"}, "--until: 'soon' is not a number"),
    ],
)
def test_what_is_wrong_with_a_dose_is_said_in_one_line(folder, change, message):
    with pytest.raises(InputError, match=message):
        decide(**{**DOSING, "members": 20, "reference": 20, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"species": "stroma"}, "has no such start above 0"),
        ({"species": "drug"}, "has no such start above 0"),
        ({"success": "tumour"}, "written is WEIGHT if QUANTITY"),
        ({"removed": [0.5]}, "must begin with 0, and rise"),
        ({"removed": [0.0, 1.0]}, "1 must be below 1"),
    ],
)
def test_what_is_wrong_with_debulking_is_said_in_one_line(folder, change, message):
    given = {"species": "tumour", "success": "tumour below 8", "spread": {"growth": 0.5}}
    with pytest.raises(InputError, match=message):
        debulk("dosed.toml", "20 day", **{**given, **change})
