"""A solute taken up at nearly zeroth order: its front retreats as far as the steady one stands."""

import numpy as np
import pytest
from scipy.linalg import solve_banded

from cartflow.study.study import Study

MODEL = """
title = "uptake, half of it at a concentration far below that outside"
[species.cart]
role = "phenotype"
unit = "cell/mm^3"
[species.drug]
role = "solute"
unit = "ng/mm^3"
[parameters]
highest_uptake = "1 ng/mm^3/day"
half_saturation = "1 ng/mm^3"
[reactions.uptake]
consumes = { drug = 1 }
rate = "highest_uptake*drug/(drug + half_saturation)"
"""
STUDY = """
title = "a drug from outside"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[geometry]
{geometry}
[tumour]
host = "flank"
[kinetics]
models = ["model.toml"]
[kinetics.parameters]
highest_uptake = "{uptake} ng/mm^3/day"
half_saturation = "{half} ng/mm^3"
[fields.drug]
diffusivity = "1 mm^2/day"
initial = "{initial} ng/mm^3"
[fields.drug.boundaries.{boundary}]
type = "fixed_value"
value = "1 ng/mm^3"
[time]
end = "2 days"
[solver]
tolerance = {tolerance}
"""


def steady(faces, areas, uptake, half):
    """Return the steady concentrations in cells between `faces`, 1 outside the last, D = 1.

    Newton's method on the balance of each cell, along a half-saturation that falls to `half`.
    """
    cells = len(faces) - 1
    # Areas r^p lie between volumes r^(p + 1) / (p + 1).
    volumes = np.diff(areas * faces) / (1.0 if areas[0] else 3.0)
    width = np.diff(faces)[0]
    between, outer = areas[1:-1] / width, areas[-1] / (width / 2.0)
    u = np.ones(cells)
    for k in np.geomspace(1.0, half, 40):
        for _ in range(100):
            flow = between * np.diff(u)
            gain = np.append(flow, outer * (1.0 - u[-1])) - np.append(0.0, flow)
            matrix = np.zeros((3, cells))
            matrix[0, 1:], matrix[2, :-1] = between, between
            matrix[1] = -(np.append(between, outer) + np.append(0.0, between))
            matrix[1] -= volumes * uptake * k / (u + k) ** 2
            step = solve_banded((1, 1), matrix, volumes * uptake * u / (u + k) - gain)
            u = np.maximum(u + step, 1e-3 * u)
            if np.abs(step).max() < 1e-14:
                break
    return u


def run(tmp_path, geometry, boundary, uptake, half, initial, tolerance):
    (tmp_path / "model.toml").write_text(MODEL)
    text = STUDY.format(
        geometry=geometry,
        boundary=boundary,
        uptake=uptake,
        half=half,
        initial=initial,
        tolerance=tolerance,
    )
    tree = Study.from_text(text, folder=tmp_path).run().require_finished().tree
    return tree.attrs, tree["tumour"]["drug"].values[-1]


@pytest.mark.parametrize("initial", [1.0, 0.0])
@pytest.mark.parametrize(
    ("uptake", "half", "tolerance"),
    [(100.0, 1e-3, 1e-3), (100.0, 1e-3, 1e-4), (100.0, 1e-4, 1e-5), (25.0, 1e-4, 1e-4)],
)
def test_in_a_ball(tmp_path, uptake, half, tolerance, initial):
    faces = np.linspace(0.0, 1.0, 201)
    exact = steady(faces, faces**2, uptake, half)
    ball = 'shape = "ball"\nradius = "1 mm"\ncells = 200'
    attrs, found = run(tmp_path, ball, "rim", uptake, half, initial, tolerance)
    assert found == pytest.approx(exact, rel=1e-4, abs=1e-5)
    assert attrs["steps_accepted"] < 400


@pytest.mark.parametrize("initial", [1.0, 0.0])
def test_in_voxels(tmp_path, initial):
    faces = np.linspace(0.0, 1.0, 51)
    exact = steady(faces, np.ones(51), 20.0, 1e-3)
    box = 'shape = "box"\nlengths = ["1 mm", "0.1 mm"]\ncells = [50, 2]'
    attrs, found = run(tmp_path, box, "right", 20.0, 1e-3, initial, 1e-4)
    for row in found:
        assert row == pytest.approx(exact, rel=1e-4, abs=1e-5)
    assert attrs["steps_accepted"] < 400
