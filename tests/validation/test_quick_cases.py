"""The quick cases hold, and broken formulas do not pass them."""

import re
from pathlib import Path

import pytest

from cartflow.study.study import Study
from cartflow.validation.book.cases import chosen
from cartflow.validation.book.credibility import NOT_VALIDATED, QUESTIONS
from cartflow.validation.book.formula import formula_svg
from cartflow.validation.numerics.breaking import applied
from cartflow.validation.numerics.engines_agree import compared, shortened
from cartflow.validation.numerics.mutations import MUTATIONS, noticed

DOCS = Path(__file__).parents[2] / "docs" / "validation.md"
SOON = ("organ_network", "organ_kinetics", "independent_solver", "surfaces")
LATE = ("orders", "conservation", "engines_agree")


def require_whole(name):
    (entry,) = chosen([name], "quick")
    result = entry.run("quick")
    assert [c.name for c in result.checks if not c.passed] == []
    assert result.verdict == "passed"
    assert result.name == name
    assert result.title == entry.title
    assert result.figure is not None
    for line in result.equation.splitlines():
        formula_svg(line)
    for key, item in result.dataset.variables.items():
        assert item.attrs.get("long_name"), key
    assert not re.search(r"\bnan\b", result.finding)


@pytest.mark.parametrize("name", SOON)
def test_case_holds(name):
    require_whole(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", LATE)
def test_longer_case_holds(name):
    require_whole(name)


@pytest.mark.parametrize(
    "mutation", [m for m in MUTATIONS if m.case == "organ_network"], ids=lambda m: m.name
)
def test_broken_formula_is_noticed(mutation):
    assert noticed(mutation)
    assert not noticed_when_mended(mutation)


def test_a_formula_is_noticed_as_well_where_the_right_one_was_used_before():
    """What is remembered of one formula must not stand for the other, in either order."""
    (mutation,) = (m for m in MUTATIONS if m.name == "venous_volume")
    assert noticed_when_mended(mutation) == []
    both = noticed(mutation)
    assert any("mouse_28g" in name for name in both)
    assert any("largest relative difference of a rate (human" in name for name in both)
    assert noticed_when_mended(mutation) == []


def noticed_when_mended(mutation):
    (entry,) = chosen([mutation.case], "quick")
    return [c.name for c in entry.run("quick").checks if not c.passed]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_what_is_broken_is_a_formula_of_the_package(mutation):
    with applied(mutation):
        pass


@pytest.mark.parametrize("scope", ["quick", "full"])
def test_both_engines_take_the_examples_that_they_are_compared_on(scope):
    settings = {**shortened(scope), "solver.engine": "fipy"}
    names = [Study.from_file(path, settings).simulation and path.stem for path in compared(scope)]
    assert {"mouse_flank", "human_brain"} <= set(names)
    assert ("il6_and_antibody" in names) is (scope == "full")


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutation", [m for m in MUTATIONS if m.case != "organ_network"], ids=lambda m: m.name
)
def test_broken_formula_is_noticed_by_a_longer_case(mutation):
    assert noticed(mutation)


def test_the_documentation_lists_every_mutation_and_what_is_not_validated():
    text = " ".join(DOCS.read_text(encoding="utf-8").split())
    for mutation in MUTATIONS:
        assert f"| `{mutation.name}` | `{mutation.case}` | {mutation.breaks} |" in text
    for sentence in (*NOT_VALIDATED, *QUESTIONS.values()):
        assert sentence in text
