"""What rates see of cells: numbers or volumes, and those that died and are still there."""

import math

import numpy as np
import pytest

from cartflow.cells.asked import Asked, Body, Walking
from cartflow.cells.population import Population
from cartflow.cells.run.presence import present
from cartflow.core.outcome import InputError
from cartflow.study.study import Study

BODIES = (Body(radius=0.004), Body(radius=0.008, remains_volume=0.5, remains_activity=0.25))
ASKED = Asked(kinds=("cart", "tumour"), walking=(Walking(),) * 2, bodies=BODIES, missing=0)


def some(kinds, places, missing):
    cells = Population.fresh(len(kinds), 1)
    cells.kind[:], cells.place[:], cells.traits[:, 0] = kinds, places, missing
    return cells


def test_cells_count_by_number_or_by_volume_and_the_dead_as_far_as_they_are_active():
    cells = some([0, 1, 1, 1], [2, 0, 2, 2], [0.0, 0.5, 0.25, 0.0])
    remains = some([0, 1, 1], [1, 0, 2], [0.0, 0.5, 0.0])
    found = present(cells, remains, ASKED, 3)
    np.testing.assert_allclose(found, [[0, 0, 1], [1 + 0.25, 0, 2 + 0.25]])
    by_volume = Asked(**{**vars(ASKED), "by_volume": True})
    found = present(cells, remains, by_volume, 3)
    tumour = [0.5 + 0.25 * 0.5 * 0.5, 0, 0.75 + 1 + 0.25 * 0.5]
    np.testing.assert_allclose(found, [[0, 0, 1], tumour])


MODEL = """
title = "cells that die and take up"
[species.tumour]
role = "resident"
[species.oxygen]
role = "solute"
unit = "ng/mm^3"
[parameters]
death_rate = { value = "1 1/day", source = "assumed", standing = "assumed" }
birth_rate = { value = "0 1/day", source = "assumed", standing = "assumed" }
uptake = { value = "1e-4 mm^3/cell/day", source = "assumed", standing = "assumed" }
[reactions.death]
consumes = { tumour = 1 }
rate = "death_rate*tumour"
[reactions.birth]
produces = { tumour = 1 }
rate = "birth_rate*tumour"
[reactions.uptake]
consumes = { oxygen = 1 }
rate = "uptake*tumour*oxygen"
"""
STUDY = """
title = "what remains"
[tumour]
[geometry]
shape = "box"
lengths = ["0.3 mm", "0.3 mm", "0.3 mm"]
cells = [3, 3, 3]
[kinetics]
models = ["one.toml"]
[fields.oxygen]
initial = "38 ng/mm^3"
diffusivity = "10 mm^2/day"
[fields.tumour]
as = "cells"
radius = "1 um"
start = { number = 800 }
growth_rate = "0.1 1/h"
remains_time = "6 h"
remains_volume = 0.8
remains_activity = 0.5
[cells]
crowding = "spheres"
repulsion = "0 um/min"
step = "15 min"
mechanics_step = "15 min"
[time]
end = "1 day"
every = "3 h"
"""


@pytest.fixture
def room(tmp_path):
    (tmp_path / "one.toml").write_text(MODEL)
    return tmp_path


def ran(room, *settings, text=STUDY):
    pairs = dict(setting.split(" = ", 1) for setting in settings)
    return Study.from_text(text, folder=room, settings=pairs).run().tree


def test_who_dies_by_a_reaction_remains_for_its_time(room):
    tree = ran(room)
    living = tree["cells/row_size"].values
    assert 200 < living[-1] < 400
    # Six hours are two saved times.
    np.testing.assert_array_equal(tree["cells/remains"].values[2:, 0], living[:-2] - living[2:])


def test_who_leaves_does_not_remain(room):
    text = STUDY.replace("start = {", 'regions.all.removal = "10 1/day"\nstart = {')
    tree = ran(room, "kinetics.parameters.death_rate = 1e-9 1/day", text=text)
    assert tree["cells/row_size"].values[-1] < 10
    assert not tree["cells/remains"].values.any()


@pytest.mark.parametrize(("see", "share"), [("numbers", 0.5), ("volumes", 0.5 * 0.8)])
def test_the_dead_take_up_by_their_activity_and_volume(room, see, share):
    # All die in the first step, before it takes up anything, and remain to the end.
    settings = [f"cells.rates_see = {see}", "kinetics.parameters.death_rate = 1e6 1/day"]
    tree = ran(room, *settings, "fields.tumour.remains_time = 2 day")
    assert tree["cells/row_size"].values[1] == 0
    left = 38.0 * math.exp(-1e-4 * 800 / 0.3**3 * share)
    oxygen = tree["tumour/oxygen"].values[-1]
    np.testing.assert_allclose(oxygen.mean(), left, rtol=2e-3)


def test_chances_of_a_cell_are_its_own_whatever_rates_see(room):
    settings = ["kinetics.parameters.birth_rate = 3 1/day", "time.end = 12 h"]
    numbers = ran(room, *settings)["cells/row_size"].values
    assert numbers[-1] > 1200
    volumes = ran(room, *settings, "cells.rates_see = volumes")["cells/row_size"].values
    np.testing.assert_array_equal(volumes, numbers)


def test_the_newborn_take_up_by_their_volume(room):
    # Without regrowth of note a cell lacks half of its volume from its first division on. At a
    # birth rate b those of n exp(b t) cells that never divided are n exp(-b t).
    settings = [
        "kinetics.parameters.death_rate = 1e-9 1/day",
        "kinetics.parameters.birth_rate = 1 1/day",
        "fields.tumour.growth_rate = 1e-9 1/day",
        "fields.tumour.start.number = 8000",
        "cells.step = 5 min",
    ]
    by_number = ran(room, *settings)["tumour/oxygen"].values[-1].mean()
    by_volume = ran(room, *settings, "cells.rates_see = volumes")["tumour/oxygen"].values[-1].mean()
    begun, birth = 1e-4 * 8000 / 0.3**3, 1.0
    whole = begun * (math.exp(birth) - 1.0) / birth
    lacking = 0.5 * begun * ((math.exp(birth) - 1.0) / birth - (1.0 - math.exp(-birth)) / birth)
    np.testing.assert_allclose(-math.log(by_number / 38.0), whole, rtol=0.02)
    np.testing.assert_allclose(-math.log(by_volume / 38.0), whole - lacking, rtol=0.02)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("remains_activity = 0.5", "remains_activity = 2", "remains_activity: 2; allowed: above 0"),
        ('remains_time = "6 h"\nremains_volume = 0.8\n', "", "activity: only with remains_time"),
        ('growth_rate = "0.1 1/h"\nremains_time = "6 h"\nremains_volume = 0.8\n'
         'remains_activity = 0.5', '', "rates_see: 'volumes' only with a growth_rate"),
    ],
)  # fmt: skip
def test_presence_without_an_effect_is_refused(room, old, new, message):
    text = STUDY.replace(old, new).replace('step = "15', 'rates_see = "volumes"\nstep = "15', 1)
    with pytest.raises(InputError, match=message):
        _ = Study.from_text(text, folder=room).prepared
