"""`cartflow validate` from the command line: verdicts, files, refusals."""

import json

import pytest

from cartflow.cli import main
from cartflow.validation.numerics.mutations import MUTATIONS, applied


@pytest.fixture(autouse=True)
def _inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_case_that_holds(tmp_path, capsys):
    options = ["--quick", "--report", "book", "--json", "checks.json"]
    assert main(["validate", "organ_network", *options]) == 0
    printed = capsys.readouterr().out
    assert "largest relative difference of a rate (mouse_28g, khot2019)" in printed
    assert "1 passed, 0 failed, 0 skipped" in printed
    assert sorted(p.name for p in (tmp_path / "book").iterdir()) == [
        "index.html",
        "organ_network.nc",
    ]
    checks = json.loads((tmp_path / "checks.json").read_text())
    assert checks["passed"] is True
    # Neither report nor JSON is overwritten unasked.
    assert main(["validate", "organ_network", *options]) == 2
    assert "give --force" in capsys.readouterr().err
    # The same run once more gives the same digits.
    (tmp_path / "earlier.json").write_text((tmp_path / "checks.json").read_text())
    again = [*options, "--force", "--against", "earlier.json"]
    assert main(["validate", "organ_network", *again]) == 0
    number = len(checks["cases"][0]["checks"])
    assert f"earlier.json: {number} checks, no differences" in capsys.readouterr().out


def test_no_other_file_is_compared_with(tmp_path, capsys):
    (tmp_path / "mine.json").write_text('{"cases": 1}')
    arguments = ["validate", "organ_network", "--quick", "--against", "mine.json"]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error == (
        "cartflow: mine.json: does not hold the checks that cartflow validate --json writes\n"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["mine.json"]


def test_a_case_that_falls_short(tmp_path, capsys):
    broken = next(m for m in MUTATIONS if m.name == "lymph_return")
    with applied(broken):
        assert main(["validate", "organ_network", "--quick", "--report", "book"]) == 1
    assert "0 passed, 1 failed" in capsys.readouterr().out
    assert "failed" in (tmp_path / "book" / "index.html").read_text()


def test_bad_names_write_nothing(tmp_path, capsys):
    assert main(["validate", "organ_netwrok", "--quick"]) == 2
    error = capsys.readouterr().err
    assert "did you mean 'organ_network'" in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_never_overwritten(tmp_path, capsys):
    (tmp_path / "study.toml").write_text("title = 'mine'")
    arguments = ["validate", "organ_network", "--quick", "--json", "study.toml", "--force"]
    assert main(arguments) == 2
    assert "another kind of file" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["study.toml"]


def test_the_list(tmp_path, capsys):
    assert main(["validate", "--list"]) == 0
    printed = capsys.readouterr().out
    assert "organ_network" in printed
    assert "code verification" in printed
    assert list(tmp_path.iterdir()) == []
