"""Error models: likelihoods against SciPy's distributions, slopes against differences."""

import numpy as np
import pytest
from scipy import stats

from cartflow.analyses.fit.errors import read_error
from cartflow.analyses.fit.scatter import Data
from cartflow.core.outcome import InputError

RANDOM = np.random.default_rng(4)
MEAN = RANDOM.uniform(2.0, 30.0, 12)
LOW = np.arange(12) % 4 == 3
NONE = np.zeros(12, dtype=bool)
SD = RANDOM.uniform(1.0, 3.0, 12)
VALUE = np.maximum(MEAN + 2.0 * RANDOM.standard_normal(12), 0.5)
COUNT = RANDOM.poisson(MEAN).astype(float)


def normal(sigma):
    return stats.norm(MEAN, sigma)


KINDS = {
    "normal": ([2.0], normal(2.0)),
    "lognormal": ([0.3], stats.lognorm(0.3, scale=MEAN)),
    "proportional": ([0.2], normal(0.2 * MEAN)),
    "combined": ([1.0, 0.2], normal(np.hypot(1.0, 0.2 * MEAN))),
    "student": ([4.0, 2.0], stats.t(4.0, MEAN, 2.0)),
    "measured": ([], normal(SD)),
    "weighted": ([1.7], normal(1.7 * SD)),
}
COUNTS = {
    "poisson": ([], stats.poisson(MEAN)),
    "negative_binomial": ([3.0], stats.nbinom(3.0, 3.0 / (3.0 + MEAN))),
}


@pytest.mark.parametrize("kind", [*KINDS, *COUNTS])
def test_likelihood_slopes_and_information(kind):
    numbers, law = {**KINDS, **COUNTS}[kind]
    count = kind in COUNTS
    low = NONE if count else LOW
    data = Data(COUNT if count else np.where(low, np.nan, VALUE), SD, np.full(12, 9.0), low)
    model = read_error(kind, "error")
    found = model.scatter(data, MEAN, np.array(numbers))
    seen = None if count else np.where(low, -law.logcdf(9.0), -law.logpdf(VALUE))
    expected = -law.logpmf(COUNT) if count else seen
    assert found.loss == pytest.approx(expected, rel=1e-9)
    given = [MEAN, *numbers]
    for k in range(len(given)):
        if kind == "student" and k == 1:
            continue

        def loss(step, k=k):
            moved = [np.asarray(v) + step * (j == k) for j, v in enumerate(given)]
            return model.scatter(data, moved[0], np.array(moved[1:], dtype=float)).loss

        difference = (loss(1e-5) - loss(-1e-5)) / 2e-5
        assert found.slopes[k] == pytest.approx(difference, rel=2e-5, abs=1e-7)


@pytest.mark.parametrize("kind", [k for k in {**KINDS, **COUNTS} if k != "negative_binomial"])
def test_information_is_the_mean_of_squared_slopes(kind):
    numbers, _ = {**KINDS, **COUNTS}[kind]
    many = 400_000
    mean = np.full(many, 6.0)
    laws = {
        "normal": lambda: stats.norm(6.0, 2.0),
        "lognormal": lambda: stats.lognorm(0.3, scale=6.0),
        "proportional": lambda: stats.norm(6.0, 1.2),
        "combined": lambda: stats.norm(6.0, np.hypot(1.0, 1.2)),
        "student": lambda: stats.t(4.0, 6.0, 2.0),
        "measured": lambda: stats.norm(6.0, 1.5),
        "weighted": lambda: stats.norm(6.0, 1.7 * 1.5),
        "poisson": lambda: stats.poisson(6.0),
    }
    value = laws[kind]().rvs(many, random_state=np.random.default_rng(1)).astype(float)
    data = Data(value, np.full(many, 1.5), np.full(many, np.nan), np.zeros(many, dtype=bool))
    found = read_error(kind, "error").scatter(data, mean, np.array(numbers))
    seen = found.slopes @ found.slopes.T / many
    stated = np.einsum("rkn,rln->kl", found.rows, found.rows) / many
    assert stated == pytest.approx(seen, rel=0.03, abs=0.01 * np.abs(seen).max())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gaussian", "unknown name 'gaussian'"),
        ("normal 1 2", "has 1 number"),
        ("normal -1", "must be a number greater than 0"),
        ("student ?", "are given, not estimated"),
    ],
)
def test_error_models_that_are_none(text, said):
    with pytest.raises(InputError, match=said):
        read_error(text, "error")
