"""Counts of cells against draws, limits of the gamma law, and clones that are or are not there."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from cartflow.closed_forms.counting_cells import (
    Counted,
    cells_to_see,
    clone_seen,
    share_excluded,
)
from cartflow.core.outcome import InputError

DRAWS = 10_000_000


@pytest.mark.parametrize("shape", [0.5, math.inf])
def test_zeros_mean_and_variance_are_those_of_thinned_draws(shape):
    random = np.random.default_rng(20)
    gene = Counted(mean=6.0, capture=0.15, shape=shape)
    means = 6.0 if math.isinf(shape) else random.gamma(shape, 6.0 / shape, DRAWS)
    counts = random.binomial(random.poisson(means, DRAWS), 0.15)
    zeros = gene.zeros
    assert abs((counts == 0).mean() - zeros) < 4 * math.sqrt(zeros * (1 - zeros) / DRAWS)
    assert abs(counts.mean() - gene.counts) < 4 * counts.std() / math.sqrt(DRAWS)
    squares = (counts - gene.counts) ** 2.0
    assert abs(squares.mean() - gene.variance) < 4 * squares.std() / math.sqrt(DRAWS)


def test_many_zeros_come_without_any_negative_cell():
    alike, unlike = Counted(mean=20, capture=0.1), Counted(mean=20, capture=0.1, shape=0.2)
    assert alike.counts == unlike.counts
    assert alike.zeros == pytest.approx(math.exp(-2), rel=1e-12)
    assert unlike.zeros == pytest.approx(11**-0.2, rel=1e-12)
    assert unlike.zeros > 4 * alike.zeros


def test_limits_of_the_gamma_law():
    for shape in (1e6, 1e9, 1e14):
        near = Counted(mean=10, capture=0.2, shape=shape)
        assert near.zeros == pytest.approx(math.exp(-2), rel=4 / shape + 1e-12)
    assert Counted(mean=10, capture=0, shape=1).zeros == 1.0
    assert Counted(mean=0, capture=1).zeros == 1.0


def test_negative_cells_are_what_zeros_leave():
    gene = Counted(mean=10, capture=0.1, shape=0.5)
    for negative in (0.0, 0.3, 1.0):
        assert gene.negative(gene.zeros_with(negative)) == pytest.approx(negative, abs=1e-12)
    with pytest.raises(InputError, match=r"observed: got 0\.1; counting alone leaves 0\.5774"):
        gene.negative(0.1)
    with pytest.raises(InputError, match="zeros say nothing"):
        Counted(mean=10, capture=0).negative(1.0)


@pytest.mark.parametrize(
    ("share", "chance", "times"),
    [(0.01, 0.95, 1), (1e-4, 0.99, 1), (0.02, 0.9, 5), (0.5, 0.95, 3), (1e-6, 0.95, 2)],
)
def test_cells_to_see_a_clone_are_the_fewest(share, chance, times):
    cells = cells_to_see(share, chance=chance, at_least=times)
    assert binom.sf(times - 1, cells, share) >= chance
    assert binom.sf(times - 1, cells - 1, share) < chance
    assert clone_seen(share, cells, at_least=times) == pytest.approx(
        binom.sf(times - 1, cells, share), rel=1e-9
    )


def test_one_sight_of_a_clone_is_the_logarithm():
    assert cells_to_see(1e-3) == math.ceil(math.log(0.05) / math.log1p(-1e-3)) == 2995
    assert cells_to_see(1.0, at_least=4) == 4
    assert cells_to_see(0.5, chance=0.0) == 1
    assert clone_seen(1.0, 1) == 1.0
    assert clone_seen(0.5, 0) == 0.0


def test_what_was_not_seen_among_many_is_rare():
    assert share_excluded(3000) == pytest.approx(1 - 0.05 ** (1 / 3000), rel=1e-12)
    assert share_excluded(3000) == pytest.approx(3 / 3000, rel=2e-3)
    assert clone_seen(share_excluded(50), 50) == pytest.approx(0.95, rel=1e-12)
    assert share_excluded(0) == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cells_to_see(0), "share: got 0; no number of cells shows a clone"),
        (lambda: cells_to_see(0.1, chance=1), "chance: got 1; no number of cells is enough"),
        (lambda: cells_to_see(1e-17), "share: more than 1e"),
        (lambda: Counted(mean=1, capture=2), r"capture: got 2; allowed: at least 0 and at most 1"),
        (lambda: Counted(mean=1, capture=1, shape=0), r"shape: got 0; allowed: above 0"),
        (lambda: clone_seen(0.1, -1), r"cells: got -1; it must be a whole number"),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
