"""Few here, many there: cells below a threshold and a density above it, in whole studies."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from cells.linear import ends
from studies import DOSE, in_tumour, study

from cartflow.cells.hybrid.thresholds import Threshold
from cartflow.core.outcome import InputError
from cartflow.study.study import Study

MODEL = """
title = "cells that divide and die"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
[species.oxygen]
role = "solute"
unit = "ng/mm^3"
[species.dead]
role = "resident"
[parameters]
division = { value = "0.5 1/day", source = "assumed", standing = "assumed" }
death = { value = "0.4 1/day", source = "assumed", standing = "assumed" }
secretion = { value = "0.1 ng/cell/day", source = "assumed", standing = "assumed" }
[reactions.division]
produces = { tumour = 1 }
rate = "division*tumour"
[reactions.death]
consumes = { tumour = 1 }
produces = { dead = 1 }
rate = "death*tumour"
[reactions.secretion]
produces = { oxygen = 1 }
rate = "secretion*tumour"
"""
TEXT = """
title = "few here, many there"
[tumour]
[geometry]
shape = "slab"
length = "1 mm"
cells = 20
layers = { full = ["0 mm", "0.5 mm"] }
[kinetics]
models = ["model.toml"]
[fields.cart]
as = "cells"
[fields.tumour]
as = "cells_below"
threshold = "20 cells"
initial = { all = "0 cells/mm^3", full = "1000 cells/mm^3" }
diffusivity = "5 um^2/min"
[fields.dead]
as = "cells_below"
threshold = "20 cells"
[time]
end = "2 days"
every = "1 day"
"""
TUMOUR, DEAD = 1, 3  # among the species


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("below")
    (found / "model.toml").write_text(MODEL)
    return found


def prepared(folder, **settings):
    keys = {key.replace("__", "."): value for key, value in settings.items()}
    return Study.from_text(TEXT, settings=keys, folder=folder).prepared


def counts(run, seeds):
    """Return the numbers of cells (seeds, species, mesh cells) at the end."""
    return np.array([state.tumour * run.coupled.volumes for state in ends(run, seeds)])


def by_density(folder, text=TEXT):
    for key in ('as = "cells_below"', 'threshold = "20 cells"', 'as = "cells"'):
        text = text.replace(key, "")
    return Study.from_text(text, folder=folder).run(time_check=False).tree


@pytest.mark.parametrize("seeds", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_the_mean_is_that_of_the_density_across_the_border(folder, seeds):
    tree, every = by_density(folder), counts(prepared(folder, cells__step="1 hour"), seeds)
    for name, row in (("tumour", TUMOUR), ("dead", DEAD)):
        expected = (tree[f"tumour/{name}"][-1] * tree["tumour/cell_volume"]).values
        found = every[:, row]
        error = found.std(axis=0, ddof=1) / np.sqrt(seeds)
        # Beside what chance leaves there is what the splitting in steps does, of first order.
        gap, usual = np.abs(found.mean(axis=0) - expected), expected > 2
        assert (gap < 4 * error + 1e-3 * expected)[usual].all()
        whole = found.sum(axis=1)
        assert abs(whole.mean() - expected.sum()) < 4 * whole.std() / np.sqrt(seeds) + 1e-3 * 500


def half_and_half(folder, every=False):
    """Return a run at rest: a density to the left, single cells to the right, or everywhere."""
    run = prepared(
        folder,
        fields__tumour__initial="1000 cells/mm^3",
        kinetics__parameters__division="0 1/day",
        kinetics__parameters__death="0 1/day",
        cells__step="2 hours",
    )
    size = run.coupled.volumes.size
    cells = np.where(np.arange(size) < size // 2 * (not every), 1e-3, 1e9)
    threshold = Threshold(cells=cells, group=np.arange(size))
    return replace(run, asked=replace(run.asked, thresholds=(None, threshold, threshold)))


def test_at_rest_nothing_drifts_over_the_border(folder):
    seeds = 60
    found = counts(half_and_half(folder), seeds)[:, TUMOUR]
    np.testing.assert_allclose(found.sum(axis=1), 1000.0, rtol=1e-12)
    left = found[:, :10].sum(axis=1)
    assert abs(left.mean() - 500.0) < 4 * left.std(ddof=1) / np.sqrt(seeds)
    # Beside the border, too, each mesh cell holds its fifty.
    for place in (8, 9, 10, 11):
        here = found[:, place]
        assert abs(here.mean() - 50.0) < 4.5 * here.std(ddof=1) / np.sqrt(seeds)


def test_the_variance_is_that_of_single_cells_where_cells_are_single(folder):
    seeds = 60
    ours, every = (
        counts(half_and_half(folder, each), seeds)[:, TUMOUR, 12:] for each in (False, True)
    )
    # All cells start anywhere; after two days each mesh cell has a Poisson number, nearly.
    few, all_single = ours.var(axis=0, ddof=1).mean(), every.var(axis=0, ddof=1).mean()
    error = all_single * np.sqrt(2 / (8 * seeds))
    assert abs(all_single - 50.0 * 0.95) < 5 * error
    assert abs(few - all_single) < 5 * np.sqrt(2) * error


@pytest.mark.parametrize("threshold", ["5 cells", "40 cells", "1e6 cells"])
def test_extinction_is_that_of_the_closed_form(folder, threshold):
    run = prepared(
        folder,
        fields__tumour__threshold=threshold,
        fields__tumour__initial="200 cells/mm^3",
        kinetics__parameters__division="0.3 1/day",
        kinetics__parameters__death="1.3 1/day",
        geometry__layers={},
        time__end="5 days",
        # Rates do not change, so that births and deaths are exact however long the step.
        cells__step="6 hours",
    )
    seeds = 100
    lost = (counts(run, seeds)[:, TUMOUR].sum(axis=1) == 0.0).mean()
    grown = np.exp(-5.0)
    chance = (1.3 * (grown - 1) / (0.3 * grown - 1.3)) ** 200
    assert 0.2 < chance < 0.8
    assert abs(lost - chance) < 4 * np.sqrt(chance * (1 - chance) / seeds)


def random_study(random):
    return {
        "fields.tumour.threshold": f"{random.choice([1, 3, 10, 40])} cells",
        "fields.dead.threshold": f"{random.choice([1, 5])} cells",
        "fields.tumour.threshold_per": str(random.choice(["mesh_cell", "tumour", "0.2 mm"])),
        "fields.tumour.diffusivity": f"{random.choice([0.5, 5, 50])} um^2/min",
        "fields.tumour.initial": {
            "all": f"{random.choice([0, 37])} cells/mm^3",
            "full": f"{random.uniform(10, 900)} cells/mm^3",
        },
        "fields.tumour.regions": {
            "full": {"supply": f"{random.uniform(0, 40)} cells/mm^3/day", "removal": "0.2 1/day"}
        },
        "kinetics.parameters.death": f"{random.uniform(0, 3)} 1/day",
        "cells.seed": int(random.integers(1000)),
        "cells.step": f"{random.choice([20, 60])} min",
    }


def test_no_cell_is_lost_or_made_by_switching(folder):
    for number in range(12):
        settings = random_study(np.random.default_rng(number))
        tree = Study.from_text(TEXT, settings=settings, folder=folder).run().tree
        cells = tree["cells"].to_dataset()
        np.testing.assert_array_equal(cells["residual_of_single_cells"], 0.0)
        for name in ("single_cells", "cells_drawn"):
            np.testing.assert_array_equal(cells[name], np.rint(cells[name]))
        turned = cells["cells_as_density"] + cells["cells_drawn"] + cells["cells_merged"] + 1.0
        assert float(np.abs(cells["residual_of_densities"] / turned).max()) < 1e-11
        for kind, name in ((1, "tumour"), (2, "dead")):
            there = (cells["single_cells"] + cells["cells_as_density"])[:, kind].values
            np.testing.assert_allclose(tree[f"tumour/amount_{name}"], there, rtol=1e-12)


def test_what_others_make_of_cells_sees_both(folder):
    tree = prepared_tree(folder)
    made = tree["tumour/oxygen"][-1] * tree["tumour/cell_volume"]
    days = np.trapezoid(tree["tumour/amount_tumour"], tree["time"])
    assert float(made.sum()) == pytest.approx(0.1 * days, rel=0.01)


def prepared_tree(folder):
    settings = {"time.every": "0.1 day"}
    return Study.from_text(TEXT, settings=settings, folder=folder).run().tree


def test_with_a_threshold_of_the_whole_tumour_all_switch_at_once(folder):
    settings = {
        "fields.tumour.threshold": "100 cells",
        "fields.tumour.threshold_per": "tumour",
        "kinetics.parameters.death": "3 1/day",
        "time.every": "0.25 day",
    }
    cells = Study.from_text(TEXT, settings=settings, folder=folder).run().tree["cells"]
    single, dense = (cells[n].values[:, 1] for n in ("single_cells", "cells_as_density"))
    assert (dense[0], single[0]) == (500.0, 0.0)
    assert ((single == 0.0) | (dense == 0.0)).all()
    assert single.any()
    assert (single + dense)[single > 0].max() < 200


def test_the_seed_alone_decides(folder):
    trees = [
        Study.from_text(TEXT, settings={"cells.seed": s}, folder=folder).run().tree
        for s in (3, 3, 4)
    ]
    for group in ("cells", "tumour"):
        xr.testing.assert_identical(trees[0][group].to_dataset(), trees[1][group].to_dataset())
    assert not np.array_equal(trees[0]["tumour/tumour"], trees[2]["tumour/tumour"])


FIELDS = """
[fields.cart]
as = "cells"
diffusivity = "2 um^2/min"
[fields.tumour]
as = "cells_below"
threshold = "60 cells"
initial = "500 cells/mm^3"
diffusivity = "0.2 um^2/min"
[cells]
net_rates = "apart"
step = "1 hour"
"""


def test_beside_cells_from_a_body_the_balance_is_exactly_0():
    inside = in_tumour('shape = "ball"\nradius = "2 mm"\ncells = 8', fields=FIELDS)
    tree = Study.from_text(study(inside, time='end = "2 days"\nevery = "1 day"')).run().tree
    np.testing.assert_array_equal(tree["balance/residual"], 0.0)
    assert float(tree["exchange/cumulative_inflow"][-1].sum()) > 0
    cells = tree["cells"].to_dataset()
    np.testing.assert_array_equal(cells["residual_of_single_cells"], 0.0)
    assert float(np.abs(cells["residual_of_densities"]).max()) < 1e-8
    # The inmost mesh cells hold few, the outer ones many.
    assert float(cells["single_cells"][0, 1]) > 0
    assert float(cells["cells_as_density"][0, 1]) > 1000


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"fields.tumour.threshold": "0.5 cells"}, r"threshold: 0\.5 cells; allowed: 1 or more"),
        ({"fields.tumour.threshold": "20 um"}, r"fields\.tumour\.threshold"),
        (
            {"fields.tumour.threshold_per": "voxel"},
            r"fields\.tumour\.threshold_per: 'voxel'; allowed: mesh_cell, tumour, or a length",
        ),
        ({"fields.tumour.threshold_per": "0 mm"}, r"threshold_per: '0 mm' must be above 0"),
        ({"fields.tumour.as": "cells"}, r"fields\.tumour\.threshold: only with as = 'cells_below'"),
        ({"fields.dead.as": "field"}, r"fields\.dead\.threshold: only with as = 'cells_below'"),
        ({"fields.cart.as": "cells_below"}, r"fields\.cart: key 'threshold' is missing"),
        (
            {"fields.cart": {}},
            r"fields\.cart\.as: with fields as cells all product cells must be 'cells' or 'cells_b",
        ),
        ({"fields.tumour.speed": "1 um/min"}, r"fields\.tumour\.speed: only with as = 'cells'"),
        (
            {"fields.tumour.traits.a": {"law": "constant", "value": 1}},
            r"fields\.tumour\.traits: only with as = 'cells'",
        ),
        ({"cells.kernel_width": "0.1 mm"}, r"cells\.kernel_width: is not there with as"),
        (
            {"fields.dead": {"as": "cells"}},
            r"fields\.dead\.as: a reaction makes 'dead', single cells, of 'tumour', which may be",
        ),
        (
            {"fields.dead": {}},
            r"reactions\.death: it changes single cells and the field 'dead' at once",
        ),
    ],
)
def test_mistakes_are_said_in_a_line(folder, changes, match):
    settings = {"cells.step": "1 hour", **changes}
    with pytest.raises(InputError, match=match) as error:
        Study.from_text(TEXT, settings=settings, folder=folder).run()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("cells", "match"),
    [
        ('crowding = "lattice"', r"cells\.crowding: is not there with as = 'cells_below' yet"),
        (
            '[[cells.contacts]]\nhunter = "cart"\ntarget = "tumour"\nreach = "15 um"\n'
            'attach_rate = "0.02 1/min"\nkill_time = "45 min"',
            r"cells\.contacts: of 'tumour' is not there with as = 'cells_below' yet",
        ),
    ],
)
def test_room_and_contacts_are_refused(cells, match):
    fields = FIELDS.replace('step = "1 hour"', f'step = "1 hour"\n{cells}')
    block = 'shape = "box"\nlengths = ["1 mm", "1 mm", "1 mm"]\ncells = [4, 4, 4]'
    inside = in_tumour(block, fields=fields)
    with pytest.raises(InputError, match=match):
        Study.from_text(study(inside, doses=DOSE, time='end = "1 day"')).run()


def test_what_would_run_is_said(folder):
    said = Study.from_text(TEXT, folder=folder).describe()
    assert "single cells below 20 cells a mesh cell, starts at" in said
