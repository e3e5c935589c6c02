"""The count of the SBML test suite: on cases of our own, and on the suite where it is."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("libsbml", reason="python-libsbml is not installed")

from cartflow.validation.sbml.suite_count import LEVELS, count, lines

SUITE = Path(__file__).parents[4] / "sbml-test-suite" / "cases" / "semantic"
MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">
<listOfCompartments><compartment id="c" size="2" constant="true"/></listOfCompartments>
<listOfSpecies><species id="S" compartment="c" initialConcentration="1"
hasOnlySubstanceUnits="false" boundaryCondition="true" constant="false"/></listOfSpecies>
<listOfRules><{rule} variable="S"><math xmlns="http://www.w3.org/1998/Math/MathML">
<cn>1</cn></math></{rule}></listOfRules></model></sbml>
"""


def case(folder, number, results, *, rule="rateRule", kind="TimeCourse", asked="amount"):
    here = folder / number
    here.mkdir()
    (here / f"{number}-sbml-l3v2.xml").write_text(MODEL.replace("{rule}", rule))
    (here / f"{number}-model.m").write_text(f"(*\ntestType:   {kind}\n*)")
    (here / f"{number}-settings.txt").write_text(
        "start: 0\nduration: 1\nsteps: 1\nvariables: S\nabsolute: 1e-6\nrelative: 1e-4\n"
        f"{asked}: S\n"
    )
    (here / f"{number}-results.csv").write_text(f"time,S\n{results}\n")


@pytest.fixture
def folder(tmp_path):
    # S is 1 + t, in a place of 2.
    case(tmp_path, "00001", "0,2\n1,4.0001")
    case(tmp_path, "00002", "0,1\n1,2", asked="concentration")
    case(tmp_path, "00003", "0,1\n1,2.01", asked="concentration")
    case(tmp_path, "00004", "0,1\n1,2", rule="algebraicRule")
    case(tmp_path, "00005", "0,1\n1,2", kind="FluxBalanceSteadyState")
    return tmp_path


def test_count(folder):
    text = (folder / "00004" / "00004-sbml-l3v2.xml").read_text()
    path = folder / "00004" / "00004-sbml-l3v2.xml"
    path.write_text(text.replace('algebraicRule variable="S"', "algebraicRule"))
    found = count(folder, "l3v2")
    assert found.numbers() == {"right": 2, "wrong": 1, "crashed": 0, "refused": 1}
    assert found.reasons == {
        "wrong: numbers": ["00003"],
        "refused: an algebraic rule is not read": ["00004"],
    }
    text = "\n".join(lines({"l3v2": found}))
    assert "l3v2          2        1        0        1     4" in text
    assert "1  refused: an algebraic rule is not read (00004)" in text


def test_a_folder_without_the_suite_is_skipped(tmp_path):
    command = [sys.executable, "-m", "cartflow.validation.sbml.suite", str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == f"skipped: no case of the SBML test suite in {tmp_path}\n"


@pytest.mark.slow
@pytest.mark.skipif(not SUITE.is_dir(), reason="no sbml-test-suite beside the repository")
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_of_the_suite_is_wrong(level):
    numbers = count(SUITE, level).numbers()
    assert numbers["wrong"] == numbers["crashed"] == 0
    if level == "l3v2":
        assert numbers["right"] >= 1480
