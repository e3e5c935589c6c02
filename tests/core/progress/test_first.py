"""A first run says that it compiles, once and not at once."""

from numba import njit

from cartflow.core.progress.first import Compiling, telling_of_compiling


def told():
    said = []
    return Compiling(lambda: said.append(1)), said


def test_it_is_said_once_more_than_two_seconds_have_passed_and_another_begins():
    compiling, said = told()
    for at in (0.0, 0.5, 1.0):
        compiling.begins(at)
    compiling.ends(2.2)
    assert not said
    compiling.begins(2.3)
    assert said == [1]
    compiling.begins(9.0)
    assert said == [1]


def test_time_between_counts_for_nothing():
    compiling, said = told()
    for at in range(0, 100, 10):
        compiling.begins(at)
        compiling.ends(at + 0.19)
    assert not said
    compiling.begins(200.0)
    compiling.ends(200.2)
    compiling.begins(300.0)
    assert said


def test_numba_s_own_compiling_is_heard(monkeypatch):
    monkeypatch.setattr("cartflow.core.progress.first._LONG", -1.0)
    said = []
    with telling_of_compiling(lambda: said.append(1)):
        assert njit(lambda x: x + 1)(2) == 3
    assert said == [1]
    with telling_of_compiling(lambda: said.append(2)):
        pass
    assert njit(lambda x: x + 2)(2) == 4
    assert said == [1]
