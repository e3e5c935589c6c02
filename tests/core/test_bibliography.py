"""The bibliography: every entry can be found and printed."""

import re
from importlib.resources import files

import pytest

from cartflow.core.bibliography import bibtex, keys, reference, references
from cartflow.core.outcome import InputError

pytestmark = pytest.mark.lowest


def test_no_key_stands_twice_in_the_file():
    text = files("cartflow").joinpath("data/references.bib").read_text(encoding="utf-8")
    found = re.findall(r"^@\w+\{(\w+),", text, flags=re.M)
    assert sorted(found) == keys()
    assert text.count("@") >= len(found)


@pytest.mark.parametrize("key", keys())
def test_every_entry_prints(key):
    assert bibtex(key).startswith("@")
    assert bibtex(key).endswith("}")
    line = reference(key)
    assert "\n" not in line
    assert len(line) > 20
    assert not set("{}") & set(line)


def test_an_entry_in_one_line():
    line = reference("shah2012")
    assert line.startswith("Shah, Dhaval K. and Betts, Alison M. 2012. Towards a platform PBPK")
    assert line.endswith("doi:10.1007/s10928-011-9232-2")


def test_accents_are_letters():
    assert reference("leon_triana2021_gbm").startswith(
        "Le\N{LATIN SMALL LETTER O WITH ACUTE}n-Triana"
    )
    assert "\\" not in reference("barros2021")


def test_unknown_keys():
    with pytest.raises(InputError, match=r"unknown key 'khot2018'.*did you mean 'khot2019'"):
        reference("khot2018")
    assert references(["study_of_mine", "khot2019", "khot2019", "icrp89"]) == ["icrp89", "khot2019"]
