"""Linear risk scores against closed forms, another optimiser, and enumeration."""

from itertools import product

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit

from cartflow import InputError, risk_score
from cartflow.analyses.risk.judged import (
    act_above,
    area,
    area_interval,
    calibration,
    net_benefit,
    treat_all,
    wilson,
)
from cartflow.analyses.risk.linear import fisher, logistic
from cartflow.cli import main
from cartflow.core.dataset import read_tree

WEIGHTS = np.array([-6.0, 1.1, 0.7])


def cohort(size, seed):
    """Logarithms of peak IL-6 and expansion, and outcomes of a logistic truth."""
    random = np.random.default_rng(seed)
    x = np.array([4.0, 3.0]) + random.standard_normal((size, 2)) @ np.array([[1.2, 0.5], [0, 0.8]])
    return x, (random.uniform(size=size) < expit(WEIGHTS[0] + x @ WEIGHTS[1:])).astype(int)


def columns(size=400, seed=3):
    x, outcome = cohort(size, seed)
    return {
        "il6_peak": np.exp(x[:, 0]).tolist(),
        "cmax": np.exp(x[:, 1]).tolist(),
        "crs": outcome.tolist(),
    }


def test_the_logistic_score_is_that_of_another_optimiser():
    x, outcome = cohort(300, 1)
    design = np.column_stack([np.ones(300), x])
    other = optimize.minimize(
        lambda w: np.sum(np.logaddexp(0.0, design @ w) - outcome * (design @ w)),
        np.zeros(3),
        jac=lambda w: design.T @ (expit(design @ w) - outcome),
        method="BFGS",
        options={"gtol": 1e-9},
    )
    found = logistic(x, outcome)
    np.testing.assert_allclose(found.weights, other.x, rtol=1e-6)
    chance = expit(design @ found.weights)
    information = design.T @ (design * (chance * (1 - chance))[:, None])
    np.testing.assert_allclose(found.covariance, np.linalg.inv(information), rtol=1e-6)


def test_one_group_of_two_has_the_odds_ratio_of_its_table():
    x = np.repeat([0.0, 0.0, 1.0, 1.0], [30, 10, 12, 28])[:, None]
    outcome = np.repeat([0, 1, 0, 1], [30, 10, 12, 28])
    found = logistic(x, outcome)
    assert found.weights == pytest.approx([np.log(10 / 30), np.log(28 / 12 * 30 / 10)], rel=1e-9)
    # Woolf's variance of the logarithm of an odds ratio.
    assert found.covariance[1, 1] == pytest.approx(1 / 30 + 1 / 10 + 1 / 12 + 1 / 28, rel=1e-9)


def test_weights_lie_about_the_truth_as_their_errors_say():
    away = []
    for seed in range(60):
        found = logistic(*cohort(400, 100 + seed))
        away.append((found.weights - WEIGHTS) / np.sqrt(np.diag(found.covariance)))
    inside = int(np.sum(np.abs(away) < 1.959964))
    least, most = stats.binom.interval(0.999, 180, 0.95)
    assert least <= inside <= most


def test_fishers_score_is_that_of_two_normals():
    mean, wide, shares = np.array([1.0, 2.0]), np.array([[1.0, 0.3], [0.3, 0.5]]), (0.7, 0.3)
    random = np.random.default_rng(5)
    outcome = (random.uniform(size=200_000) < shares[1]).astype(int)
    x = random.standard_normal((200_000, 2)) @ np.linalg.cholesky(wide).T + outcome[:, None] * mean
    slopes = np.linalg.solve(wide, mean)
    first = np.log(shares[1] / shares[0]) - 0.5 * mean @ slopes
    found = fisher(x, outcome)
    np.testing.assert_allclose(found.weights, [first, *slopes], atol=0.05)
    # The area of two normals is Phi(d/sqrt(2)), d their Mahalanobis distance.
    wanted = stats.norm.cdf(np.sqrt(mean @ slopes / 2.0))
    value, error = area(found.of(x), outcome)
    assert abs(value - wanted) < 4.0 * error


def test_the_area_and_its_error_are_those_of_all_pairs():
    random = np.random.default_rng(6)
    score = np.round(random.standard_normal(40), 1)
    outcome = (score + random.standard_normal(40) > 0.3).astype(int)
    high, low = score[outcome == 1], score[outcome == 0]
    pairs = (high[:, None] > low) + 0.5 * (high[:, None] == low)
    value, error = area(score, outcome)
    assert value == pytest.approx(pairs.mean())
    variance = np.var(pairs.mean(axis=1), ddof=1) / len(high)
    variance += np.var(pairs.mean(axis=0), ddof=1) / len(low)
    assert error == pytest.approx(np.sqrt(variance))


def test_intervals_of_areas_hold_the_truth():
    wanted = stats.norm.cdf(1.0 / np.sqrt(2.0))
    hits = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        score = np.concatenate([random.standard_normal(40) + 1.0, random.standard_normal(60)])
        low, high = area_interval(*area(score, np.repeat([1, 0], [40, 60])))
        hits += low <= wanted <= high
    assert 0.92 <= hits / 400 <= 0.98


@pytest.mark.parametrize(("harm", "benefit"), [(1.0, 1.0), (1.0, 3.0), (2.0, 0.5)])
def test_the_threshold_is_where_enumeration_turns(harm, benefit):
    at = act_above(harm, benefit)
    for chance in np.linspace(0.001, 0.999, 999):
        acts = chance * benefit - (1.0 - chance) * harm > 0.0
        assert acts == (chance > at) or abs(chance - at) < 1e-12


