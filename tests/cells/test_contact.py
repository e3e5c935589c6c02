"""Contacts against closed forms: waiting, killing, letting go, and what traits let through."""

import numpy as np
import pytest

from cartflow.cells.contact.kernels import strength
from cartflow.cells.contact.meeting import Tally, met
from cartflow.cells.contact.pulling import Pull, pulled
from cartflow.cells.contact.terms import Contact, Second, Strength, terms_of
from cartflow.cells.population import Population

FREE = np.array([True, True, True])


def pairs(number, targets=1, traits=0):
    """Return hunters far apart, each with so many targets beside it."""
    place = np.repeat(np.arange(number), 1 + targets)
    new = Population.fresh(place.size, traits)
    new.position[:, 0], new.position[:, 1] = place % 100, place // 100
    new.kind[:] = (np.arange(place.size) % (1 + targets) > 0).astype(np.int8)
    return new


def go(cells, contact, days, steps, seed=1):
    terms, tally = terms_of([contact], 3), Tally.none(1, 3)
    sizes = []
    for step in range(1, steps + 1):
        cells, dead = met(cells, terms, tally, FREE, days / steps, step, seed)
        cells = cells.without(dead)
        sizes.append(cells.size)
    return cells, tally, sizes


def near(found, expected, number):
    """Require a share of so many to be what is expected, within 4 standard errors."""
    assert abs(found / number - expected) < 4 * np.sqrt(expected * (1 - expected) / number)


def test_hunters_attach_at_the_rate_of_all_within_reach():
    how = Contact(hunter=0, target=1, reach=0.1, attach_rate=2.0, hold_time=np.inf)
    _, tally, _ = go(pairs(4000, 3), how, 0.1, 7)
    near(tally.attached[0], 1 - np.exp(-3 * 2.0 * 0.1), 4000)


def test_who_is_held_dies_or_is_let_go_as_rates_have_it():
    how = Contact(
        hunter=0, target=1, reach=0.1, attach_rate=1e9, kill_rate=3.0, hold_time=0.5, pause_time=9.0
    )
    cells, tally, _ = go(pairs(4000), how, 4.0, 80)
    assert tally.attached[0] == 4000
    near(tally.killed[0], 3.0 / (3.0 + 1 / 0.5), 4000)
    assert tally.killed[0] + tally.let_go[0] + (cells.mate >= 0).sum() == 4000
    assert cells.size == 8000 - tally.killed[0]
    assert tally.dead[1] == tally.killed[0]


def test_a_serial_killer_needs_search_and_kill_time_for_each():
    how = Contact(hunter=0, target=1, reach=0.1, attach_rate=1e9, kill_time=0.1, pause_time=0.05)
    _, tally, _ = go(pairs(50, 40), how, 3.1, 3100)
    # Each round takes 0.1 day, 0.05 of pause, and two steps of 0.001 to find and to go on.
    assert tally.killed[0] / 50 == pytest.approx(3.1 / 0.152, abs=1)


def test_who_attached_often_enough_is_exhausted():
    how = Contact(
        hunter=0,
        target=1,
        reach=0.1,
        attach_rate=1e9,
        kill_time=0.01,
        exhausted_after=4,
        exhausted=2,
    )
    cells, tally, _ = go(pairs(50, 10), how, 1.0, 500)
    assert tally.killed[0] == 50 * 4
    assert (cells.kind == 2).sum() == 50
    assert tally.turned[0, 2] == 50


def test_hunters_find_those_in_their_cube_alone():
    # One of three targets within reach is in the cube of its hunter.
    cells = Population.fresh(4 * 3000, 0)
    place = np.repeat(np.arange(3000), 4)
    cells.kind[:] = np.tile([0, 1, 1, 1], 3000)
    cells.position[:, 0] = 0.3 * place + np.tile([0.019, 0.011, 0.031, -0.001], 3000)
    cells.position[:, 1:] = 0.015
    how = {"hunter": 0, "target": 1, "reach": 0.025, "attach_rate": 2.0}
    _, tally, _ = go(cells, Contact(**how, cubes=0.03), 0.1, 7)
    near(tally.attached[0], 1 - np.exp(-2.0 * 0.1), 3000)
    _, tally, _ = go(cells, Contact(**how), 0.1, 7)
    near(tally.attached[0], 1 - np.exp(-3 * 2.0 * 0.1), 3000)


