"""Panels, fields and cuts show the numbers of the result, or say in a line what it has not."""

import re

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from studies import BALL, in_tumour, study

from cartflow.core.outcome import InputError
from cartflow.results.figures.asked.figure import Asked, figure_asked
from cartflow.results.figures.asked.plots import Plots
from cartflow.results.figures.asked.runs import runs_figure
from cartflow.results.figures.field import plane_of, saved_at
from cartflow.results.figures.outlines import outline
from cartflow.study.study import Study

TEXT = study(in_tumour(BALL.replace("10", "6")), time='end = "2 days"\nevery = "1 day"')
BOX = {
    "geometry": {"shape": "box", "lengths": ["1 mm", "2 mm", "3 mm"], "cells": [2, 4, 3]},
}


@pytest.fixture(scope="module")
def ball():
    return Study.from_text(TEXT).run().tree


@pytest.fixture(scope="module")
def box():
    return Study.from_text(TEXT, settings=BOX).run().tree


def axes():
    return Figure().subplots()


def lines_of(drawn):
    return {line.get_label(): np.asarray(line.get_ydata()) for line in drawn.lines}


def test_per_gram_is_the_share_of_the_dose_in_a_mL(ball):
    shown = lines_of(Plots(ball).per_gram(axes()))
    body = ball["body"].to_dataset()
    cells = body["cells"].sum(["phenotype", "space"]).sel(organ="spleen").values
    volume = float(body["volume"].sum("space").sel(organ="spleen")) / 1000.0
    np.testing.assert_allclose(shown["spleen"], 100 * cells / 1e6 / volume, rtol=1e-12)


def test_a_logarithmic_axis_of_time_leaves_out_its_nought():
    tree = Study.from_text(TEXT.replace('every = "1 day"', 'every = "20 min"')).run().tree
    drawn = Plots(tree).organs(axes())
    assert drawn.get_xscale() == "log"
    assert min(line.get_xdata().min() for line in drawn.lines) == pytest.approx(20 / 1440)


def test_the_balance_shows_what_events_removed():
    taken = """
[[events]]
time = "1 day"
remove = { fraction = 1, compartment = "liver_tissue" }
"""
    tree = Study.from_text(TEXT + taken).run().tree
    found = lines_of(Plots(tree).balance(axes()))
    assert found["removed"][-1] > 1e4
    inside = found["in body"] + found["in tumour"]
    gone = found["died"] + found["removed"]
    np.testing.assert_allclose(found["infused"] + found["born"] - gone, inside, rtol=1e-11)


def test_an_organ_has_one_colour_in_both(ball):
    one, other = (getattr(Plots(ball), name)(axes()).lines for name in ("organs", "per_gram"))
    shades = {line.get_label(): line.get_color() for line in one}
    common = [line for line in other if line.get_label() in shades]
    assert len(common) > 3
    assert all(line.get_color() == shades[line.get_label()] for line in common)


def test_burden_and_depth_are_those_of_the_file(ball):
    shown = lines_of(Plots(ball).burden(axes()))
    np.testing.assert_array_equal(shown["tumour cells"], ball["tumour"]["amount_tumour"].values)
    in_tumour = ball["balance"]["in_tumour"].sum("phenotype").values
    np.testing.assert_array_equal(shown["product cells"], in_tumour)
    depth = lines_of(Plots(ball).depth(axes()))["cart"]
    np.testing.assert_array_equal(depth, ball["tumour"]["penetration_depth"].values[:, 0])


def test_a_profile_of_voxels_keeps_the_cells(box):
    drawn = Plots(box).profile("tumour", days=[0, 2], ax=axes())
    tumour = box["tumour"].to_dataset()
    depth, volume = tumour["depth"].values, tumour["cell_volume"].values
    for time, label in ((0, "day 0"), (2, "day 2")):
        line = next(line for line in drawn.lines if line.get_label() == label)
        at = [volume[np.isclose(depth, d, atol=1e-8)].sum() for d in line.get_xdata()]
        total = float((tumour["tumour"].isel(time=time) * tumour["cell_volume"]).sum())
        np.testing.assert_allclose(np.dot(at, line.get_ydata()), total, rtol=1e-12)


