"""Divisions that come due: at their times, those of a held cell later, and what is refused."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cartflow.cells.births.clocks import Clock, struck
from cartflow.cells.population import Population
from cartflow.cells.traits.drawn import drawn, handed_down
from cartflow.cells.traits.laws import Normal, Trait
from cartflow.core.outcome import InputError, StepFailed
from cartflow.study.study import Study

ALIVE = Path(__file__).parents[3] / "shared/data/luque2024_cart_abm/summary.csv"
LAW = Normal(mean=1.0, deviation=0.1)
CLOCK = Clock(
    reaction="division", trait=Trait(name="cycle", kind=0, column=0, law=LAW, inherited=False)
)


def after(cells, rate, days, steps, most=10**6):
    """Return the cells after so many days, with how many divided in each step."""
    divided = []
    for _ in range(steps):
        before = cells.unborn
        chance = np.full(cells.size, rate)
        cells, number = struck(cells, CLOCK, chance, 1, days / steps, 1, most)
        handed_down(cells, [CLOCK.trait], before, 1)
        divided.append(number)
    return cells, np.array(divided)


def fresh(number):
    cells = Population.fresh(number, 1)
    drawn(cells, [CLOCK.trait], 0, 1)
    return cells


def test_first_divisions_come_when_each_cell_has_waited():
    cells, divided = after(fresh(4000), 0.5, 2.7, 270)
    times = np.repeat(0.01 * np.arange(1, 271), divided)
    # 1 / 0.5 days and a tenth of that; a step late by a half on average.
    assert times.mean() - 0.005 == pytest.approx(2.0, abs=4 * 0.2 / np.sqrt(4000))
    assert times.std() == pytest.approx(0.2, rel=0.05)
    assert cells.size == 4000 + divided.sum()
    assert len(np.unique(cells.name)) == cells.size


def test_a_mother_waits_as_long_again_and_daughters_their_own_time():
    cells, _ = after(fresh(500), 1.0, 1.4, 1400)
    mothers, daughters = cells.traits[cells.name < 500, 0], cells.traits[cells.name >= 500, 0]
    assert len(daughters) == 500
    own = fresh(500).traits[:, 0]
    np.testing.assert_allclose(mothers, own - (1.4 - own), atol=2e-3)
    assert abs(np.corrcoef(own, daughters)[0, 1]) < 0.2
    assert np.all(cells.founder[500:] < 500)


def test_what_has_waited_divides_by_the_rate_of_the_moment():
    # A rate that falls as 2/(1 + t): added up it comes to 1 on day e^(1/2) - 1 = 0.65; the days
    # waited times the rate, 2 t/(1 + t), come to it on day 1.
    clock = replace(
        CLOCK, trait=replace(CLOCK.trait, law=Normal(mean=1.0, deviation=0.0)), waited=1
    )
    for one, day in ((replace(clock, waited=-1), np.exp(0.5) - 1.0), (clock, 1.0)):
        cells, times = Population.fresh(50, 2), []
        cells.traits[:, 0] = 1.0
        for step in range(1, 1201):
            chance = np.full(cells.size, 2.0 / (1.0 + step * 1e-3))
            cells, number = struck(cells, one, chance, 1, 1e-3, 1, 1000)
            times += [step * 1e-3] * number
        assert len(times) == 50
        assert np.mean(times) == pytest.approx(day, abs=2e-3)


def test_time_in_which_no_cell_could_divide_is_not_waited():
    cells = Population.fresh(3, 2)
    cells.traits[:, 0] = 1.0
    clock = replace(CLOCK, waited=1)
    for _ in range(5):
        cells, number = struck(cells, clock, np.zeros(3), 1, 1.0, 1, 10)
    cells, number = struck(cells, clock, np.ones(3), 1, 0.5, 1, 10)
    assert number == 0
    np.testing.assert_array_equal(cells.traits[:, 1], 0.5)
    cells, number = struck(cells, clock, np.ones(3), 1, 0.5, 1, 10)
    assert number == 3
    np.testing.assert_array_equal(cells.traits[:, 1], 0.0)


def test_the_clock_of_a_held_cell_stands_still():
    cells = fresh(3)
    mate = np.array([-1, -1, 1], dtype=np.int32)
    cells = replace(cells, mate=mate, kind=np.array([0, 0, 1], dtype=np.int8))
    before = cells.traits[:, 0].copy()
    found, number = struck(cells, CLOCK, np.ones(3), 1, 0.25, 1, 10)
    np.testing.assert_allclose(before - found.traits[:, 0], [0.25, 0, 0], atol=1e-6)
    assert number == 0


def test_no_more_live_than_may():
    with pytest.raises(StepFailed, match=r"6 cells are more than cells\.most = 5"):
        after(fresh(3), 1.0, 2.0, 1, most=5)


MODEL = """
title = "cells that divide on time"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
[parameters]
rate = { value = "0.5 1/day", source = "assumed", standing = "assumed" }
[reactions.division]
produces = { tumour = 1 }
rate = "rate*tumour"
[reactions.death]
consumes = { tumour = 1 }
rate = "0*rate*tumour"
"""
STUDY = """
title = "on time"
[tumour]
[geometry]
shape = "box"
lengths = ["0.1 mm", "0.1 mm", "0.1 mm"]
cells = [5, 5, 5]
[kinetics]
models = ["one.toml"]
[fields.cart]
as = "cells"
[fields.tumour]
as = "cells"
initial = "1e5 cells/mm^3"
traits.cycle = { law = "normal", mean = 1, deviation = 0.05, daughters = "draw" }
traits.factor = { law = "constant", value = 2 }
[cells]
step = "1 hour"
[[cells.effects]]
reaction = "division"
trait = "factor"
[[cells.clocks]]
reaction = "division"
trait = "cycle"
[time]
end = "2.5 days"
every = "0.5 day"
"""


@pytest.fixture
def room(tmp_path):
    (tmp_path / "one.toml").write_text(MODEL)
    return tmp_path


def test_a_study_doubles_at_once(room):
    tree = Study.from_text(STUDY, folder=room).run().tree
    counts = (tree["tumour/tumour"] * tree["tumour/cell_volume"]).sum(("x", "y", "z")).values
    # The rate is 0.5 per day times the factor 2: all divide about day 1, and again about day 2.
    np.testing.assert_allclose(counts[[0, 1, 3, 5]], [100, 100, 200, 400], rtol=1e-9)
    assert float(abs(tree["balance/residual"]).max()) == 0.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('daughters = "draw"', 'daughters = "inherit"', "must have daughters = 'draw'"),
        ('trait = "cycle"', 'trait = "cycel"', "'cycel' is no trait of 'tumour'; allowed: cycle"),
        ('[[cells.clocks]]\nreaction = "division"', '[[cells.clocks]]\nreaction = "death"',
         "cells.clocks.0.reaction: 'death' is no division of one field of cells"),
        ('step = "1 hour"', 'crowding = "lattice"', "not with crowding = 'lattice' yet"),
    ],
)  # fmt: skip
def test_what_is_no_clock_is_refused(room, old, new, message):
    with pytest.raises(InputError, match=message):
        _ = Study.from_text(STUDY.replace(old, new), folder=room).prepared


def test_cells_of_a_published_run_die_as_its_rate_of_one_over_what_is_left():
    if not ALIVE.is_file():
        pytest.skip(f"{ALIVE.name} of luque2024_cart_abm is not there")
    with ALIVE.open() as file:
        rows = [(float(r["days"]), int(r["cart_alive"])) for r in csv.DictReader(file)]
    days, alive = np.array(rows[1:-1]).T
    # 1/(6 (10 days - t)) from 18 min on leaves (1 - t/10)^(1/6) of 991 cells.
    share = (1 - np.maximum(days - 0.0125, 0) / 10) ** (1 / 6)
    error = np.sqrt(991 * share * (1 - share))
    assert np.all(np.abs(alive - 991 * share) < 3 * error)
