"""Studies with fields as cells: the equation is their limit, and no cell is ever lost."""

import numpy as np
import pytest
import xarray as xr
from studies import DOSE, in_tumour, study

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

DRAWN = """
title = "cells that die, secrete, and are drawn"
[species.cart]
role = "phenotype"
[species.chemokine]
role = "solute"
unit = "ng/mm^3"
[species.cytokine]
role = "solute"
unit = "ng/mm^3"
[parameters]
death_rate = { value = "0.5 1/day", source = "assumed", standing = "assumed" }
secretion = { value = "0.1 ng/cell/day", source = "assumed", standing = "assumed" }
[reactions.death]
consumes = { cart = 1 }
rate = "death_rate*cart"
[reactions.secretion]
produces = { cytokine = 1 }
rate = "secretion*cart"
"""
SHAPES = {
    "slab": (
        'shape = "slab"\nlength = "1 mm"\ncells = 40\nlayers = { fed = ["0 mm", "0.5 mm"] }',
        "fed",
        1.0,
        0.1,
    ),
    "ball": (
        'shape = "ball"\nradius = "0.5 mm"\ncells = 20\nlayers = { fed = ["0 mm", "0.25 mm"] }',
        "fed",
        np.pi / 6,
        0.02,
    ),
    "ellipsoid": (
        'shape = "ellipsoid"\nsemi_axes = ["0.5 mm", "0.5 mm", "0.5 mm"]\nspacing = "0.1 mm"',
        "core",
        np.pi / 6,
        0.02,
    ),
}
WALK = 'speed = "4 um/min"\npersistence_time = "2 min"'  # 32/3 um2/min


def drawn(folder, shape, number, *, cells, walk=False):
    """Return a study of cells that diffuse, drift, die, come and go, without a body."""
    geometry, region, volume, sensitivity = SHAPES[shape]
    if shape == "slab" and not cells:
        # In the tail of the front the mesh error of 40 cells is more than 200 000 cells scatter.
        geometry = geometry.replace("cells = 40", "cells = 160")
    (folder / "drawn.toml").write_text(DRAWN)
    diffusivity = f'diffusivity = "{32 / 3 if walk else 5} um^2/min"'
    density = f"{number / volume} cells/mm^3"
    text = f"""
title = "the limit"
[tumour]
[geometry]
{geometry}
[kinetics]
models = ["drawn.toml"]
[fields.cart]
initial = {{ all = "0 cells/mm^3", {region} = "{density}" }}
{'as = "cells"' if cells else ""}
{WALK if cells and walk else diffusivity}
[fields.cart.chemotaxis]
attractant = "chemokine"
law = "linear"
sensitivity = "{sensitivity} mm^5/ng/day"
[fields.cart.regions.{region}]
supply = "{density}/day"
removal = "0.3 1/day"
[time]
end = "1 day"
every = "0.5 day"
"""
    found = Study.from_text(text, folder=folder)
    centres = found.geometry.centres
    middle = 0 if shape != "ellipsoid" else centres.mean(axis=0)
    along = centres[:, 0] if shape == "slab" else 2 * np.linalg.norm(centres - middle, axis=1)
    return found.with_field("chemokine", initial=2 + np.cos(np.pi * along))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("limit")


@pytest.mark.parametrize(
    ("shape", "number", "walk"),
    [
        ("slab", 3000, False),
        ("slab", 30_000, True),
        ("ball", 30_000, False),
        ("ellipsoid", 30_000, False),
        pytest.param("slab", 200_000, False, marks=pytest.mark.slow),
        pytest.param("ball", 200_000, True, marks=pytest.mark.slow),
        pytest.param("ellipsoid", 200_000, True, marks=pytest.mark.slow),
    ],
)
def test_the_limit_is_the_equation(folder, shape, number, walk):
    field = drawn(folder, shape, 1.0, cells=False, walk=walk).run(time_check=False).tree
    cells = drawn(folder, shape, number, cells=True, walk=walk).run().tree
    found, expected = (
        (t["tumour/cart"] * t["tumour/cell_volume"]).values[-1] for t in (cells, field)
    )
    if shape == "slab":
        expected = expected.reshape(-1, 4).sum(axis=1)
    inside = np.isfinite(expected)
    found, expected = found[inside], number * expected[inside]
    # Cells that come and go one by one are as many as Poisson says: falling as 1/sqrt(number).
    usual = expected > 5
    chi = ((found - expected) ** 2 / expected)[usual].mean()
    assert chi < 1 + 4 * np.sqrt(2 / usual.sum())
    assert abs(found.sum() - expected.sum()) < 4 * np.sqrt(expected.sum())
    assert float(np.abs(cells["balance/residual"]).max()) == 0.0


def test_what_cells_secrete_is_where_they_are(folder):
    (folder / "drawn.toml").write_text(DRAWN)
    text = """
title = "cells that stay"
[tumour]
[geometry]
shape = "slab"
length = "1 mm"
cells = 10
[kinetics]
models = ["drawn.toml"]
parameters = { death_rate = "0 1/day" }
[fields.cart]
as = "cells"
initial = "500 cells/mm^3"
[cells]
step = "1 hour"
[time]
end = "1 day"
every = "0.5 day"
"""
    tree = Study.from_text(text, folder=folder).run().tree
    number = float(tree["balance/in_tumour"][-1].sum())
    assert float(tree["tumour/amount_cytokine"][-1]) == pytest.approx(0.1 * number, rel=1e-9)
    there, made = tree["tumour/cart"][-1].values, tree["tumour/cytokine"][-1].values
    np.testing.assert_allclose(made, 0.1 * there, rtol=1e-9)


