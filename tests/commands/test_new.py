"""A new study is right before it is written; studies and results go through pipes."""

import io
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cartflow.cli import main
from cartflow.kinetics.files.load import names
from cartflow.study.study import Study

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Terminal(io.StringIO):
    def isatty(self):
        return True


def new(capsys, *arguments):
    """The study that is printed, as text."""
    assert main(["new", *arguments]) == 0
    return capsys.readouterr().out


def test_what_is_printed_runs_and_says_what_it_assumes(here, capsys):
    text = new(capsys, "--days", "2", "--size", "1 mm")
    assert main(["new", "same.toml", "--days", "2", "--size", "1 mm"]) == 0
    assert (here / "same.toml").read_text(encoding="utf-8") == text
    study = Study.from_text(text, settings={"geometry.cells": 8, "time.every": "1 day"})
    numbers = study.run().require_finished().summary()
    assert numbers["relative_residual"] < 1e-12
    start = study.parameters()["fields.tumour.initial"]
    capacity = study.kinetics.parameters["carrying_capacity"].value
    assert (start.value, start.standing) == (capacity / 2, "assumed")


def test_every_answer_stands_in_the_study(capsys):
    given = {
        "title": 'A "title" with \\ in it',
        "body": "human_male",
        "trafficking": "singh2020",
        "dose": "5e7",
        "size": "8",
        "host": "liver",
        "feeding": "rim",
        "kinetics": "predator_prey_exhaustion",
        "days": "14",
    }
    table = tomllib.loads(new(capsys, *[p for k, v in given.items() for p in (f"--{k}", v)]))
    assert table["title"] == given["title"]
    assert table["body"]["name"] == "human_male"
    assert table["trafficking"]["name"] == "singh2020"
    assert table["doses"] == [{"cells": "5e7 cells"}]
    assert table["geometry"] == {"shape": "ball", "radius": "8 mm", "cells": 50}
    assert table["tumour"] == {"host": "liver", "feeding": "rim"}
    assert table["kinetics"]["models"] == ["predator_prey_exhaustion"]
    assert table["time"] == {"end": "14 days"}


@pytest.mark.parametrize("disease", ["none", "bone_marrow"])
def test_without_a_solid_tumour(capsys, disease):
    table = tomllib.loads(new(capsys, "--disease", disease, "--body", "child_5y"))
    assert "tumour" not in table
    assert ("organs" in table) == (disease != "none")
    assert table["doses"][0]["cells"] == "1e8 cells"


def test_with_any_model_that_ships_it_is_right_or_says_why(capsys):
    refused = [model for model in names() if main(["new", "--kinetics", model]) != 0]
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == len(refused)
    assert all("cartflow simulate" in line or "phenotype" in line for line in errors)
    assert not {"predator_prey", "kirouac2023", "leon_triana2021_gbm"} & set(refused)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--body", "mouse_29g"], "body: .*unknown name 'mouse_29g'.*did you mean 'mouse_28g'"),
        (["--dose", "3 mg"], "dose: '3 mg' has the dimension mass"),
        (["--dose", "0"], "dose: '0' must be greater than 0"),
        (["--days", "soon"], "days: "),
        (["--disease", "lver"], "did you mean 'liver'"),
        (["--disease", "liver", "--size", "3"], "--size: has no effect with --disease liver"),
        (["--feeding", "lymph"], "feeding: answer: unknown name 'lymph'; allowed: rim, vessels"),
        (["--size", "none.nii"], "none.nii: there is no such file"),
        (["--from", "mouse_flank", "--days", "2"], "--days: has no effect beside --from"),
        (["--from", "mouse"], "did you mean 'mouse_flank'"),
        (["--kinetics", "mine.toml"], "mine.toml: cannot be read"),
    ],
)
def test_what_cannot_be_taken_is_said_in_a_line_and_nothing_is_written(
    here, capsys, arguments, said
):
    status = main(["new", "study.toml", *arguments])
    out, err = capsys.readouterr()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert re.search(said, err), err
    assert list(here.iterdir()) == []


def test_an_example_is_taken_as_it_is(capsys):
    given = new(capsys, "--from", "mouse_flank")
    assert given == (EXAMPLES / "mouse_flank.toml").read_text(encoding="utf-8")


def test_questions_are_asked_again_until_they_can_be_answered(monkeypatch, capsys):
    answers = ["Mine", "mouse", "mouse_20g", "", "1e6", "none", "3 days"]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(answers) + "\n"))
    monkeypatch.setattr(sys, "stderr", asked := Terminal())
    table = tomllib.loads(new(capsys))
    assert table["title"] == "Mine"
    assert table["body"]["name"] == "mouse_20g"
    assert table["doses"] == [{"cells": "1e6 cells"}]
    assert asked.getvalue().count("[mouse_28g]") == 2
    assert "did you mean" in asked.getvalue()


def test_from_a_new_study_to_a_report_in_a_pipe(here):
    cartflow = f"{sys.executable} -m cartflow"
    changed = "--set geometry.cells=8 --set 'time.every=12 h'"
    line = (
        f"{cartflow} new --days 1 --size 1 | {cartflow} run - {changed} --out - "
        f"| {cartflow} report -"
    )
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "written       result.html\n"
    assert "outcome       finished at 1 day" in done.stderr
    assert [p.name for p in here.iterdir()] == ["result.html"]


def test_a_pipe_with_nothing_in_it_or_nobody_behind_it(monkeypatch, here, capsys):
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert main(["run", "-"]) == 2
    assert main(["plot", "-"]) == 2
    assert capsys.readouterr().err.count("-: nothing is piped in; name a file") == 2
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert main(["run", str(EXAMPLES / "mouse_flank.toml"), "--out", "-"]) == 2
    assert list(here.iterdir()) == []
