"""The time left, against runs whose course is known."""

import numpy as np
import pytest

from cartflow.core.progress.left import TimeLeft, in_words


def said(total, course, elapsed, *, trend=True, done=0.0):
    left = TimeLeft(total, done, trend=trend)
    for time in np.linspace(0.0, elapsed, 400)[1:]:
        found = left.at(time, course(time))
    return found


def test_a_steady_speed():
    assert said(100.0, lambda t: 2.0 * t, 10.0) == pytest.approx(40.0, rel=0.02)
    assert said(100.0, lambda t: 2.0 * t, 10.0, trend=False) == pytest.approx(40.0, rel=0.02)


def test_steps_that_lengthen_in_proportion_to_time_passed():
    # 28 days in 10 s, from a ten-thousandth of a second on: years by the speed so far.
    rate = np.log(28.0 / 1e-4) / 10.0

    def course(t):
        return 1e-4 * np.exp(rate * t)

    for elapsed in (1.0, 3.0, 6.0, 9.0):
        found, by_speed = said(28.0, course, elapsed), 28.0 / course(elapsed) * elapsed
        assert 0.2 * (10.0 - elapsed) < found < 5.0 * (10.0 - elapsed)
        if elapsed < 4.0:
            assert by_speed > 1000.0


def test_loops_that_are_compiled_before_the_first_step_are_no_part_of_the_trend():
    left = TimeLeft(28.0, trend=True)
    found = [left.at(25.0 + 0.1 * step, 0.01 + 0.1 * step) for step in range(100)]
    assert found[:7] == [None] * 7
    assert found[7:] == pytest.approx([28.0 - 0.1 * step for step in range(7, 100)], rel=0.05)


def test_a_power_of_time_is_followed():
    assert said(1000.0, lambda t: t**3, 5.0) == pytest.approx(5.0, rel=0.05)


def test_members_after_a_first_one_that_compiles():
    def course(t):
        return 0.0 if t < 8.0 else 10.0 * (t - 8.0)

    assert said(200.0, course, 18.0, trend=False) == pytest.approx(10.0, rel=0.15)


def test_what_an_earlier_run_did_is_not_counted():
    assert said(100.0, lambda t: 60.0 + t, 10.0, done=60.0) == pytest.approx(30.0, rel=0.02)
    left = TimeLeft(100.0, 60.0, trend=True)
    assert left.per_minute(30.0, 61.0) == pytest.approx(2.0)


def test_nothing_is_said_before_anything_is_known():
    left = TimeLeft(10.0, trend=True)
    assert left.at(0.1, 1.0) is None
    assert left.at(2.0, 0.0) is None
    assert left.at(3.0, 10.0) == 0.0
    assert in_words(None) == "time left not known yet"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0 s left"), (99, "99 s left"), (600, "10 min left"), (9000, "2.5 h left"),
     (5 * 86_400, "5.0 days left")],
)  # fmt: skip
def test_words(seconds, words):
    assert in_words(seconds) == words
