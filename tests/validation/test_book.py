"""The list of cases: names, groups, and that every line leads to a case."""

from importlib import import_module

import pytest

from cartflow.core.bibliography import keys
from cartflow.core.outcome import InputError
from cartflow.validation.book.cases import CASES, Entry, chosen
from cartflow.validation.book.credibility import QUESTIONS
from cartflow.validation.book.run import run_cases
from cartflow.validation.numerics.mutations import MUTATIONS


def test_names_are_unique_and_groups_are_known():
    names = [entry.name for entry in CASES]
    assert len(set(names)) == len(names)
    assert {entry.group for entry in CASES} <= set(QUESTIONS)
    assert "exact" not in keys()


@pytest.mark.parametrize("entry", CASES, ids=[entry.name for entry in CASES])
def test_every_line_leads_to_a_case(entry):
    assert callable(import_module(f"cartflow.validation.{entry.module}").case)


def test_without_names_all_of_the_scope():
    assert chosen([], "full") == CASES
    assert chosen([], "quick") == tuple(entry for entry in CASES if entry.quick)


def test_names_come_in_the_order_of_the_book():
    found = [e.name for e in chosen(["organ_network", "orders", "orders"], "quick")]
    assert found == [e.name for e in CASES if e.name in ("orders", "organ_network")]
    family = [e.name for e in CASES if e.name.startswith("measurements:")]
    assert [e.name for e in chosen(["measurements"], "full")] == family
    assert [e.name for e in chosen(family[1:2], "full")] == family[1:2]


def test_a_wrong_name_is_told_the_nearest():
    with pytest.raises(InputError, match=r"unknown name 'organ_netwrok'.*mean 'organ_network'"):
        chosen(["organ_netwrok"], "full")


def test_a_case_that_breaks_fails_and_the_others_still_run():
    broken = Entry(name="broken", group="validation", module="no_such_module", title="Broken")
    seen = []
    ran = run_cases(
        [broken, *chosen(["organ_network"], "quick")], "quick", lambda *a: seen.append(a)
    )
    assert [item.result.verdict for item in ran] == ["failed", "passed"]
    assert "ModuleNotFoundError" in ran[0].result.finding
    assert seen == [("broken", 0), ("organ_network", 1), ("", 2)]


def test_every_mutation_is_guarded_by_a_quick_case():
    quick = {entry.name for entry in CASES if entry.quick}
    assert {mutation.case for mutation in MUTATIONS} <= quick
    names = [mutation.name for mutation in MUTATIONS]
    assert len(set(names)) == len(names)
