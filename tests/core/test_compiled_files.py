"""Compiled code that is kept is never that of another source, constant or version."""

import importlib.util
import os
import sys

import numpy as np
import pytest

from cartflow.core import compiled_sources
from cartflow.core.compiled_files import CompiledFiles

PART = """
from cartflow.core.compiling import serial

{constant}

@serial
def part(x):
    return {factor} * x
"""

WHOLE = """
import part
from cartflow.core.compiling import serial

@serial
def whole(x):
    def again(y):
        return y + part.OFFSET
    return again(part.part(x))
"""


@pytest.fixture
def computed(tmp_path, monkeypatch):
    """Return a function that writes and imports both modules anew, and computes with them."""
    (tmp_path / "whole.py").write_text(WHOLE)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)

    def compute(factor, offset, when):
        path = tmp_path / "part.py"
        path.write_text(PART.format(factor=factor, constant=f"OFFSET = {offset}"))
        os.utime(path, ns=(when, when))
        compiled_sources._stamp.cache_clear()
        for name in ("part", "whole"):
            spec = importlib.util.spec_from_file_location(name, tmp_path / f"{name}.py")
            module = importlib.util.module_from_spec(spec)
            monkeypatch.setitem(sys.modules, name, module)
            spec.loader.exec_module(module)
        value = module.whole(1.0)
        return value, sum(module.whole.stats.cache_hits.values())

    return compute


def test_what_is_called_and_constants_of_other_files_count(computed):
    assert computed(2, 1, 1_000_000_000) == (3.0, 0)
    assert computed(2, 1, 1_000_000_000) == (3.0, 1)
    assert computed(5, 1, 2_000_000_000) == (6.0, 0)
    # The same size and time of another file: what is compiled in is seen by itself.
    assert computed(5, 7, 2_000_000_000) == (12.0, 0)


def test_all_digits_of_an_array_count():
    def of(table):
        names = {"TABLE": np.array(table)}
        exec("def f(x):\n    return TABLE[0] * x", names)
        return compiled_sources.sources(names["f"])

    assert of([1.0, 2.0]) == of([1.0, 2.0])
    assert of([1.0, 2.0]) != of([1.0, 2.0 + 1e-15])


def test_versions_and_sources_have_files_of_their_own(tmp_path):
    def files(stamp, version):
        made = CompiledFiles(str(tmp_path), "module.loop-1.py311", stamp)
        made.function, made._version = test_versions_and_sources_have_files_of_their_own, version
        return made

    old, new, newer = files("old", "1"), files("new", "1"), files("new", "2")
    old.save("key", "code of the old source")
    assert old.load("key") == "code of the old source"
    assert [new.load("key"), newer.load("key"), old.load("another")] == [None, None, None]
    new.save("key", "code of the new source")
    assert old.load("key") == "code of the old source"
    assert new.load("key") == "code of the new source"
