"""Set-up that tests of several folders share; the studies that they begin with are in `studies`."""

import pytest


@pytest.fixture
def folder(request, tmp_path, monkeypatch):
    """Return the test's own folder, which is the current one, with the module's study if any."""
    monkeypatch.chdir(tmp_path)
    if hasattr(request.module, "STUDY"):
        (tmp_path / "study.toml").write_text(request.module.STUDY)
    return tmp_path


@pytest.fixture
def looked_at_often(monkeypatch):
    """Have one system stop after every step that it tries, so that it can be interrupted there."""
    monkeypatch.setattr("cartflow.coupling.line.room.PAUSE", 1)
