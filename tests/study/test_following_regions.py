"""Regions that follow a field: cells are kept while they move, and steps have their order."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.coupling.handing import VESSELS, handed_in_part
from cartflow.pde.following import FollowingRegion, Threshold
from cartflow.study.study import Study

STUDY = """
title = "a tumour that grows and is cleared in its host tissue"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e7 cells"
duration = "2 days"
[geometry]
shape = "box"
lengths = ["4 mm", "4 mm"]
cells = [12, 12]
[geometry.regions]
seed = [["1.5 mm", "2.5 mm"], ["1.5 mm", "2.5 mm"]]
[regions.lesion]
where = "tumour > 1e4 cells/mm^3"
[tumour]
host = "flank"
region = "lesion"
egress_region = "lesion"
injection_region = "seed"
[kinetics]
models = ["predator_prey", "chemokine"]
parameters = { growth_rate = "0.3 1/day" }
[fields.tumour]
initial = "5e2 cells/mm^3"
diffusivity = "0.02 mm^2/day"
[fields.cart]
diffusivity = "2 um^2/min"
[fields.chemokine]
diffusivity = "0.05 mm^2/day"
[fields.chemokine.regions.lesion]
removal = "1 1/day"
[time]
end = "2 days"
[solver]
mesh_check = false
time_check = false
"""


QUIET = 'initial = "5e2 cells/mm^3"'
LUMP = 5e4
INFUSED = 1e7


def following(text=STUDY, **settings):
    """Return a study whose tumour begins as a smooth lump, of which a part is above 1e4."""
    study = Study.from_text(text, settings=settings)
    places = study.geometry.centres - 2.0
    lump = LUMP * np.exp(-((places / 0.8) ** 2).sum(axis=1))
    return study.with_field("tumour", initial=lump)


def counted(result):
    """Return what a run says at its end: cells in the tumour, those that came and those that left.

    And the largest residual, of all infused and born.
    """
    tree = result.tree
    tumour, exchange = tree["tumour"].to_dataset(), tree["exchange"].to_dataset()
    balance = tree["balance"].to_dataset()
    found = [float(tumour[name].isel(time=-1).sum()) for name in ("cart", "tumour", "chemokine")]
    found += [float(exchange[name].isel(time=-1).sum()) for name in ("inflow", "egress")]
    return np.array(found), float(np.abs(balance["residual_total"]).max()) / INFUSED


@pytest.fixture(scope="module")
def exact():
    return counted(following(**{"solver.tolerance": 3e-7}).run())


def test_cells_are_kept_while_the_region_moves(exact):
    assert exact[1] < 1e-12
    state = following().prepared.initial
    region = following().prepared.coupled.engine.problem.following[0]
    before = region.share(state).sum()
    run = following().run().tree["tumour"].to_dataset()
    after = np.stack([run[name].isel(time=-1).values.ravel() for name in ("cart", "tumour")])
    assert abs(region.share(np.vstack([after, after[:1]])).sum() / before - 1) > 0.2


def test_steps_are_of_second_order_where_regions_move(exact):
    fixed = {"solver.fixed_step": True}
    errors = []
    for step in ("0.04 days", "0.02 days"):
        found, residual = counted(following(**fixed, **{"solver.initial_step": step}).run())
        assert residual < 1e-12
        errors.append(np.abs(found / exact[0] - 1.0))
    # What chance makes small is left out.
    orders = np.log2(errors[0] / errors[1])[errors[0] > 1e-5]
    assert orders.size >= 3
    assert orders.min() > 1.7


def test_a_region_that_is_full_is_a_fixed_one():
    """To the last digits, which the order of sums may change."""
    text = STUDY.replace('"tumour > 1e4', '"tumour < 1e9').replace(
        "1e4 cells/mm^3", "1e9 cells/mm^3"
    )
    moving, _ = counted(following(text).run())
    fixed = text.replace("[regions.lesion]\n", "").replace(
        'where = "tumour < 1e9 cells/mm^3"\n', ""
    )
    still, _ = counted(following(fixed.replace("lesion", "all")).run())
    np.testing.assert_allclose(moving, still, rtol=1e-9)


def test_an_empty_region_lets_nothing_in():
    text = STUDY.replace("tumour > 1e4", "tumour > 1e9")
    found, residual = counted(following(text).run())
    assert residual < 1e-12
    np.testing.assert_array_equal(found[3:], 0.0)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_share_of_the_vessels_hands_over_as_rates_of_that_share_do(share):
    from dataclasses import replace

    coupled = following().prepared.coupled
    network = coupled.network
    row, place = network.index("handed_over"), network.index(VESSELS)
    rates = network.rates.copy()
    less = (1.0 - share) * rates[row, place]
    rates[row, place] -= less
    rates[place, place] += less
    slower = replace(coupled, network=replace(network, rates=rates)).organs
    cells = np.abs(np.random.default_rng(1).normal(size=coupled.organs.start()[0].shape))
    cells[[row, network.index("lost")]] = 0.0
    errors = []
    for time in (1e-4, 5e-5):
        wanted = slower.step(cells, np.zeros((0, 0)), time)
        found = handed_in_part(
            coupled.organs, (cells, np.zeros((0, 0))), time, (None, None), (None, None), share
        )
        whole = found.cells.sum() + found.handed_over.sum() + found.lost.sum()
        assert whole == pytest.approx(cells.sum(), rel=1e-13)
        np.testing.assert_allclose(found.handed_over, wanted.handed_over, rtol=1e-3, atol=0)
        errors.append(np.abs(found.cells - wanted.cells).max())
    assert errors[1] <= errors[0] / 3.0 or errors[0] < 1e-13


def test_both_engines_do_the_same_in_a_region():
    from cartflow.pde.fast.engine import FastEngine
    from cartflow.pde.reference.fipy_engine import FipyEngine

    simulation = following().prepared
    problem, state = simulation.coupled.engine.problem, simulation.initial.copy()
    state[0] = 100.0
    state[problem.network.index("chemokine")] = 1e-3
    one, other = (e(problem).right_hand_side(state) for e in (FastEngine, FipyEngine))
    scale = np.abs(other).max(axis=1, keepdims=True) + 1e-300
    np.testing.assert_allclose(one / scale, other / scale, rtol=0, atol=1e-12)


def test_thresholds_join_by_and_and_or():
    low, high = (
        Threshold(row=0, value=v, above=a, width=0.2) for v, a in ((1.0, True), (3.0, False))
    )
    other = Threshold(row=1, value=1.0, above=True, width=0.2)
    region = FollowingRegion(name="band", within=np.ones(4), terms=((low, high), (other,)))
    state = np.array([[0.5, 2.0, 4.0, 1.0], [0.0, 0.0, 2.0, 0.0]])
    np.testing.assert_allclose(region.share(state), [0.0, 1.0, 1.0, 0.5])


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"regions.lesion.where": "tumor > 1e4 cells/mm^3"}, "regions.lesion.where: .*'tumor'"),
        ({"regions.lesion.where": "tumour > 1e4 mm"}, "regions.lesion.where: .*mm"),
        ({"regions.lesion.where": "tumour > -1 cells/mm^3"}, "must be greater than 0"),
        ({"regions.lesion.where": "tumour"}, "is not as in"),
        ({"regions.lesion.where": "__import__('os') > 1"}, "is not as in"),
        ({"regions.lesion.where": "tumour > 1 cells/mm^3 and" * 30}, "more than 300"),
        ({"regions.lesion.within": "nowhere"}, "regions.lesion.within: .*'nowhere'"),
        ({"regions.lesion.width": 3}, "a width above 0, at most 2"),
        ({"tumour.injection_region": "lesion"}, "follows a field"),
        ({"tumour.region": "lesions"}, "tumour.region: .*'lesions'"),
        ({"regions.idle.where": "tumour > 1 cells/mm^3"}, "regions.idle: has no effect"),
        ({"regions.rim.where": "tumour > 1 cells/mm^3"}, "no field has"),
    ],
)
def test_mistakes_are_named_in_a_line(changed, match):
    with pytest.raises(InputError, match=match) as caught:
        _ = Study.from_text(STUDY, settings=changed).prepared
    assert "\n" not in str(caught.value)


def test_lines_of_cells_are_refused_by_name():
    text = STUDY.replace(
        'shape = "box"\nlengths = ["4 mm", "4 mm"]\ncells = [12, 12]',
        'shape = "ball"\nradius = "1 mm"\ncells = 8',
    )
    text = text[: text.index("[geometry.regions]")] + text[text.index("[regions.lesion]") :]
    with pytest.raises(InputError, match="for boxes and masks, and the ball is neither"):
        _ = Study.from_text(text.replace('injection_region = "seed"\n', "")).prepared