def test_a_cut_shows_the_slice_nearest_to_its_place(box):
    drawn = Plots(box).field("tumour", day=1.2, cut=("y", 0.8), ax=axes())
    values = box["tumour"]["tumour"].sel(time=1.0).sel(y=0.75).transpose("z", "x").values
    np.testing.assert_array_equal(np.asarray(drawn.collections[0].get_array()), values)
    assert drawn.get_title() == "tumour cells, day 1, y = 0.75"


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda t: plane_of(t, ("w", 0.0)), r"cut: unknown name 'w'; allowed: x, y, z"),
        (lambda t: plane_of(t, ("y", 9.0)), r"cut: y = 9 is not between 0.25 and 1.75"),
        (lambda t: saved_at(t, 3.0), r"day: 3 is not between 0 and 2, the days saved"),
    ],
)
def test_a_place_or_day_outside_is_said(box, call, match):
    with pytest.raises(InputError, match=match):
        call(box["tumour"].to_dataset())


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        (Asked(), "nothing to draw"),
        (Asked(panels=("organz",)), "panel: unknown name 'organz'; .* did you mean 'organs'"),
        (Asked(panels=("sites",)), "panel 'sites': no kinetics act in the organs"),
        (Asked(fields=("tumor",)), "field: unknown name 'tumor'; .* did you mean 'tumour'"),
        (Asked(cut=("z", 1.0)), "cut: the tumour is a row of cells along r"),
    ],
)
def test_what_a_ball_has_not_is_said(ball, asked, match):
    with pytest.raises(InputError, match=match):
        figure_asked(ball, asked)


def test_days_of_voxels_have_a_panel_each_and_of_rows_a_line_each(ball, box):
    asked = Asked(panels=("organs",), fields=("cart",), days=(0, 1, 2))
    titled = [a for a in figure_asked(box, asked).axes if "day" in a.get_title()]
    assert [re.search(r"day (\d)", a.get_title())[1] for a in titled] == ["0", "1", "2"]
    (profile,) = [a for a in figure_asked(ball, asked).axes if a.get_xlabel().startswith("depth")]
    assert [line.get_label() for line in profile.lines] == ["day 0", "day 1", "day 2"]


def test_runs_stand_beside_each_other(ball, box):
    figure = runs_figure({"ball": ball, "box": box})
    drawn = next(a for a in figure.axes if "own cells" in a.get_title())
    assert list(lines_of(drawn)) == ["ball", "box"]
    expected = box["tumour"]["amount_tumour"].values
    np.testing.assert_array_equal(lines_of(drawn)["box"], expected)
    nothing = xr.DataTree.from_dict({"body": xr.Dataset({"cells": 0}), "balance": None})
    with pytest.raises(InputError, match="none of them has blood or a tumour"):
        runs_figure({"a": nothing})


def test_several_tumours_stand_beside_one_together(ball):
    several = study(
        in_tumour(BALL.replace("10", "6")).replace(
            '[tumour]\nhost = "flank"', '[tumours.a]\nhost = "flank"\n[tumours.b]\nhost = "flank"'
        ),
        time='end = "2 days"\nevery = "1 day"',
    )
    tree = Study.from_text(several).run().tree
    figure = runs_figure({"one": ball, "two": tree})
    drawn = lines_of(next(a for a in figure.axes if "own cells" in a.get_title()))
    each = [tree[f"tumours/{name}"]["amount_tumour"].values for name in "ab"]
    np.testing.assert_allclose(drawn["two"], sum(each), rtol=1e-14)
    np.testing.assert_allclose(drawn["two"], 2 * drawn["one"], rtol=1e-3)


def test_outlines_go_along_the_edges_of_voxels():
    inside = np.array([[False, True, True], [False, False, True]])
    places = [np.array([0.5, 1.5, 2.5]), np.array([10.0, 20.0])]
    found = {tuple(map(tuple, s)) for s in outline(inside, places, "black", "-").get_segments()}
    upright = {((1, 5), (1, 15)), ((3, 5), (3, 15)), ((2, 15), (2, 25)), ((3, 15), (3, 25))}
    level = {((1, 5), (2, 5)), ((2, 5), (3, 5)), ((1, 15), (2, 15)), ((2, 25), (3, 25))}
    assert found == upright | level
