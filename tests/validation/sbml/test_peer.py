"""Random models, exported, run by libRoadRunner as by us."""

import numpy as np
import pytest

from cartflow.validation.sbml.peer import difference
from cartflow.validation.sbml.random_models import draw

pytest.importorskip("libsbml", reason="python-libsbml is not installed")
pytest.importorskip("roadrunner", reason="libroadrunner is not installed")


def largest(numbers):
    return max(difference(draw(np.random.default_rng((1, each)))) for each in numbers)


def test_random_models_agree():
    assert largest(range(12)) <= 1e-6


@pytest.mark.slow
def test_two_hundred_random_models_agree():
    assert largest(range(200)) <= 1e-6
