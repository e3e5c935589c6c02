"""The schema that editors check studies by: right for what ships, and wrong where the reader is."""

import json
import tomllib
from pathlib import Path

import pytest
from studies import short_study

from cartflow.cli import main
from cartflow.commands.schema import study_schema
from cartflow.core.outcome import InputError
from cartflow.study.study import Study

jsonschema = pytest.importorskip("jsonschema")
EXAMPLES = Path(__file__).parents[2] / "examples"
SHIPPED = [p for p in sorted(EXAMPLES.rglob("*.toml")) if "[time]" in p.read_text("utf-8")]
TINY = short_study(time='end = "1 h"\nevery = "10 min"')
WRONG = {
    "a key that nobody knows": TINY.replace("[time]", "[time]\nstart = 0"),
    "no title": TINY.replace('title = "tiny"', ""),
    "no time": TINY.partition("[time]")[0],
    "a shape that is none": TINY.replace('"ball"', '"bowl"'),
    "no radius": TINY.replace('radius = "1 mm"', ""),
    "half a cell": TINY.replace("cells = 10", "cells = 10.5"),
    "no cells": TINY.replace("cells = 10", "cells = 0"),
    "a number without its unit": TINY.replace('"1e6 cells"', "1e6"),
    "a negative dose": TINY.replace('"1e6 cells"', '"-1e6 cells"'),
    "words for a number": TINY.replace('"1 mm"', '"wide"'),
    "a route that is none": TINY.replace('"1e6 cells"', '"1e6 cells"\nroute = "oral"'),
    "no models": TINY.replace('["predator_prey"]', "[]"),
    "a source without standing": TINY.replace(
        '"1e6 cells"', '{ value = "1e6 cells", source = "mine" }'
    ),
    "a standing that is none": TINY.replace(
        '"1e6 cells"', '{ value = "1e6 cells", source = "mine", standing = "sure" }'
    ),
}


@pytest.fixture(scope="module")
def checked():
    return jsonschema.Draft202012Validator(study_schema())


def test_it_is_a_schema_and_what_is_printed(checked, capsys):
    jsonschema.Draft202012Validator.check_schema(checked.schema)
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == checked.schema


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_studies_that_ship_are_right(checked, path):
    checked.validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_the_reader_refuses_is_refused(checked, text):
    with pytest.raises(InputError):
        Study.from_text(text)
    with pytest.raises(jsonschema.ValidationError):
        checked.validate(tomllib.loads(text))


def test_quantities_in_every_form_are_right(checked):
    forms = [
        '{ value = "1e6 cells", source = "mine", standing = "assumed", note = "why", '
        'range = ["1 cell", "2e6 cells"] }',
        '"1e6cells"',
        '".5e6 cell"',
        '"+1e6 cells"',
    ]
    for form in forms:
        text = TINY.replace('"1e6 cells"', form)
        Study.from_text(text)
        checked.validate(tomllib.loads(text))
