"""Antigen loss and switch of lineage before treatment, against drawn tumours."""

import math

import numpy as np
import pytest

from cartflow.closed_forms.escape import Escape

DRAWS = 10_000_000
ESCAPE = Escape(growth="0.1/day", loss="2e-7/day", switch="5e-8/day")
CELLS = 1e6


def test_chances_are_those_of_drawn_tumours():
    """Each kind is a Poisson process with intensity rate exp(g t), drawn by its first time."""
    random = np.random.default_rng(11)
    g = ESCAPE.growth
    end = math.log(CELLS) / g
    loss = np.log1p(g * random.exponential(1 / ESCAPE.loss, DRAWS)) / g
    switch = np.log1p(g * random.exponential(1 / ESCAPE.switch, DRAWS)) / g
    kept, same = ESCAPE.none(CELLS)
    half = (np.minimum(loss, switch) < math.log(ESCAPE.cells_at_first()) / g).mean()
    for found, chance in (
        ((loss > end).mean(), kept),
        ((switch > end).mean(), same),
        ((switch < loss).mean(), ESCAPE.switch_first),
        (half, 0.5),
    ):
        assert abs(found - chance) < 4 * math.sqrt(chance * (1 - chance) / DRAWS)


def test_mean_numbers_are_those_of_drawn_tumours():
    random = np.random.default_rng(12)
    escape = Escape(growth=0.1, loss=1e-4, switch=0.0)
    cells, draws = 1e3, 200_000
    events = random.poisson(escape.events(cells)[0], draws)
    born = 1 + random.random(events.sum()) * (cells - 1)  # tumour cells then: uniform in number
    each = np.bincount(np.repeat(np.arange(draws), events), cells / born, draws)
    assert abs(events.mean() - escape.events(cells)[0]) < 4 * events.std() / math.sqrt(draws)
    assert abs(each.mean() - escape.escaped(cells)[0]) < 4 * each.std() / math.sqrt(draws)


def test_edges():
    never = Escape(growth=0.1, loss=0, switch=0)
    assert never.none(1e9) == (1.0, 1.0)
    assert math.isnan(never.switch_first)
    assert math.isinf(never.cells_at_first())
    assert never.in_words(1e9).startswith("No escape")
    assert ESCAPE.none(1) == (1.0, 1.0)
    assert ESCAPE.cells_at_first(0.0) == 1.0
    assert math.isinf(ESCAPE.cells_at_first(1.0))
    assert "half have one of either kind from 2.77e+05 cells on" in ESCAPE.in_words(CELLS)
    assert ESCAPE.switch_first == pytest.approx(0.2)
