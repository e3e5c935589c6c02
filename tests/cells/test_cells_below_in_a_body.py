"""Product cells below a threshold: with a body, up a gradient, and at walls that feed and take."""

from dataclasses import replace

import numpy as np
import pytest
from cells.linear import INSIDE, MODEL, ends, linear_study, require_mean
from studies import in_tumour, study

from cartflow.study.study import Study

BALL = 'shape = "ball"\nradius = "1.5 mm"\ncells = 8'
SLAB = 'shape = "slab"\nlength = "1 mm"\ncells = {}'
BODY = '[[doses]]\ncells = "{} cells"'
DAY = 'end = "1 day"\nevery = "1 day"'
OXYGEN = """
[fields.oxygen]
diffusivity = "2000 um^2/s"
[fields.oxygen.boundaries.left]
type = "fixed_value"
value = "0 ng/mm^3"
[fields.oxygen.boundaries.right]
type = "fixed_value"
value = "1 ng/mm^3"
"""
UPHILL = """
[fields.cart.chemotaxis]
attractant = "oxygen"
law = "linear"
sensitivity = "0.04 mm^5/ng/day"
"""
WALLS = {
    "taken up": (SLAB.format(16), "left", 'type = "fixed_value"\nvalue = "0 cells/mm^3"', 2000),
    "fed": (SLAB.format(16), "left", 'type = "fixed_value"\nvalue = "1000 cells/mm^3"', 1),
    "a film": (
        BALL,
        "rim",
        'type = "robin"\ntransfer_coefficient = "0.1 mm/day"\nexterior = "300 cells/mm^3"',
        1,
    ),
    "a flux": (BALL, "rim", 'type = "flux"\nflux = "30 cells/mm^2/day"', 1),
}
SEEDS = [16, pytest.param(400, marks=pytest.mark.slow)]


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(
    ("geometry", "cells", "threshold"),
    [
        (BALL, "3e7", 60),
        (SLAB.format(8), "3e8", 4),
        pytest.param(BALL, "3e7", 4, marks=pytest.mark.slow),
        pytest.param(SLAB.format(8), "3e8", 60, marks=pytest.mark.slow),
    ],
)
def test_in_a_body_the_mean_is_that_of_the_densities(tmp_path, geometry, cells, threshold, seeds):
    asked = {"doses": BODY.format(cells), "time": DAY, "step": "10 min"}
    tree = linear_study(tmp_path, geometry, threshold=None, **asked).run(time_check=False).tree
    run = linear_study(tmp_path, geometry, threshold=threshold, **asked).prepared
    states, volumes = ends(run, seeds), run.coupled.volumes
    # What comes at the end of a step would have been there for half of it: first order.
    lag = 10 / 1440
    for row, name in enumerate(("cart", "spent")):
        expected = (tree[f"tumour/{name}"][-1] * tree["tumour/cell_volume"]).values
        found = np.array([s.tumour[row] * volumes for s in states])
        require_mean(found, expected, beside=2 * lag)
        require_mean(found.sum(axis=1)[:, None], [expected.sum()], beside=2 * lag)
    for name in ("inflow", "egress"):
        expected = tree[f"exchange/cumulative_{name}"][-1].values[:1]
        require_mean([getattr(s.ledger, name)[:1] for s in states], expected, beside=2 * lag)
    # The fast engine's organs, compartment by compartment, hold the mean of whole cells.
    dense = linear_study(tmp_path, geometry, threshold=None, **asked).prepared.unchecked().run()
    bodies = np.array([s.body[:, 0] for s in states])
    np.testing.assert_array_equal(bodies, np.rint(bodies))
    require_mean(bodies, dense.states[-1].body[:, 0], beside=1e-3)


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("threshold", [4, pytest.param(50, marks=pytest.mark.slow), 1000])
def test_up_a_gradient_the_mean_is_that_of_the_densities(tmp_path, threshold, seeds):
    asked = {"extra": UPHILL, "fields": OXYGEN, "doses": INSIDE.format(2000), "time": DAY}
    geometry = SLAB.format(20)
    tree = linear_study(tmp_path, geometry, threshold=None, **asked).run(time_check=False).tree
    run = linear_study(tmp_path, geometry, threshold=threshold, **asked).prepared
    found = np.array([s.tumour[0] * run.coupled.volumes for s in ends(run, seeds)])
    expected = (tree["tumour/cart"][-1] * tree["tumour/cell_volume"]).values
    assert expected[-1] > 1.3 * expected[0]
    # At walls, where profiles bend, the engine's limited differences are not central ones.
    require_mean(found, expected, beside=0.02)
    require_mean(found.sum(axis=1)[:, None], [expected.sum()], beside=0.003)


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("threshold", [4, pytest.param(50, marks=pytest.mark.slow), 1000])
@pytest.mark.parametrize("kind", WALLS)
def test_at_walls_the_mean_is_that_of_the_densities(tmp_path, kind, threshold, seeds):
    geometry, wall, condition, cells = WALLS[kind]
    asked = {
        "extra": f"[fields.cart.boundaries.{wall}]\n{condition}",
        "doses": INSIDE.format(cells),
        "time": DAY,
    }
    tree = linear_study(tmp_path, geometry, threshold=None, **asked).run(time_check=False).tree
    run = linear_study(tmp_path, geometry, threshold=threshold, **asked).prepared
    states = ends(run, seeds)
    expected = (tree["tumour/cart"][-1] * tree["tumour/cell_volume"]).values
    found = np.array([s.tumour[0] * run.coupled.volumes for s in states])
    require_mean(found, expected, beside=3e-3)
    require_mean(found.sum(axis=1)[:, None], [expected.sum()], beside=3e-3)
    exchange = tree["exchange"].to_dataset().isel(time=-1)
    net = float((exchange["entered_cart"] - exchange["left_cart"]).sum())
    crossed = np.array([[s.ledger.came.sum() - s.ledger.went.sum()] for s in states])
    require_mean(np.abs(crossed), [abs(net)], beside=3e-3)


