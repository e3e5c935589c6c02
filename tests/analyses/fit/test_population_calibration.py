"""Simulation-based calibration of populations (Talts et al. 2018): any rank is as likely."""

from dataclasses import replace

import numpy as np
import pytest
from populations import DECAY
from scipy import stats

from cartflow.analyses.fit.bayes.chain import Length
from cartflow.analyses.fit.bayes.chains import sampled
from cartflow.analyses.fit.bayes.density import beginning
from cartflow.analyses.fit.population.drawn import drawn
from cartflow.analyses.fit.population.priors import posed
from cartflow.analyses.fit.population.run import _density
from cartflow.analyses.fit.run import choices_of
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.sources.source import Courses
from cartflow.analyses.fit.table.read import read_measurements

SIZE, BINS, KEPT = 40, 4, 79
SUBJECTS, TIMES, WITHIN = 5, 3, 0.5
Z_95 = 1.959963984540054
# 95 % of the priors: normal, and log-normal.
MEAN, OMEGA = (2.0, 8.0), (0.2, 1.5)
NAMES = ("gain", "omega of gain", "gain of the first subject")


class _Constant:
    """A run of what stays as it is, in place of one in steps."""

    def run(self, values, slopes):
        found = {"gain": np.full(TIMES, values[0]), "tracer": np.zeros(TIMES)}
        return Courses(
            values=found, slopes={"gain": np.ones((1, TIMES)), "tracer": np.zeros((1, TIMES))}
        )


def normal(ends, random):
    """A draw of a normal law with 95 % between the ends, cut at four deviations."""
    away = stats.truncnorm.rvs(-4, 4, random_state=random)
    return 0.5 * sum(ends) + away * (ends[1] - ends[0]) / (2 * Z_95)


def simulated(random):
    """Numbers drawn from their priors, and a table that they give."""
    mean, omega = normal(MEAN, random), float(np.exp(normal(np.log(OMEGA), random)))
    own = mean + omega * random.standard_normal(SUBJECTS)
    rows = [
        (f"s{k}", 0.1 * (j + 1), "day", "level", v + WITHIN * random.standard_normal(), "1")
        for k, v in enumerate(own)
        for j in range(TIMES)
    ]
    names = ("subject", "time", "time_unit", "observable", "value", "unit")
    return (mean, omega, own[0]), dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def ranks(place, seed):
    """Return how many of `KEPT` draws lie below the truth, by number."""
    random = np.random.default_rng([21, seed])
    truth, table = simulated(random)
    found = posed(
        read_measurements(table, None),
        source_of(place, None, {}, True),
        ["gain=linear:[-20, 30]"],
        ["gain"],
        {},
        {"gain": str(list(MEAN)), "omega of gain": str(list(OMEGA))},
        choices_of(observables={"level": "gain"}, errors={"level": f"normal {WITHIN}"}),
    )
    constant = [replace(one, runner=_Constant()) for one in found.problem.subjects]
    found = replace(found, problem=replace(found.problem, subjects=constant))
    density = _density(found, 1, seed, 1, None)
    length = Length(chains=2, draws=KEPT + 1, warm_up=150, seed=seed)
    begin = [beginning(density, np.zeros(density.size), seed, k) for k in range(2)]
    draws = drawn(found.numbers, SUBJECTS, sampled(density, begin, length, 2))
    all_of = [draws.values[..., 0], draws.values[..., 1], draws.own[..., 0, 0]]
    return [
        int((each.ravel()[::2][:KEPT] < true).sum())
        for each, true in zip(all_of, truth, strict=True)
    ]


@pytest.mark.slow
def test_the_truth_is_as_likely_at_any_rank(tmp_path):
    (tmp_path / "decay.toml").write_text(DECAY)
    found = np.array([ranks(tmp_path / "decay.toml", seed) for seed in range(SIZE)])
    assert KEPT + 1 == 20 * BINS
    for k, name in enumerate(NAMES):
        counts = np.bincount(found[:, k] * BINS // (KEPT + 1), minlength=BINS)
        assert stats.chisquare(counts).pvalue > 1e-3, (name, counts)
        # The middle of ranks, and how far they spread about it.
        share = (found[:, k] + 0.5) / (KEPT + 1)
        assert abs(share.mean() - 0.5) < 3.3 * np.sqrt(1 / 12 / SIZE), name
        assert abs(share.var() * 12 - 1) < 3.3 * np.sqrt(0.8 / SIZE), name
