"""Loops of one signature are compiled when they are first called, for that signature alone."""

import sys
from threading import Thread

import numpy as np
import pytest

LOOPS = """
from numba import types
from cartflow.core.compiling import compiled_for, serial

@compiled_for(types.float64(types.float64[::1]))
def total(values):
    found = 0.0
    for i in range(values.size):
        found += values[i]
    return found

@serial
def twice(values):
    return 2.0 * total(values)
"""


@pytest.fixture
def loops(tmp_path, monkeypatch):
    """Return a module of loops that nothing has been compiled of."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "some_loops.py").write_text(LOOPS)
    import some_loops

    yield some_loops
    del sys.modules["some_loops"]


def test_nothing_is_compiled_before_it_is_called(loops):
    assert not loops.total.signatures
    assert loops.total(np.arange(4.0)) == 6.0
    assert len(loops.total.signatures) == 1


def test_what_calls_it_has_it_compiled(loops):
    assert loops.twice(np.arange(4.0)) == 12.0
    assert len(loops.total.signatures) == 1
    assert loops.total(np.arange(3.0)) == 3.0


def test_no_other_type_is_compiled(loops):
    with pytest.raises(TypeError, match="No matching definition"):
        loops.total(np.arange(4))
    with pytest.raises(TypeError, match="No matching definition"):
        loops.total(np.arange(4))


def test_threads_may_call_it_at_once(loops):
    found = []
    threads = [Thread(target=lambda: found.append(loops.total(np.arange(4.0)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [6.0] * 4
