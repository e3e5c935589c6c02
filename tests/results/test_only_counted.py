"""Members and comparisons that keep no saved fields come to the same bits as those that do."""

import numpy as np
import pytest
import xarray as xr
from results.checkpoint.test_going_on import KINDS

from cartflow.analyses.compare import compare
from cartflow.analyses.sweep.run import sweep
from cartflow.results import only_counted
from cartflow.results.only_counted import OnlyCounted
from cartflow.study.study import Study


@pytest.fixture
def nothing_kept(monkeypatch):
    """Have no run be too small to keep no fields."""
    return lambda: monkeypatch.setattr(only_counted, "_LARGE", 0)


@pytest.mark.parametrize("kind", ["one system", "voxels"])
def test_a_sweep_is_the_same_to_the_bit(kind, nothing_kept):
    asked = {"over": {"doses.0.cells": ["1e5 cells", "2e5 cells"]}, "courses": ["in_tumour"]}
    study = Study.from_text(KINDS[kind])
    kept = sweep(study, **asked, workers=1)
    nothing_kept()
    xr.testing.assert_identical(sweep(study, **asked, workers=1), kept)


def test_a_comparison_is_the_same_to_the_bit(nothing_kept, tmp_path):
    (tmp_path / "study.toml").write_text(KINDS["voxels"])
    kept = compare(tmp_path / "study.toml", ["mouse_28g", "rat_250g"])
    nothing_kept()
    found = compare(tmp_path / "study.toml", ["mouse_28g", "rat_250g"])
    xr.testing.assert_identical(found, kept)


def test_no_saved_state_but_the_last_holds_fields():
    study = Study.from_text(KINDS["voxels"])
    run = study.prepared
    record = run.unchecked().run(shelve=OnlyCounted(run).shelve)
    assert not any(hasattr(state, "tumour") for state in record.states)
    assert np.isfinite(record.reached.tumour).all()
