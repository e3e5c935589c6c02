"""Simulation-based calibration (Talts et al. 2018): the truth is as likely at any rank of draws."""

import numpy as np
import pytest
from scipy import stats

from cartflow.analyses.fit.bayes.chain import Length
from cartflow.analyses.fit.bayes.chains import sampled
from cartflow.analyses.fit.bayes.density import Density, beginnings
from cartflow.analyses.fit.bayes.run import posterior_problem
from cartflow.analyses.fit.optimise import searched
from cartflow.analyses.fit.run import choices_of
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.table.read import read_measurements

SIZE, BINS, KEPT = 64, 8, 79
START = 0.4633
TIMES = np.array([0.15, 0.5, 1.0])  # days
# 95 % of each prior, log-normal.
PRIORS = {"growth_rate": (0.1, 0.4), "crowding": (0.3, 1.0), "sd of tumour": (0.05, 0.4)}
VARY = ["growth_rate=[0.1, 0.4] 1/h", "crowding=[0.3, 1]"]


def drawn(random):
    """Return numbers drawn from their priors, within the four deviations at which they are cut."""
    found = []
    for low, high in np.log(list(PRIORS.values())):
        away = stats.truncnorm.rvs(-4, 4, random_state=random)
        found.append(np.exp(0.5 * (low + high) + away * (high - low) / (2 * 1.959963984540054)))
    return found


def simulated(truth, random):
    """Return a table of the logistic growth that the model has without CAR T cells."""
    growth, crowding, spread = truth
    cells = START / (
        crowding * START + (1 - crowding * START) * np.exp(-24 * growth * TIMES)
    ) * np.exp(spread * random.standard_normal(len(TIMES)))  # fmt: skip
    many = len(TIMES)
    return {
        "subject": ["well"] * many,
        "time": TIMES.tolist(),
        "time_unit": ["day"] * many,
        "observable": ["tumour"] * many,
        "value": cells.tolist(),
        "unit": ["1"] * many,
    }


def ranks(seed):
    """Return how many of `KEPT` draws lie below the truth, by parameter."""
    random = np.random.default_rng([20, seed])
    truth = drawn(random)
    source = source_of("brummer2022", "pbt1_cart_0125", {"initial.cart": 0.0}, True)
    data = read_measurements(simulated(truth, random), None)
    prior = {"sd of tumour": "[0.05, 0.4]"}
    problem, _ = posterior_problem(data, source, VARY, prior, choices_of(priors=True))
    ended = searched(problem, 2, seed, 1)
    density = Density(problem=problem, best=min(ended, key=lambda found: found.at.loss))
    length = Length(chains=2, draws=3 * (KEPT + 1) // 2, warm_up=200, seed=seed)
    chains = sampled(density, beginnings(density, ended, 2, seed), length, 2)
    draws = chains.inner.reshape(-1, 3)[::3][:KEPT]
    return [int((draws[:, k] < np.log(true)).sum()) for k, true in enumerate(truth)]


@pytest.mark.slow
def test_the_truth_is_as_likely_at_any_rank():
    found = np.array([ranks(seed) for seed in range(SIZE)])
    assert KEPT + 1 == 10 * BINS
    for k, name in enumerate(PRIORS):
        counts = np.bincount(found[:, k] * BINS // (KEPT + 1), minlength=BINS)
        assert stats.chisquare(counts).pvalue > 1e-3, (name, counts)
        # The middle of ranks, and how far they spread about it.
        share = (found[:, k] + 0.5) / (KEPT + 1)
        assert abs(share.mean() - 0.5) < 3.3 * np.sqrt(1 / 12 / SIZE), name
        assert abs(share.var() * 12 - 1) < 3.3 * np.sqrt(0.8 / SIZE), name
