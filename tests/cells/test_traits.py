"""Traits: drawn as their laws have it, handed down, and lost."""

import numpy as np
import pytest
from scipy.stats import kstest, lognorm

from cartflow.cells.births.happen import Weights, choices, happened
from cartflow.cells.population import Population
from cartflow.cells.traits.drawn import drawn, handed_down, lots
from cartflow.cells.traits.laws import Histogram, LogNormal, Normal, Ramp, Trait


def test_shares_below_quantiles_are_those_of_the_laws():
    share = lots(np.arange(20_000, dtype=np.uint64), 0, 0, 5)
    assert kstest(share, "uniform").pvalue > 1e-3
    values = LogNormal(median=3000.0, deviation=0.8).quantile(share)
    assert kstest(values, lognorm(0.8, scale=3000.0).cdf).pvalue > 1e-3
    cut = Normal(mean=1.0, deviation=1.0).quantile(share)
    assert cut.min() == 0.0
    assert (cut == 0).mean() == pytest.approx(0.1587, abs=0.01)


def test_a_histogram_is_met_and_empty_bins_stay_empty():
    law = Histogram(edges=np.array([0.0, 1.0, 2.0, 4.0, 5.0]), numbers=np.array([1.0, 0, 3.0, 0]))
    values = law.quantile((np.arange(4000) + 0.5) / 4000)
    counts, _ = np.histogram(values, law.edges)
    np.testing.assert_array_equal(counts, [1000, 0, 3000, 0])
    assert values[:1000].mean() == pytest.approx(0.5)
    assert values[1000:].mean() == pytest.approx(3)


def grown(traits, steps):
    """Return what comes of 500 cells that divide once in each step, nearly all."""
    cells = Population.fresh(500, 2)
    drawn(cells, traits, 0, 1)
    acts, _ = choices([0], [(0, 0)], 1)
    for step in range(steps):
        before = cells.unborn
        cells, *_ = happened(cells, acts, np.ones((1, 1)), 0.7, step, 1, 10**6, Weights.none(1))
        handed_down(cells, traits, before, 1)
    return cells


def test_daughters_have_their_mothers_traits_or_their_own():
    law = LogNormal(median=1.0, deviation=1.0)
    inherited = Trait(name="a", kind=0, column=0, law=law)
    own = Trait(name="b", kind=0, column=1, law=law, inherited=False)
    cells = grown([inherited, own], 4)
    first = cells.traits[cells.name < 500]
    np.testing.assert_array_equal(cells.traits[:, 0], first[cells.founder.astype(int), 0])
    assert cells.size > 3000
    assert len(np.unique(cells.traits[:, 1])) > 0.99 * cells.size


def test_what_is_lost_stays_lost():
    trait = Trait(name="a", kind=0, column=0, law=Normal(mean=5.0, deviation=0.0), loss=0.1)
    cells = grown([trait], 4)
    # Along a lineage a share of divisions is that of a daughter: half of all, at rate 1 of Yule.
    lost = (cells.traits[:, 0] == 0).mean()
    expected = 1 - np.exp(-0.1 * 0.7 * 4)
    assert abs(lost - expected) < 0.05


def test_ramps():
    values = np.array([0.0, 0.5, 1.25, 2.0, 3.0])
    np.testing.assert_allclose(Ramp(threshold=0.5, saturation=2.0)(values), [0, 0, 0.5, 1, 1])
    np.testing.assert_allclose(Ramp()(values), values)