STILL = {
    "kinetics.parameters": {"division": "0 1/day", "tiring": "0 1/day"},
    "tumour.egress_rate": "0 1/day",
}
MM2_PER_DAY = 5.0 * 1440.0 * 1e-6


@pytest.mark.parametrize("threshold", [100, 1e9])
def test_first_passage_out_of_a_ball(tmp_path, threshold):
    # Of cells spread all over a ball 6/pi^2 sum exp(-n^2 pi^2 D t/R^2)/n^2 have not touched its
    # rim after t (Carslaw and Jaeger 1959, section 9.3).
    number, n = 40_000, np.arange(1, 400)
    run = linear_study(
        tmp_path,
        'shape = "ball"\nradius = "0.5 mm"\ncells = 40',
        threshold=threshold,
        extra='[fields.cart.boundaries.rim]\ntype = "fixed_value"\nvalue = "0 cells/mm^3"',
        doses=INSIDE.format(number),
        time='end = "6 days"\nevery = "2 days"',
        settings=STILL,
        step="2 hours",
    ).prepared
    for state in run.run().states[1:]:
        kept = (
            6.0 / np.pi**2 * (np.exp(-((n * np.pi / 0.5) ** 2) * MM2_PER_DAY * state.time) / n**2)
        )
        chance, found = kept.sum(), float(state.tumour[0] @ run.coupled.volumes) / number
        assert abs(found - chance) < 4.5 * np.sqrt(chance * (1 - chance) / number) + 0.01 * chance


@pytest.mark.parametrize("seeds", [40, pytest.param(600, marks=pytest.mark.slow)])
def test_whether_any_of_a_few_reaches_the_far_side(tmp_path, seeds):
    # Cells come one by one through a wall, die at the rate m, and reach the other side, at L, with
    # the chance 1/cosh(L sqrt(m/D)): Poisson numbers in any time, of which none is exp(-mean).
    reaches = 1.0 / np.cosh(0.15 * np.sqrt(0.32 / MM2_PER_DAY))
    settings = {**STILL, "kinetics.parameters": {"division": "0 1/day", "tiring": "0.32 1/day"}}
    wall = "[fields.cart.boundaries.{}]\ntype = "
    run = linear_study(
        tmp_path,
        'shape = "slab"\nlength = "0.15 mm"\ncells = 15',
        threshold=20,
        extra=wall.format("left")
        + '"flux"\nflux = "0.2 cells/mm^2/day"\n'
        + wall.format("right")
        + '"fixed_value"\nvalue = "0 cells/mm^3"',
        doses=INSIDE.format(1),
        time='end = "16 days"\nevery = "8 days"',
        settings=settings,
        step="0.5 day",
    ).prepared
    found = []
    for seed in range(1, seeds + 1):
        states = replace(run, asked=replace(run.asked, seed=seed)).run().states
        found.append(states[-1].ledger.went.sum() - states[-2].ledger.went.sum())
    mean = 0.2 * 8.0 * reaches
    none = np.exp(-mean)
    assert abs(np.mean(found) - mean) < 4 * np.sqrt(mean / seeds)
    share = np.mean(np.array(found) == 0)
    assert abs(share - none) < 4 * np.sqrt(none * (1 - none) / seeds)


