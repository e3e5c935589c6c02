"""A field that starts from a profile in a file: what its cells hold, and what is refused."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

STUDY = """
title = "a profile in a dish"
[geometry]
shape = "slab"
length = "2 mm"
cells = 40
[tumour]
egress_rate = "0 1/day"
[kinetics]
models = ["logistic_growth"]
[fields.cart]
initial = { profile = "start.csv", depth = "um", value = "dense", unit = "cells/uL" }
[time]
end = "1 day"
"""
LINE = "# counted\num,other,dense\n0,7,100\n500,7,300\n2000,7,0\n"


@pytest.fixture
def study(tmp_path):
    (tmp_path / "start.csv").write_text(LINE)
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def test_cells_hold_the_line_between_rows_at_their_depth(study):
    read = Study.from_file(study)
    depth = read.geometry.depth
    wanted = np.where(depth < 0.5, 100 + 400 * depth, 300 * (2 - depth) / 1.5)
    assert read.simulation.initial[0] == pytest.approx(wanted, rel=1e-12)
    assert "start.csv: 5 to 295 cell/mm^3, mean 162.5" in read.images["fields.cart.initial"]


def test_a_ball_has_it_by_depth_below_the_rim(study):
    ball = {"geometry": {"shape": "ball", "radius": "2 mm", "cells": 30}}
    read = Study.from_file(study, ball)
    radius = read.geometry.centres[:, 0]
    wanted = np.interp(2.0 - radius, [0.0, 0.5, 2.0], [100.0, 300.0, 0.0])
    assert read.simulation.initial[0] == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "change", "message"),
    [
        (LINE, {"profile": "other.csv"}, "other.csv"),
        (LINE, {"profile": "../start.csv"}, "leads out of the study's folder"),
        (LINE, {"value": "density"}, "column: unknown name 'density'; allowed: dense, other, um"),
        (LINE, {"depth": "other"}, "key 'depth_unit' is missing; the column 'other'"),
        (LINE, {"depth_unit": "day"}, "depth_unit: .*day"),
        (LINE, {"unit": "mm"}, "unit: .*mm"),
        (LINE, {"width": "mm"}, "width"),
        ("um,dense\n0,1\n500,2\n400,3\n2000,1\n", {}, "do not rise: after 0.5 comes 0.4 mm"),
        ("um,dense\n0,1\n500,-2\n2000,1\n", {}, "its value at 0.5 mm is below 0"),
        ("um,dense\n0,1\n", {}, "holds one depth"),
        ("um,dense\n0,1\n500,2\n", {}, "0 to 0.5 mm, and a mesh cell lies 1.975 mm deep"),
        ("um,dense\n0,one\n500,2\n", {}, "row 2, column 'dense': 'one' is not a number"),
        ("um,dense\n0,nan\n500,2\n", {}, "'nan' is not a finite number"),
    ],
)
def test_mistakes_are_named(study, text, change, message):
    (study.parent / "start.csv").write_text(text)
    changed = {"profile": "start.csv", "depth": "um", "value": "dense", "unit": "cells/uL"}
    read = Study.from_file(study, {"fields.cart.initial": changed | change})
    with pytest.raises(InputError, match=message) as error:
        _ = read.simulation
    assert "\n" not in str(error.value)
    assert "fields.cart.initial" in str(error.value)
