"""Whole studies in hollow shapes: both engines, cells that enter at a wall, kept to round-off."""

import numpy as np
import pytest

from cartflow.study.study import Study

STUDY = """
title = "cells into a cavity"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "hollow_ball"
radius = "2 mm"
inner_radius = "1 mm"
cells = 24
depth_from = "wall"
[tumour]
host = "flank"
feeding = "rim"
boundary = "wall"
[kinetics]
models = ["predator_prey", "chemokine"]
[fields.cart]
diffusivity = "10 um^2/min"
[fields.cart.chemotaxis]
attractant = "chemokine"
law = "logarithmic"
sensitivity = "0.1 mm^2/day"
half_saturation = "1e-4 ng/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[fields.chemokine]
diffusivity = "100 um^2/s"
[fields.chemokine.boundaries.wall]
type = "robin"
transfer_coefficient = "1 mm/day"
[time]
end = "3 h"
"""
SHAPES = {
    "hollow ball": {},
    "cylindrical shell": {"geometry.shape": "cylindrical_shell", "geometry.length": "3 mm"},
    "graded": {"geometry.grading": 4},
}
KEPT = {"radius": "2 mm", "inner_radius": "1 mm", "cells": 24, "depth_from": "wall"}


def numbers(shape, engine, tolerance):
    settings = {**SHAPES[shape], "solver.engine": engine, "solver.tolerance": tolerance}
    if "geometry.shape" in settings:
        settings |= {f"geometry.{key}": value for key, value in KEPT.items()}
    study = Study.from_text(STUDY, settings=settings)
    result = study.run().require_finished()
    tumour = result.tree["tumour"].to_dataset()
    fields = [
        float((tumour[name][-1] * tumour["cell_volume"]).sum()) for name in ("tumour", "chemokine")
    ]
    return study, result, np.array([*list(result.summary().values())[:5], *fields])


@pytest.mark.parametrize("shape", SHAPES)
def test_both_engines_agree_and_cells_are_kept(shape):
    study, result, fast = numbers(shape, "fast", 1e-7)
    assert study.simulation.one_system
    assert result.summary()["relative_residual"] <= 1e-12
    assert result.tree["tumour"]["depth"].attrs["long_name"] == "depth below the wall"
    assert result.summary()["depth"] < 0.5
    _, slow_result, slow = numbers(shape, "fipy", 1e-4)
    assert slow_result.summary()["relative_residual"] <= 1e-12
    assert slow == pytest.approx(fast, rel=2e-3)