def test_of_all_rules_by_known_chances_that_threshold_gains_most():
    chances, (harm, benefit) = np.array([0.1, 0.2, 0.3, 0.6]), (1.0, 3.0)
    utility = {
        rule: sum(p * benefit - (1 - p) * harm for p, act in zip(chances, rule, strict=True) if act)
        for rule in product([False, True], repeat=4)
    }
    assert max(utility, key=utility.get) == tuple(chances > act_above(harm, benefit))


def test_net_benefit_by_counting():
    chance, outcome = np.array([0.1, 0.4, 0.6, 0.8]), np.array([0, 0, 1, 1])
    found = net_benefit(chance, outcome, np.array([0.05, 0.3, 0.7]))
    assert found == pytest.approx([0.5 - 0.5 * 0.05 / 0.95, 0.5 - 0.25 * 0.3 / 0.7, 0.25])
    assert treat_all(outcome, np.array([0.2])) == pytest.approx([0.5 - 0.5 * 0.25])


def test_wilsons_interval_as_published():
    # Newcombe 1998, table I: 81 of 263.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_a_score_of_the_truth_is_calibrated():
    x, outcome = cohort(4000, 8)
    middle, errors = calibration(WEIGHTS[0] + x @ WEIGHTS[1:], outcome)
    assert np.abs((middle - [0.0, 1.0]) / errors).max() < 3.5


def test_a_cohort_is_trained_and_tested():
    found = risk_score(columns(), ["log(il6_peak)", "log(cmax)"], "crs", harm=1.0, benefit=3.0)
    data = found.dataset
    trained = data["trained"].values.astype(bool)
    assert trained.sum() == pytest.approx(200, abs=1)
    x, outcome = cohort(400, 3)
    np.testing.assert_allclose(
        data["weight"].values, logistic(x[trained], outcome[trained]).weights
    )
    assert data.attrs["test_area"] == pytest.approx(
        area(data["chance"].values[~trained], outcome[~trained])[0]
    )
    assert data.attrs["act_above"] == 0.25
    assert data.attrs["comment"] == "research only, not for treatment decisions"
    assert found.summary_lines()[0].endswith("research only, not for treatment decisions")
    chance = found.chance({"log(il6_peak)": x[0, 0], "log(cmax)": x[0, 1]})
    assert chance == pytest.approx(data["chance"].values[0])
    again = risk_score(columns(), ["log(il6_peak)", "log(cmax)"], "crs").dataset
    np.testing.assert_array_equal(again["trained"].values, data["trained"].values)


def test_the_command_writes_draws_and_says_what_it_is(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = columns(80)
    lines = [",".join(rows)] + [",".join(map(str, row)) for row in zip(*rows.values(), strict=True)]
    (tmp_path / "cohort.csv").write_text("\n".join(lines))
    words = ["risk", "cohort.csv", "--predictor", "log(il6_peak)", "--outcome", "crs"]
    assert main(words) == 0
    assert "not for treatment decisions" in capsys.readouterr().out
    attrs = read_tree(tmp_path / "cohort_risk.nc").attrs
    assert attrs["comment"] == "research only, not for treatment decisions"
    assert main(["plot", "cohort_risk.nc", "--out", "again.png"]) == 0
    assert main(["report", "cohort_risk.nc"]) == 0
    assert "not for treatment decisions" in (tmp_path / "cohort_risk.html").read_text()


@pytest.mark.parametrize(
    ("change", "given", "message"),
    [
        ({}, {"predictors": ["log(il6)"]}, "unknown name 'il6'.*did you mean 'il6_peak'"),
        ({}, {"predictors": []}, "nothing foretells the outcome"),
        ({}, {"predictors": ["crs"]}, "is the outcome itself"),
        ({}, {"predictors": ["cmax", "cmax"]}, "is given twice"),
        ({}, {"outcome": "icans"}, "unknown name 'icans'"),
        ({}, {"by": "forest"}, "--by: unknown name 'forest'"),
        ({}, {"harm": 1.0}, "harm and benefit are given together"),
        ({}, {"harm": 0.0, "benefit": 1.0}, "harm: 0 must be above 0"),
        ({"crs": 2}, {}, "row 1, column 'crs': 2 must be 0 or 1"),
        ({"il6_peak": 0.0}, {}, "row 1, column 'il6_peak': 0 has no logarithm"),
        ({"il6_peak": ""}, {}, "row 1, column 'il6_peak': is empty"),
        ({"cmax": "high"}, {"predictors": ["cmax"]}, "'high' is not a finite number"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(change, given, message):
    rows = columns(40)
    for name, value in change.items():
        rows[name][0] = value
    asked = {"predictors": ["log(il6_peak)"], "outcome": "crs"} | given
    with pytest.raises(InputError, match=message):
        risk_score(rows, **asked)


def test_few_same_and_parted_are_refused():
    few = {"x": list(range(10)), "y": [0, 1] * 5}
    with pytest.raises(InputError, match=r"has 5 patients with the outcome.*at least 8"):
        risk_score(few, ["x"], "y")
    same = {"x": [1.0] * 40, "y": [0, 1] * 20}
    with pytest.raises(InputError, match="is the same in all patients"):
        risk_score(same, ["x"], "y")
    parted = {"x": list(range(40)), "y": [0] * 20 + [1] * 20}
    with pytest.raises(InputError, match="without overlap"):
        risk_score(parted, ["x"], "y")
