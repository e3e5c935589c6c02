"""Movies have a frame for each saved time, and appear whole or not at all."""

import shutil
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from studies import BALL, in_tumour, study

from cartflow.core.outcome import InputError
from cartflow.core.saving import movies
from cartflow.core.saving.movies import write_movie
from cartflow.results.figures.asked.movie import frame_times, plot_movie
from cartflow.results.figures.asked.moving import moving_cut, moving_profile
from cartflow.study.study import Study

TEXT = study(in_tumour(BALL.replace("10", "4")), time='end = "2 h"\nevery = "30 min"')


@pytest.fixture(scope="module")
def tree():
    return Study.from_text(TEXT).run().tree


@pytest.fixture(scope="module")
def box():
    shape = {"shape": "box", "lengths": ["1 mm", "2 mm"], "cells": [3, 4]}
    return Study.from_text(TEXT, settings={"geometry": shape}).run().tree


def test_a_gif_has_a_frame_for_each_time(tree, tmp_path):
    heard = []
    plot_movie(tree, tmp_path / "a.gif", fields=["cart"], told=heard.append)
    with Image.open(tmp_path / "a.gif") as movie:
        assert (movie.format, movie.n_frames, movie.info["loop"]) == ("GIF", 5, 0)
    assert heard == [1, 2, 3, 4, 5]
    assert [p.name for p in tmp_path.iterdir()] == ["a.gif"]


def test_what_moves_is_each_times_field(tree, box):
    axes = Figure().subplots()
    show = moving_profile(tree["tumour"].to_dataset(), "cart", axes)
    show(3)
    np.testing.assert_allclose(axes.lines[0].get_ydata()[::-1], tree["tumour"]["cart"].values[3])
    axes = Figure().subplots()
    show = moving_cut(box["tumour"].to_dataset(), "tumour", axes, None)
    show(2)
    shown = np.asarray(axes.collections[0].get_array())
    np.testing.assert_allclose(shown, box["tumour"]["tumour"].values[2])


def test_of_many_times_evenly_chosen_ones_are_shown():
    times = frame_times(1000)
    assert (times.size, times[0], times[-1]) == (300, 0, 999)
    assert set(np.diff(times)) <= {3, 4}


def test_an_mp4_is_made_where_ffmpeg_is(tree, tmp_path):
    if shutil.which("ffmpeg") is None:
        pytest.importorskip("imageio_ffmpeg", reason="no ffmpeg here")
    plot_movie(tree, tmp_path / "a.mp4", fields=["cart"])
    assert (tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"


def test_without_ffmpeg_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(movies.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(InputError, match=r"a\.mp4: MP4 takes ffmpeg.*'.*a\.gif' needs none"):
        write_movie(iter(()), tmp_path / "a.mp4")


def test_what_ffmpeg_says_is_told(tmp_path, monkeypatch):
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'no encoder here' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(movies.shutil, "which", lambda name: str(program))
    frames = iter([np.zeros((4, 4, 3), dtype=np.uint8)] * 3)
    with pytest.raises(InputError, match=r"cannot be written \(ffmpeg: no encoder here\)"):
        write_movie(frames, tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.parametrize("name", ["a.avi", "a"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"ends in none of \.gif, \.mp4; did you mean '.*a\.gif'"):
        write_movie(iter(()), tmp_path / name)
