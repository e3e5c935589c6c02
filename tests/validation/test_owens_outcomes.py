"""Figure 4 of Owens and Bozic: single outcomes, how they are counted, and all of them."""

import numpy as np
import pytest

from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.scenario import Dose
from cartflow.validation.book.cases import chosen
from cartflow.validation.kinetics.owens_outcomes import (
    PLANS,
    PRINTED,
    longest_rest,
    treated,
    within_a_day,
    works,
)

MODEL = load_model("owens2021")


def test_the_figure_has_72_outcomes():
    table = np.array(list(PRINTED.values()))
    assert table.shape == (12, len(PLANS))
    # "All of the scenarios failed if the rest period was longer than 17 days."
    assert table.max() == 17
    assert set(PRINTED) == {(n, b) for n in (1, 2, 3, 4) for b in ("low", "medium", "high")}


def test_a_plan_is_as_printed():
    scenario = treated(MODEL, 3, "high", "C5-DL3", 4)
    assert MODEL.scaling.like(
        scenario.initial["tumour"].value, "cell/mm^3", "cell"
    ) == pytest.approx(9.8e8)
    doses = [event for event in scenario.events if isinstance(event, Dose)]
    chemotherapy = [dose for dose in doses if dose.species == "chemotherapy"]
    assert [dose.moment.at({}) for dose in chemotherapy] == [0, 1, 2, 3, 4]
    # 77 uM a day for half an hour.
    assert chemotherapy[0].amount.value == pytest.approx(77 / 48, rel=1e-6)
    (cart,) = (dose for dose in doses if dose.species == "cart")
    assert cart.moment.at({}) == 8
    assert MODEL.scaling.like(cart.amount.value, "cell/mm^3", "cell") == pytest.approx(2.5e6)


@pytest.mark.parametrize(
    ("patient", "burden", "plan", "printed"),
    [(1, "medium", "C3-DL2", 2), (1, "medium", "C3-DL3", 3), (4, "medium", "C3-DL2", 2)],
)
def test_an_outcome_is_the_printed_one(patient, burden, plan, printed):
    assert PRINTED[patient, burden][PLANS.index(plan)] == printed
    assert works(MODEL, treated(MODEL, patient, burden, plan, printed))
    assert not works(MODEL, treated(MODEL, patient, burden, plan, printed + 1))


def test_where_two_days_are_too_many_there_is_no_rest():
    assert longest_rest(MODEL, 1, "high", "C3-DL1") == 0


def test_failure_counts_as_one_day():
    found, printed = np.array([[0, 2, 0, 5]]), np.array([[2, 0, 3, 4]])
    assert within_a_day(found, printed).tolist() == [[True, True, False, True]]


@pytest.mark.slow
@pytest.mark.parametrize(("scope", "outcomes"), [("quick", 24), ("full", 72)])
def test_most_outcomes_are_within_a_day(scope, outcomes):
    (entry,) = chosen(["owens_outcomes"], "full")
    result = entry.run(scope)
    assert result.verdict == "passed"
    assert (result.name, result.title) == (entry.name, entry.title)
    assert result.dataset["found"].size == outcomes
    assert ("35 of 72" in result.finding) == (scope == "full")
