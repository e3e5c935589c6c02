"""The estimator of motility on walks whose motility is known."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.validation.measurements.motility import Track, displacement, mean_speed, read_tracks


def walks(number, steps, motility, frame, dimensions):
    generator = np.random.default_rng(4)
    moves = generator.normal(0, np.sqrt(2 * motility * frame), (number, steps, dimensions))
    return [Track(frames=np.arange(steps), positions=np.cumsum(m, axis=0)) for m in moves]


@pytest.mark.parametrize("dimensions", [2, 3])
def test_random_walks(dimensions):
    found = displacement(walks(600, 60, 2.5, 0.5, dimensions), 0.5, 5.0)
    assert found.dimensions == dimensions
    assert found.lags == pytest.approx(0.5 * np.arange(1, 11))
    assert found.motility(1.0, 5.0) == pytest.approx(2.5, rel=0.02)
    assert found.at(2.0) == pytest.approx(2 * dimensions * 2.5 * 2.0, rel=0.02)


def test_straight_tracks_with_a_missing_frame():
    frames = np.array([0, 1, 3, 4])
    track = Track(frames=frames, positions=np.stack([3.0 * frames, 4.0 * frames], axis=1))
    found = displacement([track], 2.0, 8.0)
    assert found.squares == pytest.approx(25.0 * np.arange(1, 5) ** 2)
    assert mean_speed([track], 2.0) == pytest.approx(2.5)


def test_rows_become_tracks():
    rows = [
        {"track": "b", "t": "0.4", "x": "1", "y": "2"},
        {"track": "a", "t": "0.8", "x": "3", "y": "4"},
        {"track": "a", "t": "0.4", "x": "5", "y": "6"},
    ]
    tracks = read_tracks(rows, "t", ("x", "y"), 0.4)
    assert tracks["a"].frames.tolist() == [1, 2]
    assert tracks["a"].positions.tolist() == [[5, 6], [3, 4]]
    assert tracks["b"].positions.shape == (1, 2)


def test_too_few_lags():
    found = displacement(walks(2, 5, 1.0, 1.0, 2), 1.0, 3.0)
    with pytest.raises(InputError, match="fewer than two"):
        found.motility(2.5, 3.2)
