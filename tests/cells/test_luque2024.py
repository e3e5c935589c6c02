"""The published run of Luque et al. 2024 beside its rules as a study, and rules left out."""

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cells.luque2024 import COLUMNS, RULES, THEIRS, rows, study


def parts(without):
    """Return what of the study's cells the rules decide."""
    asked = study(1, 0.01, without=without).prepared.asked
    clocks = [clock.waited for clock in asked.clocks]
    return asked.layouts, asked.contacts, asked.bodies, asked.by_volume, clocks


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_can_be_left_out_of_the_study(rule):
    assert (parts(()) == parts((rule,))) == (rule == "read")


@pytest.mark.slow
def test_three_days_are_those_of_the_published_run():
    if not THEIRS.is_file():
        pytest.skip(f"{THEIRS.name} of luque2024_cart_abm is not there")
    with THEIRS.open() as file:
        stored = [[float(row[name]) for name in COLUMNS] for row in csv.DictReader(file)][:7]
    more = [("cells.step", "30 min"), ("cells.mechanics_step", "1 min")]
    found = np.array(rows(study(1, 3.0, more).run().tree))[:, 1:]
    cells, radius = np.array(stored)[:, 0], np.array(stored)[:, 2]
    # The tumour shrinks, rests, and grows by an eighth within a day; its cells draw together.
    np.testing.assert_allclose(found[:, 0], cells, rtol=0.02)
    np.testing.assert_allclose(found[:, 2], radius, rtol=0.01)
