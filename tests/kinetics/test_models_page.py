"""The table of sources in docs/models.md says of every published model what its file says."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from cartflow.kinetics.files.load import load_model
from cartflow.validation.book.names import source_models

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
STANDINGS = ("published", "released", "recomputed", "analytic")
HEAD = (
    "| Model | What was read | published | released | recomputed | analytic "
    "| Misfit to the data it was made for | Open questions |"
)
# A commit, a BioModels id; numbers of articles have no letters.
NAMED = re.compile(r"\b(?:(?=\w*\d)(?=\w*[a-f])[0-9a-f]{7,40}|BIOMD\d{10})\b")


def table():
    lines = PAGE[PAGE.index(HEAD) :].splitlines()[2:]
    rows = [line.strip("| ").split(" | ") for line in lines[: lines.index("")]]
    return {row[0].strip("`"): row[1:] for row in rows}


def test_every_published_model_has_a_row():
    assert sorted(table()) == source_models()
    assert {len(row) for row in table().values()} == {7}
    assert all(cell.strip() for row in table().values() for cell in row)


@pytest.mark.parametrize("name", source_models())
def test_counts_of_checks_are_those_of_the_file(name):
    counts = Counter(check.standing for check in load_model(name).checks)
    assert [int(n) for n in table()[name][1:5]] == [counts[standing] for standing in STANDINGS]


@pytest.mark.parametrize("name", source_models())
def test_what_was_read_is_what_the_source_names(name):
    read = import_module(f"cartflow.validation.sources.{name}").READ
    for identifier in NAMED.findall(read):
        assert identifier in table()[name][0], identifier


def test_models_without_a_published_number_are_listed():
    text = re.search(r"among the checks of (.+?):", PAGE)
    assert text is not None
    without = {n for n in source_models() if int(table()[n][1]) == 0}
    assert set(re.findall(r"`(\w+)`", text[1])) == without


def test_no_merge_is_left_open():
    assert not re.search(r"^(<{7}|={7}|>{7})", PAGE, re.M)
