"""The paper: every number in it is what the package gives, every reference in the bibliography."""

import importlib.util
import re
from pathlib import Path

from cartflow.core.bibliography import keys

FOLDER = Path(__file__).parents[2] / "paper"


def stated_numbers():
    place = importlib.util.spec_from_file_location("stated_numbers", FOLDER / "stated_numbers.py")
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


def test_the_numbers_are_those_of_the_package():
    module = stated_numbers()
    text = module.PAPER.read_text(encoding="utf-8")
    assert module.written(text, module.numbers()) == text


def test_the_references_are_in_the_bibliography():
    text = (FOLDER / "paper.md").read_text(encoding="utf-8")
    cited = set(re.findall(r"@([a-z]+\d{4}\w*)", text))
    assert cited
    assert cited <= set(keys())