def test_hunters_are_drawn_to_all_targets_in_their_cube():
    cells = Population.fresh(5, 0)
    cells.kind[:] = [0, 1, 1, 1, 0]
    cells.position[:] = [[0.01, 0.01, 0.01], [0.02, 0.01, 0.01], [0.025, 0.02, 0.01], [0.031, 0, 0],
                         [0.0, 0.02, 0.02]]  # fmt: skip
    pull = Pull(hunter=0, target=1, cubes=0.03, rate=14.4)
    found = pulled(cells, [pull], FREE)
    np.testing.assert_allclose(found[0], 14.4 * np.array([0.025, 0.01, 0.0]), atol=1e-12)
    np.testing.assert_allclose(found[4], 14.4 * np.array([0.045, -0.01, -0.02]), atol=1e-12)
    np.testing.assert_array_equal(found[1:4], 0.0)


def test_antigen_decides_and_is_taken():
    cells = pairs(4000, 1, traits=1)
    cells.traits[:, 0] = 1.25
    how = Contact(
        hunter=0,
        target=1,
        reach=0.1,
        attach_rate=1e9,
        kill_rate=3.0,
        hold_time=0.5,
        pause_time=9.0,
        strength=Strength(antigen=0, threshold=0.5, saturation=2.0),
        trogocytosis=0.4,
    )
    after, tally, _ = go(cells, how, 4.0, 80)
    # 0.75 is left: a sixth of the way from threshold to saturation.
    near(tally.killed[0], 0.5 / (0.5 + 1 / 0.5), 4000)
    left = after.traits[after.kind == 1, 0]
    np.testing.assert_allclose(left, 0.75)


def test_bystanders_die_at_their_rate():
    how = Contact(hunter=0, target=1, reach=0.1, attach_rate=1e9, hold_time=1e9, bystander_rate=0.7)
    _, tally, _ = go(pairs(1000, 5), how, 0.5, 10)
    # The first step finds; in the others four bystanders are at risk.
    near(tally.bystanders[0], 1 - np.exp(-0.7 * 0.45), 4000)


def test_binding_is_that_of_the_published_formula():
    how = Strength(
        law="binding", antigen=0, receptor=1, half=500.0, potency=3.0, reference=50_000.0
    )
    contact = Contact(hunter=0, target=1, reach=0.1, attach_rate=1.0, strength=how)
    numbers = terms_of([contact], 2).numbers
    found = strength(numbers, 0, np.array([0.0, 40_000.0]), np.array([1000.0, 0.0]))
    bound = 1000 / 1500 * 40_000 / 50_000 * 3.0
    assert found == pytest.approx(2 / (1 + np.exp(-bound)) - 1, rel=1e-12)


@pytest.mark.parametrize(("gate", "found_by"), [("either", [1, 1, 1, 0]), ("both", [1, 0, 0, 0])])
def test_a_second_antigen_is_instead_of_the_first_or_besides_it(gate, found_by):
    second = Second(antigen=1, gate=gate, threshold=0.5)
    how = Contact(
        hunter=0, target=1, reach=0.1, attach_rate=1e9, kill_time=0.1, trogocytosis=0.25,
        strength=Strength(antigen=0, threshold=0.5, second=second),
    )  # fmt: skip
    cells = pairs(400, traits=2)
    both = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    cells.traits[cells.kind == 1] = np.tile(both, (100, 1))
    after, tally, _ = go(cells, how, 0.05, 1)
    taken = np.array(found_by)[:, None] * 0.25
    expected = np.tile(both * (1.0 - taken), (100, 1))
    np.testing.assert_allclose(after.traits[after.kind == 1], expected)
    _, tally, _ = go(cells, how, 1.0, 20)
    assert tally.killed[0] == 100 * sum(found_by)


def test_two_bonds_count_by_their_own_numbers():
    second = Second(antigen=2, gate="either", half=100.0, potency=1.0)
    how = {"law": "binding", "antigen": 0, "receptor": 1, "half": 500.0, "potency": 3.0,
           "reference": 50_000.0}  # fmt: skip
    hunter, target = np.array([0.0, 40_000.0, 0.0]), np.array([1000.0, 0.0, 900.0])
    one, other = (
        np.tanh(0.5 * potency * 0.8 * n / (n + half))
        for n, half, potency in ((1000, 500, 3.0), (900, 100, 1.0))
    )
    assert one > other
    for gate, expected in (("either", one), ("both", other)):
        strong = Strength(**how, second=Second(**{**vars(second), "gate": gate}))
        contact = Contact(hunter=0, target=1, reach=0.1, attach_rate=1.0, strength=strong)
        numbers = terms_of([contact], 2).numbers
        assert strength(numbers, 0, hunter, target) == pytest.approx(expected, rel=1e-12)
