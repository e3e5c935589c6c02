"""The sparse elimination, carried out step by step in NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.organs.elimination import eliminate


def solved(matrix, right, steps):
    """Solve by the listed steps alone, as the compiled code does."""
    entries = matrix[steps.entry >= 0].astype(float)
    x = right.astype(float)
    order, diagonal, starts = steps.order, steps.diagonal, steps.starts
    for k, pivot in enumerate(order):
        for place, _ in steps.lower[starts[k, 0] : starts[k + 1, 0]]:
            entries[place] /= entries[diagonal[pivot]]
        for place, one, other in steps.update[starts[k, 1] : starts[k + 1, 1]]:
            entries[place] -= entries[one] * entries[other]
    for k, pivot in enumerate(order):
        for place, row in steps.lower[starts[k, 0] : starts[k + 1, 0]]:
            x[row] -= entries[place] * x[pivot]
    for k in range(len(order))[::-1]:
        pivot = order[k]
        x[pivot] /= entries[diagonal[pivot]]
        for place, row in steps.upper[starts[k, 2] : starts[k + 1, 2]]:
            x[row] -= entries[place] * x[pivot]
    return x


@settings(max_examples=60, deadline=None)
@given(arrays(bool, (7, 7)), st.integers(0, 2**31))
def test_any_pattern(pattern, seed):
    random = np.random.default_rng(seed)
    matrix = np.where(pattern, random.uniform(-1, 1, (7, 7)), 0) + 8 * np.eye(7)
    right = random.uniform(-1, 1, 7)
    found = solved(matrix, right, eliminate(pattern))
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("step", [1e-6, 1e-2, 10.0])
def test_the_body(step):
    rates = organ_network(load_body("mouse_28g"), load_trafficking("khot2019")).rates
    steps = eliminate(rates != 0)
    matrix = np.eye(len(rates)) / step - rates
    right = np.random.default_rng(1).uniform(0, 1e6, len(rates))
    np.testing.assert_allclose(
        solved(matrix, right, steps), np.linalg.solve(matrix, right), rtol=1e-9
    )


def test_the_body_stays_sparse():
    """Organs hang on arteries, veins and nodes like leaves, so that hardly anything fills in."""
    rates = organ_network(load_body("human_male"), load_trafficking("khot2019")).rates
    pattern = (rates != 0) | np.eye(len(rates), dtype=bool)
    assert eliminate(pattern).size < 1.4 * pattern.sum()


def test_a_full_matrix():
    assert eliminate(np.ones((5, 5), dtype=bool)).size == 25
    assert len(eliminate(np.ones((5, 5), dtype=bool)).update) == 16 + 9 + 4 + 1
