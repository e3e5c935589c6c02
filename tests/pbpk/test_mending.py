"""Values a rounding below zero are mended without losing a cell or an event."""

import numpy as np
import pytest

from cartflow.pbpk.organs.arrays import Sizes, System
from cartflow.pbpk.organs.lanes import LANES
from cartflow.pbpk.organs.mending import mended

# Two phenotypes in three compartments, then a tumour and its killers' remains at one site.
# Event 0: killing (tumour -1), event 1: conversion (row 0 -> row 7), event 2: growth (tumour +1).
EFFECTS = np.array([[6, 0], [0, 1], [7, 1], [6, 2]])
FACTORS = np.repeat(np.array([[-1.0], [-1.0], [1.0], [1.0]]), LANES, axis=1)
SYSTEM = System(
    transfers=np.zeros((0, 4), dtype=np.int64),
    places=np.zeros((0, 1), dtype=np.int64),
    effects=EFFECTS,
    factors=FACTORS,
    saturations=np.zeros((0, 6), dtype=np.int64),
    groups=np.zeros((0, 2), dtype=np.int64),
)
SIZES = Sizes(entries=0, reactions=3, phenotypes=2, compartments=3, most=0)
LANE = 3


def mend(state, events, limit=1e-3):
    z, counts = np.ones((8, LANES)), np.ones((3, LANES))
    z[:, LANE], counts[:, LANE] = state, events
    done = mended(z, counts, LANE, np.full(8, limit), SIZES, SYSTEM)
    others = np.delete(z, LANE, axis=1)
    np.testing.assert_array_equal(others, np.ones_like(others))
    return done, z[:, LANE], counts[:, LANE]


def test_travellers_make_up_for_it_in_proportion():
    start = [3.0, -1e-4, 1.0, 5.0, 6.0, 7.0, 2.0, 1.0]
    done, state, events = mend(start, [1.0, 1.0, 1.0])
    assert done
    assert state[1] == 0
    assert state[:3].sum() == pytest.approx(4 - 1e-4, rel=1e-15)
    assert state[0] / state[2] == pytest.approx(3)
    np.testing.assert_array_equal(state[3:], start[3:])
    np.testing.assert_array_equal(events, [1, 1, 1])


def test_what_stays_takes_back_the_events_that_used_it_up():
    done, state, events = mend([1.0, 1, 1, 1, 1, 1, -1e-4, 1.0], [5.0, 1.0, 4.0])
    assert done
    assert state[6] == 0
    np.testing.assert_allclose(events, [5 - 1e-4, 1, 4], rtol=1e-15)


def test_no_more_than_the_limit_is_mended():
    assert not mend([3.0, -1e-2, 1.0, 1, 1, 1, 1, 1], [1.0, 1, 1])[0]
    assert not mend([1.0, 1, 1, 1, 1, 1, -1e-2, 1.0], [5.0, 1, 4])[0]


def test_what_no_event_used_up_is_refused():
    assert not mend([1.0, 1, 1, 1, 1, 1, -1e-4, 1.0], [0.0, 1.0, 4.0])[0]
    assert not mend([1.0, 1, 1, 1, 1, 1, 1.0, -1e-4], [5.0, 1.0, 4.0])[0]


def test_a_phenotype_that_is_nowhere_is_refused():
    assert not mend([0.0, -1e-4, 0.0, 1, 1, 1, 1, 1], [1.0, 1, 1])[0]
