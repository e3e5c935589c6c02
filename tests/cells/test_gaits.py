"""Pauses and turns to a side, and spheres and contacts in whole studies."""

from dataclasses import fields

import numpy as np
import pytest
from cells_in_rooms import cells, gait

from cartflow.cells.movement.gait import Gait
from cartflow.cells.movement.walk import room_of, walked
from cartflow.cells.tracks.curves import displacement_curve, furth, turning_curve
from cartflow.cells.tracks.fit import Walk, fit_tracks
from cartflow.cells.tracks.simulated import simulate_tracks
from cartflow.core.outcome import InputError
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box

MOST = 20_000


@pytest.mark.parametrize("shape", ["box", "ball"])
def test_pauses_slow_a_walk_in_the_long_run(shape):
    room = room_of(box((40.0,) * 3, (2, 2, 2)) if shape == "box" else ball(20.0, 2))
    start = cells(room, np.zeros(MOST, dtype=int))
    start.position[:] = 10.0
    if shape == "ball":
        start.position[:] = 0.0
    how = gait(speed=3.0, persistence=0.02, pause=0.01, walls=len(room.walls))
    still = np.zeros((0, 8, 6)) if shape == "box" else np.zeros((0, 3))
    half = walked(start, room, how, still, 0.1, 1, 1)
    now = walked(half, room, how, still, 1.0, 2, 1)
    square = ((now.position - half.position) ** 2).sum(axis=1)
    # From any time on: 6 D t less the last run that is not yet through.
    slow, run = 3.0**2 * 0.02**2 / (3 * 0.03), 2 * 3.0**2 * 0.02**2 * (0.02 / 0.03)
    expected = 6 * slow * 1.0 - run
    assert abs(square.mean() - expected) < 4 * square.std() / np.sqrt(MOST)
    paused = (now.heading == 0).all(axis=1).mean()
    assert abs(paused - 1 / 3) < 4 * np.sqrt(2 / 9 / MOST)


@pytest.mark.parametrize("shape", ["box", "ball"])
def test_who_does_not_move_stays_and_changes_nothing_for_others(shape):
    room = room_of(box((2.0,) * 3, (2, 2, 2)) if shape == "box" else ball(1.0, 2))
    one = gait(diffusivity=0.01, walls=len(room.walls))
    still = np.zeros((0, 8, 6)) if shape == "box" else np.zeros((0, 3))
    start = cells(room, np.zeros(100, dtype=int))
    alone = walked(start, room, one, still, 0.1, 1, 1)
    columns = {f.name: np.repeat(getattr(one, f.name), 2, axis=0) for f in fields(one)}
    two = Gait(**{**columns, "diffusivity": np.array([0.01, 0.0])})
    start.kind[::2] = 1
    now = walked(start, room, two, still, 0.1, 1, 1)
    np.testing.assert_array_equal(now.position[::2], start.position[::2])
    np.testing.assert_array_equal(now.place[::2], start.place[::2])
    np.testing.assert_array_equal(now.position[1::2], alone.position[1::2])


@pytest.mark.parametrize(("bias", "cosine"), [(0.5, 2 / 3), (0.25, None)])
def test_a_bias_turns_cells_by_the_mean_of_the_chord(bias, cosine):
    room = room_of(box((40.0,) * 3, (2, 2, 2)))
    start = cells(room, np.zeros(MOST, dtype=int))
    start.position[:] = 10.0
    # Along k: the field's velocity has any size, its direction alone counts.
    pull = np.zeros((1, 8, 6))
    pull[0, :, 4:] = 1e-3
    how = gait(speed=3.0, persistence=0.01, bias=bias, walls=6, drift=0)
    first = walked(start, room, how, pull, 0.2, 1, 1)
    now = walked(first, room, how, pull, 1.0, 2, 1)
    moved = (now.position - first.position) / 3.0
    if cosine is None:
        z = np.linspace(-1, 1, 200_001)
        along = bias + (1 - bias) * z
        size = np.sqrt(bias**2 + (1 - bias) ** 2 + 2 * bias * (1 - bias) * z)
        cosine = (along / size).mean()
    error = moved.std(axis=0) / np.sqrt(MOST)
    np.testing.assert_array_less(np.abs(moved.mean(axis=0) - [0, 0, cosine]), 4 * error + 1e-4)


def test_tracks_of_a_known_walk_give_it_back():
    walk = Walk(speed=9.0, persistence=0.7, noise=0.8)
    tracks = simulate_tracks(walk, [40] * 2000, 0.4, seed=3)
    found = fit_tracks(tracks, 0.4)
    assert found.speed == pytest.approx(9.0, rel=0.03)
    assert found.persistence == pytest.approx(0.7, rel=0.05)
    assert found.noise == pytest.approx(0.8, rel=0.05)
    assert found.diffusivity == pytest.approx(9.0**2 * 0.7 / 3, rel=0.03)
    flat = fit_tracks([track[:, :2] for track in tracks], 0.4)
    assert flat.diffusivity == pytest.approx(9.0**2 * 0.7 / 3, rel=0.04)


def test_curves_of_tracks():
    walk = Walk(speed=2.0, persistence=1.0, noise=0.0)
    tracks = simulate_tracks(walk, [60] * 500, 0.5, seed=4)
    tracks[0][7] = np.nan
    curve, pairs = displacement_curve(tracks, 8)
    assert pairs[0] == 500 * 59 - 2
    np.testing.assert_allclose(curve, furth(0.5 * np.arange(1, 9), 2.0, 1.0), rtol=0.03)
    turning = turning_curve(tracks, 8)
    assert (np.diff(turning) < 0).all()
    assert turning[7] < 0.05


@pytest.mark.parametrize(
    ("tracks", "match"),
    [
        ([np.zeros((5, 3))], "0 lags have displacements; three are needed"),
        ([np.zeros((5, 3)), np.zeros((5, 2))], r"tracks: must be arrays \(frames, axes\)"),
    ],
)
def test_tracks_that_tell_nothing_are_refused(tracks, match):
    with pytest.raises(InputError, match=match):
        fit_tracks(tracks, 1.0)