CELLS = """
[fields.cart]
as = "cells"
diffusivity = "2 um^2/min"
[fields.tumour]
as = "cells"
initial = "500 cells/mm^3"
[cells]
net_rates = "apart"
step = "1 hour"
"""
BALL = 'shape = "ball"\nradius = "2 mm"\ncells = 8'
MORE = f"""{DOSE}
[[doses]]
cells = "500 cells"
route = "intratumoural"
time = "6 hours"
duration = "5 hours"
[[doses]]
cells = "3001 cells"
time = "6 hours"
duration = "3 hours"
"""


def with_body(fields=CELLS, doses=MORE):
    inside = in_tumour(BALL, fields=fields)
    return study(inside, doses=doses, time='end = "2 days"\nevery = "1 day"')


@pytest.fixture(scope="module")
def in_body():
    return Study.from_text(with_body()).run()


def test_the_balance_is_exactly_0_in_whole_cells(in_body):
    balance = in_body.tree["balance"].to_dataset()
    for name in ("infused", "in_body", "in_tumour", "born", "died", "removed"):
        np.testing.assert_array_equal(balance[name], np.rint(balance[name]))
    np.testing.assert_array_equal(balance["residual"], 0.0)
    assert float(balance["infused"][-1].sum()) == 1_003_501
    assert float(in_body.tree["exchange/cumulative_inflow"][-1].sum()) > 0


def test_the_body_is_that_of_the_equations(in_body):
    fields = CELLS.split("[cells]", maxsplit=1)[0].replace('as = "cells"', "")
    field = Study.from_text(with_body(fields)).run(time_check=False).tree
    found, expected = (
        t["body/compartment_cells"][-1].sum("phenotype").values for t in (in_body.tree, field)
    )
    usual = expected > 20
    # Each cell is in one place by chance, so that each number is as Poisson's, or nearly.
    assert np.abs((found - expected)[usual] / np.sqrt(expected[usual])).max() < 4.5


def test_a_result_has_its_cells_and_is_read_again(in_body, tmp_path):
    in_body.write(tmp_path / "cells.nc")
    with xr.open_datatree(tmp_path / "cells.nc") as tree:
        cells = tree["cells"].to_dataset()
        first, size = (int(cells[n][-1]) for n in ("first_row", "row_size"))
        rows = slice(first, first + size)
        kinds = cells["kind"][rows].values
        for number, name in enumerate(cells["species_of_kind"].values):
            amount = float(tree[f"tumour/amount_{name}"][-1])
            assert (kinds == number).sum() == pytest.approx(amount, abs=1e-6)
        radius = np.sqrt(sum(cells[axis][rows] ** 2 for axis in "xyz"))
        assert float(radius.max()) <= 2.0
        assert (cells["observed_time"][rows] == 2.0).all()


def test_the_seed_alone_decides():
    text = with_body(doses='[[doses]]\ncells = "1e5 cells"')
    trees = [Study.from_text(text, settings={"cells.seed": seed}).run().tree for seed in (3, 3, 4)]
    xr.testing.assert_identical(trees[0]["cells"].to_dataset(), trees[1]["cells"].to_dataset())
    ends = [float(t["balance/in_body"][-1].sum()) for t in trees]
    assert ends[0] == ends[1] != ends[2]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"fields.tumour.as": "cell"}, r"fields\.tumour\.as.*'field', 'cells'|fields\.tumour\.as"),
        ({"cells.net_rates": "refuse"}, r"reactions\.tumour_growth: its rate is a difference"),
        ({"fields.cart.as": "field"}, r"fields\.cart\.as: with fields as cells all product cells"),
        ({"solver.engine": "fipy"}, r"solver\.engine: 'fipy' is not there for fields as cells"),
        ({"solver.tolerance": 1e-4}, r"solver\.tolerance: has no effect with fields as cells"),
        ({"doses": [{"cells": "10.5 cells"}]}, r"doses\.0\.cells: 10\.5 are no whole cells"),
        ({"fields.cart.speed": "4 um/min"}, r"fields\.cart: key 'persistence_time' is missing"),
        (
            {"events": [{"time": "1 day", "set": {"kinetics.parameters.death_rate": "0 1/h"}}]},
            r"events: are not there for a study with fields as cells yet",
        ),
        ({"cells.most": 100}, r"fields\.tumour\.initial: .* are more than cells\.most = 100"),
    ],
)
def test_what_is_not_there_is_refused_by_name(changes, match):
    with pytest.raises(InputError, match=match):
        Study.from_text(with_body(doses=DOSE), settings=changes).run()


def test_analyses_that_are_not_there_refuse_cells():
    with pytest.raises(InputError, match="fields as cells are there for runs and sweeps alone"):
        _ = Study.from_text(with_body()).simulation


def test_what_would_run_is_said():
    said = Study.from_text(with_body()).describe()
    assert "single cells, starts at 500 cells/mm^3, immobile" in said
    assert "cells, fields and body in turn, 1 hours at most; seed 1" in said


def test_a_table_of_cells_without_cells_is_refused():
    text = with_body().replace('as = "cells"', "")
    with pytest.raises(InputError, match=r"cells: has no effect unless a field says as = 'cells'"):
        _ = Study.from_text(text).prepared
