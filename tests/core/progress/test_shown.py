"""Lines of progress off a terminal, in a log, and none if quiet."""

import re

import pytest

from cartflow.core.outcome import InputError
from cartflow.core.progress.lines import Lines, LogFile
from cartflow.core.progress.shown import Telling, days, members

_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (.*)")


def texts(text):
    return [_LINE.fullmatch(line)[1] for line in text.splitlines()]


def test_a_run_off_a_terminal_is_told_in_lines(tmp_path, capsys):
    log = LogFile(tmp_path / "run.log")
    with days("A run", 10.0, Telling(log=log)) as watch:
        watch(5.0, 0.1)
    assert texts(capsys.readouterr().err) == ["begins: A run", "ended: A run"]
    assert texts((tmp_path / "run.log").read_text()) == ["begins: A run", "ended: A run"]


def test_lines_that_come_often_are_let_through_seldom(capsys):
    lines = Lines(None, quiet=False, every=0.0)
    lines.often(lambda: "one")
    lines.often(lambda: "two")
    assert texts(capsys.readouterr().err) == ["one", "two"]
    seldom = Lines(None, quiet=False, every=1000.0)
    seldom.often(lambda: "never")
    assert capsys.readouterr().err == ""


def test_what_a_line_says(tmp_path, monkeypatch):
    monkeypatch.setattr("cartflow.core.progress.lines._EVERY", 0.0)
    log = LogFile(tmp_path / "run.log")
    monkeypatch.setattr(
        "cartflow.core.progress.shown.Lines", lambda log, quiet: Lines(log, quiet=quiet, every=0.0)
    )
    with days("A run", 10.0, Telling(log=log, quiet=True)) as watch:
        watch(5.0, 0.25)
    with members("A sweep", 8, 2, Telling(log=log, quiet=True)) as watch:
        watch(4, 1)
    found = texts(log.path.read_text())
    assert re.fullmatch(r"t = 5 of 10 day, step 0.25 day, .* day/min, time left .*", found[1])
    assert re.fullmatch(r"4 of 8 members, 1 failed, .* a minute, time left .*", found[4])


def test_quiet_says_nothing_and_logs(tmp_path, capsys):
    log = LogFile(tmp_path / "run.log")
    with (
        pytest.raises(KeyboardInterrupt),
        members("A sweep", 3, 0, Telling(quiet=True, log=log)),
    ):
        raise KeyboardInterrupt("by SIGTERM")
    assert capsys.readouterr().err == ""
    assert texts(log.path.read_text())[-1] == "ended by KeyboardInterrupt: by SIGTERM"


def test_a_log_is_added_to_and_another_file_is_not(tmp_path):
    path = tmp_path / "run.log"
    LogFile(path).add("one")
    LogFile(path).add("two")
    assert texts(path.read_text()) == ["one", "two"]
    study = tmp_path / "study.toml"
    study.write_text('title = "mine"\n')
    with pytest.raises(InputError, match="is another kind of file; give a new one, or a log"):
        LogFile(study)
    assert study.read_text() == 'title = "mine"\n'
    with pytest.raises(InputError, match="is no file that lines can be added to"):
        LogFile(tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        LogFile(tmp_path / "none" / "run.log")
