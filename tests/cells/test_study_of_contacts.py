"""Studies with room, contacts and traits: whole cells, the seed alone, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

MODEL = """
title = "cells that divide by their antigen"
[species.cart]
role = "phenotype"
[species.spent]
role = "phenotype"
[species.tumour]
role = "resident"
[parameters]
birth_rate = { value = "0.8 1/day", source = "assumed", standing = "assumed" }
[reactions.division]
produces = { tumour = 1 }
rate = "birth_rate*tumour"
"""
STUDY = """
title = "contacts"
[tumour]
[geometry]
shape = "ball"
radius = "0.15 mm"
cells = 8
[kinetics]
models = ["divide.toml"]
[fields.cart]
as = "cells"
initial = "1e4 cells/mm^3"
speed = "5 um/min"
persistence_time = "10 min"
pause_time = "2 min"
radius = "5 um"
[fields.cart.traits.receptor]
law = "lognormal"
median = 50000
deviation = 0.5
[fields.spent]
as = "cells"
radius = "5 um"
[fields.tumour]
as = "cells"
initial = "4e4 cells/mm^3"
radius = "8 um"
most_touching = 10
[fields.tumour.traits.antigen]
law = "histogram"
edges = [0, 1000, 2000, 4000]
numbers = [10, 20, 5]
[cells]
step = "30 min"
mechanics_step = "0.5 min"
crowding = "spheres"
adhesion = "0.4 um/min"
[[cells.contacts]]
hunter = "cart"
target = "tumour"
reach = "16 um"
attach_rate = "0.2 1/min"
kill_time = "30 min"
kill_chance = 0.9
pause_time = "5 min"
law = "binding"
antigen = "antigen"
receptor = "receptor"
reference = 50000
half = 500
potency = 3
exhausted_after = 3
exhausted = "spent"
[[cells.effects]]
reaction = "division"
trait = "antigen"
threshold = 500
saturation = 3000
[time]
end = "2 hours"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("contacts")
    (found / "divide.toml").write_text(MODEL)
    return found


