"""Cells smaller than their kind: after a division, and when they were killed but remain."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.cells.asked import Asked, Body, Walking
from cartflow.cells.births.clocks import Clock, struck
from cartflow.cells.crowding.bins import bins_of
from cartflow.cells.crowding.spheres import Spheres, pushed
from cartflow.cells.population import Population
from cartflow.cells.run.sizes import grown, shares_of_radius, still_there
from cartflow.cells.traits.laws import Normal, Trait
from cartflow.core.outcome import InputError
from cartflow.study.study import Study

FREE = np.array([True, True, True])
BODY = Body(radius=0.008, growth=2.0, remains=0.5, remains_volume=0.729)
ASKED = Asked(kinds=("tumour",), walking=(Walking(),), bodies=(BODY,), missing=1)


def test_both_of_a_division_have_half_their_volume_and_grow_back():
    law = Normal(mean=1.0, deviation=0.0)
    trait = Trait(name="cycle", kind=0, column=0, law=law, inherited=False)
    cells = Population.fresh(3, 2)
    cells.traits[:, 0] = [0.1, 5.0, 5.0]
    cells, number = struck(cells, Clock(reaction="d", trait=trait), np.ones(3), 1, 0.2, 1, 10, 1)
    assert number == 1
    np.testing.assert_array_equal(cells.traits[:, 1], [0.5, 0.0, 0.0, 0.5])
    for _ in range(10):
        cells = grown(cells, ASKED, 0.05)
    share = shares_of_radius(cells, 0, ASKED)
    expected = np.cbrt(1.0 - 0.5 * np.exp(-2.0 * 0.5))
    np.testing.assert_allclose(share, [expected, 1.0, 1.0, expected], rtol=1e-6)


def test_small_spheres_push_where_their_own_radii_touch():
    spheres = Spheres(radius=np.array([0.008]), repulsion=np.array([14.4]),
                      adhesion=np.array([1.0]), reach=1.25)  # fmt: skip
    position = np.array([[0.0, 0.0, 0.0], [0.011, 0.0, 0.0]])
    kind, name = np.zeros(2, np.int8), np.arange(2, dtype=np.uint64)
    bins = bins_of(position, spheres.farthest, FREE)
    for share in ([1.0, 1.0], [0.9, 0.7], [0.5, 0.5], [0.3, 0.3]):
        velocity, touching = pushed(
            position, kind, name, spheres, bins, FREE, 1, 1, np.array(share)
        )
        reach = 0.008 * sum(share)
        away = 14.4 * max(1 - 0.011 / reach, 0) ** 2 - max(1 - 0.011 / (1.25 * reach), 0) ** 2
        np.testing.assert_allclose(velocity[:, 0], [-away, away], rtol=1e-12, atol=1e-15)
        assert touching[0] == (reach > 0.011)


def test_the_killed_remain_for_their_time_and_are_smaller():
    cells = Population.fresh(4, 2)
    cells.traits[2, 1] = 0.5
    dead = np.array([False, True, True, False])
    remains = still_there(Population.none(2), cells, dead, ASKED.stay, 0.1)
    np.testing.assert_array_equal(remains.name, [1, 2])
    np.testing.assert_allclose(
        shares_of_radius(remains, 2, ASKED), [0.9, 0.9 * np.cbrt(0.5)], rtol=1e-6
    )
    nobody = np.zeros(4, dtype=bool)
    for number in (2, 2, 2, 2, 0):
        remains = still_there(remains, cells, nobody, ASKED.stay, 0.11)
        assert remains.size == number


MODEL = """
title = "cells that rest"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
[parameters]
rate = { value = "1 1/day", source = "assumed", standing = "assumed" }
[reactions.division]
produces = { tumour = 1 }
rate = "rate*tumour"
"""
STUDY = """
title = "killed"
[tumour]
[geometry]
shape = "box"
lengths = ["0.3 mm", "0.3 mm", "0.3 mm"]
cells = [6, 6, 6]
[kinetics]
models = ["one.toml"]
[fields.cart]
as = "cells"
start = { number = 300 }
diffusivity = "20 um^2/min"
[fields.tumour]
as = "cells"
radius = "8 um"
start = { number = 1500 }
growth_rate = "0.1 1/h"
remains_time = "6 h"
remains_volume = 0.8
[cells]
crowding = "spheres"
step = "30 min"
mechanics_step = "5 min"
[[cells.contacts]]
hunter = "cart"
target = "tumour"
reach = "20 um"
attach_rate = "0.01 1/min"
kill_time = "20 min"
[time]
end = "1 day"
every = "3 h"
"""


@pytest.fixture
def room(tmp_path):
    (tmp_path / "one.toml").write_text(MODEL)
    return tmp_path


def test_those_that_remain_are_those_killed_of_late(room):
    tree = Study.from_text(STUDY, folder=room).run().tree
    killed, remains = tree["cells/killed"].values[:, 0], tree["cells/remains"].values[:, 1]
    assert killed[-1] > 200
    # Six hours are two saved times.
    np.testing.assert_array_equal(remains[2:], killed[2:] - killed[:-2])
    np.testing.assert_array_equal(tree["cells/remains"].values[:, 0], 0)
    assert float(abs(tree["balance/residual"]).max()) == 0.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("remains_volume = 0.8", "remains_volume = 1.2", "remains_volume: 1.2; allowed: above 0"),
        ('remains_time = "6 h"\n', "", "remains_volume: only with remains_time"),
        ('target = "tumour"', 'target = "cart"', "remains_time: only for the target of a contact"),
        ('radius = "8 um"\n', 'traits.a = { law = "constant", value = 1 }\n',
         "growth_rate: only with a radius"),
        ('kill_time = "20 min"', 'kill_time = "20 min"\npull_rate = "1 1/day"',
         "pull_rate: only with cubes"),
    ],
)  # fmt: skip
def test_sizes_without_an_effect_are_refused(room, old, new, message):
    text = STUDY.replace(old, new)
    if "growth_rate" in message:
        text = text.replace("start = { number = 300 }", 'start = { number = 300 }\nradius = "5 um"')
    with pytest.raises(InputError, match=message):
        _ = Study.from_text(text, folder=room).prepared


def test_columns_that_are_no_traits_come_after_them():
    trait = Trait(name="cycle", kind=0, column=0, law=Normal(mean=1.0, deviation=0.0))
    clock = Clock(reaction="d", trait=trait, waited=2)
    assert replace(ASKED, traits=(trait,), clocks=(clock,)).columns == 3
