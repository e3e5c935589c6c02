"""Threads that share loops do every part once, after a fork and from several callers too."""

import os
import threading

import numpy as np
import pytest

from cartflow.pde.voxels import crew
from cartflow.pde.voxels.crew import in_parts, share


def test_every_part_is_done_and_a_failure_told():
    done = []
    share(done.append, 4)
    assert sorted(done) == [0, 1, 2, 3]

    def fail(part):
        if part == 2:
            raise ValueError("part 2")

    with pytest.raises(ValueError, match="part 2"):
        share(fail, 3)


def test_parts_cover_all_once(monkeypatch):
    monkeypatch.setattr(crew.numba, "get_num_threads", lambda: 3)
    found = in_parts(lambda first, last: (first, last), 10, 10**6)
    assert found == [(0, 3), (3, 6), (6, 10)]
    assert in_parts(lambda first, last: (first, last), 10, 100) == [(0, 10)]


def test_several_callers_do_not_disturb_one_another():
    sums = np.zeros(4)

    def call(k):
        parts = [0] * 3
        for _ in range(50):
            share(lambda part: parts.__setitem__(part, parts[part] + 1), 3)
        sums[k] = sum(parts)

    callers = [threading.Thread(target=call, args=(k,)) for k in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sums == pytest.approx(150)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    share(lambda part: None, 2)
    child = os.fork()
    if child == 0:
        done = []
        share(done.append, 2)
        os._exit(0 if sorted(done) == [0, 1] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