def test_contacts_in_a_study_are_counted_in_whole_cells(folder):
    trees = [
        Study.from_text(STUDY, folder=folder, settings={"cells.seed": seed}).run().tree
        for seed in (3, 3, 4)
    ]
    xr.testing.assert_identical(trees[0]["cells"].to_dataset(), trees[1]["cells"].to_dataset())
    cells = trees[0]["cells"].to_dataset()
    assert int(trees[2]["cells/killed"][-1, 0]) != int(cells["killed"][-1, 0])
    np.testing.assert_array_equal(trees[0]["balance/residual"], 0.0)
    kinds = cells["species_of_kind"].values[cells["kind"]]
    last = slice(int(cells["first_row"][-1]), None)
    attached, killed, let_go = (int(cells[n][-1, 0]) for n in ("attached", "killed", "let_go"))
    assert killed > 20
    # A cell of the tumour may die while others hold it: those are let go without a count.
    held = int(cells["holds_another"][last].sum())
    assert killed + let_go + held <= attached
    hunters = kinds[last] != "tumour"
    assert int(cells["contacts_made"][last][hunters].sum()) == attached
    turned = trees[0]["balance/converted"][-1].values
    assert turned.sum() == 0
    assert (kinds[last] == "spent").sum() == turned.max() > 0
    start = slice(0, int(cells["row_size"][0]))
    antigen = cells["trait_antigen"][start][kinds[start] == "tumour"]
    shares = np.histogram(antigen, [0, 1000, 2000, 4000])[0] / antigen.size
    np.testing.assert_allclose(shares, np.array([10, 20, 5]) / 35, atol=0.06)
    radius = np.sqrt(sum(cells[a] ** 2 for a in "xyz"))
    assert float(radius.max()) <= 0.15


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        (
            {"cells.contacts.0.target": "tumor"},
            r"contacts\.0\.target: 'tumor' is no field of cells",
        ),
        ({"cells.contacts.0.kill_rate": "1 1/day"}, r"kill_rate: has no effect beside kill_time"),
        ({"cells.contacts.0.antigen": "antigne"}, r"'antigne' is no trait of these cells"),
        ({"cells.contacts.0.threshold": 2}, r"threshold: has no effect with law = 'binding'"),
        (
            {"cells.contacts.0.second.antigen": "antigen", "cells.contacts.0.second.gate": "both"},
            r"contacts\.0\.second: only beside another antigen",
        ),
        (
            {"cells.contacts.0.second": {"antigen": "antigne", "gate": "both"}},
            r"second: key 'half' is missing, which goes with law = 'binding'",
        ),
        (
            {"cells.contacts.0.second": {"antigen": "other", "gate": "both", "threshold": 1}},
            r"second\.threshold: has no effect with law = 'binding'",
        ),
        (
            {"cells.contacts.0.second": {"antigen": "b", "gate": "both", "half": 1, "potency": 1}},
            r"second\.antigen: 'b' is no trait of these cells",
        ),
        ({"cells.contacts.0.full_reach": "20 um"}, r"full_reach: must be below reach"),
        ({"cells.contacts.0.kill_chance": 2}, r"kill_chance: 2; allowed: 0 to 1"),
        ({"cells.effects.0.reaction": "divison"}, r"'divison' is no reaction.*'division'"),
        ({"cells.effects.0.saturation": 400}, r"saturation: 400 must be above the threshold"),
        ({"cells.crowding": "none"}, r"radius: only with cells\.crowding = 'spheres'"),
        ({"cells.adhesion_reach": 0.5}, r"adhesion_reach: 0\.5; allowed: 1 or more"),
        ({"fields.tumour.traits.antigen.mean": 3}, r"mean: has no effect with law = 'histogram'"),
        ({"fields.tumour.traits.antigen.numbers": [1]}, r"edges: must rise from 0"),
        ({"fields.cart.bias": 0.5}, r"fields\.cart\.bias: needs chemotaxis"),
        ({"geometry": {"shape": "slab", "length": "1 mm", "cells": 9}}, r"have no place along"),
        (
            {"fields.cart.boundaries.rim": {"type": "flux", "flux": "1 cell/mm^2/day"}},
            r"fields\.cart\.boundaries\.rim: with a speed only a fixed_value of 0",
        ),
        ({"cells.per_site": 2}, r"cells\.per_site: only with crowding = 'lattice'"),
    ],
)
def test_what_has_no_effect_is_refused_by_name(folder, changes, match):
    with pytest.raises(InputError, match=match):
        Study.from_text(STUDY, folder=folder, settings=changes).run()


def test_on_a_lattice_the_room_is_the_capacity(folder):
    text = """
title = "lattice"
[tumour]
[geometry]
shape = "box"
lengths = ["0.1 mm", "0.1 mm"]
cells = [5, 5]
[kinetics]
models = ["divide.toml"]
[fields.cart]
as = "cells"
[fields.spent]
as = "cells"
[fields.tumour]
as = "cells"
initial = "1000 cells/mm^3"
diffusivity = "1e-3 mm^2/day"
[cells]
crowding = "lattice"
per_site = 3
step = "1 hour"
[time]
end = "12 days"
"""
    tree = Study.from_text(text, folder=folder).run().tree
    number = (tree["tumour/tumour"] * tree["tumour/cell_volume"]).sum(("y", "x")).values
    assert number[0] == pytest.approx(10)
    assert number[-1] == pytest.approx(75)


def test_the_study_of_a_published_model_says_its_rules():
    path = Path(__file__).parents[2] / "examples/luque2024/luque2024.toml"
    run = Study.from_file(path).prepared
    (contact,) = run.asked.contacts
    assert contact.exclusive
    assert contact.reach == pytest.approx(0.018)
    assert contact.strength.saturation == 2.0
    (effect,) = run.asked.effects
    assert effect.reaction == "division"
    assert run.asked.walking[0].bias == 0.5