def random_study(random, form):
    """Return the parts of a random study with a body, of product cells in a `form`."""
    geometry = random.choice(
        [
            'shape = "ball"\nradius = "1 mm"\ncells = 5',
            'shape = "slab"\nlength = "1 mm"\ncells = 6',
            'shape = "box"\nlengths = ["1 mm", "1 mm", "1 mm"]\ncells = [3, 3, 3]',
        ]
    )
    wall = "rim" if "ball" in geometry else "left"

    def threshold():
        if form == "cells":
            return 'as = "cells"\n'
        of = random.choice(["mesh_cell", "tumour", "0.5 mm"])
        number = random.choice([1, 3, 10, 40])
        return f'as = "cells_below"\nthreshold = "{number} cells"\nthreshold_per = "{of}"\n'

    boundary = random.choice(
        [
            "",
            'type = "fixed_value"\nvalue = "0 cells/mm^3"',
            'type = "fixed_value"\nvalue = "90 cells/mm^3"',
            'type = "robin"\ntransfer_coefficient = "0.1 mm/day"\nexterior = "50 cells/mm^3"',
            'type = "flux"\nflux = "20 cells/mm^2/day"',
        ]
    )
    cart = f'[fields.cart]\n{threshold()}diffusivity = "{random.choice([0.5, 5, 20])} um^2/min"\n'
    if boundary:
        cart += f"[fields.cart.boundaries.{wall}]\n{boundary}\n"
    if random.random() < 0.4:
        cart += UPHILL.replace("0.04", str(random.choice([0.02, 0.2])))
    oxygen = '[fields.oxygen]\ninitial = "1 ng/mm^3"\ndiffusivity = "2000 um^2/s"\n'
    oxygen += f'[fields.oxygen.boundaries.{wall}]\ntype = "fixed_value"\nvalue = "2 ng/mm^3"'
    spent = f"[fields.spent]\n{threshold()}"
    doses = f'[[doses]]\ncells = "{random.integers(1, 9)}e{random.integers(4, 9)} cells"\n'
    doses += f'[[doses]]\ncells = "{random.integers(1, 900)} cells"\nroute = "intratumoural"\n'
    doses += random.choice(["", 'time = "0.2 day"\nduration = "0.3 day"\n'])
    fields = f"{cart}{spent}\n{oxygen}\n"
    fields += f'[cells]\nstep = "{random.choice([1, 2])} h"\nseed = {random.integers(1000)}'
    inside = in_tumour(geometry, models='"linear.toml"', fields=fields)
    return study(inside, doses=doses, time='end = "1 day"\nevery = "0.5 day"')


@pytest.mark.parametrize("number", [8, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("form", ["cells", "cells_below"])
def test_the_balance_of_random_studies(tmp_path, form, number):
    (tmp_path / "linear.toml").write_text(MODEL)
    dense = single = 0
    for which in range(number):
        text = random_study(np.random.default_rng(which), form)
        tree = Study.from_text(text, folder=tmp_path).run().tree
        assert tree.attrs["outcome"] == "finished", text
        gone = np.abs(tree["balance/residual"].values)
        cells = tree["cells"].to_dataset()
        held = tree["balance/in_body"].values
        np.testing.assert_array_equal(held, np.rint(held))
        if form == "cells":
            np.testing.assert_array_equal(gone, 0.0)
            continue
        turned = tree["balance/infused"].values + tree["balance/born"].values + 1.0
        assert (gone <= 1e-12 * turned.sum(axis=1, keepdims=True)).all(), text
        np.testing.assert_array_equal(cells["residual_of_single_cells"], 0.0)
        passed = 1.0 + sum(cells[n] for n in ("cells_as_density", "cells_drawn", "cells_merged"))
        assert float(np.abs(cells["residual_of_densities"] / passed).max()) < 1e-11, text
        single += int(cells["single_cells"].values.any())
        dense += int(cells["cells_as_density"].values.any())
    if form == "cells_below":
        assert min(single, dense) > number // 3
