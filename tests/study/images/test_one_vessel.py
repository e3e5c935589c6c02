"""Around one vessel: Krogh's cylinder in shells, and a line source in voxels, exactly."""

import numpy as np
import pytest
from scipy.special import k0

from cartflow import Study

WALL, RADIUS, DIFFUSIVITY, USE, FIRST = 4e-3, 38e-3, 2e-3 * 86400, 0.5 * 86400, 1.7
OXYGEN = """
title = "Oxygen that tissue uses at a constant rate"
[species.oxygen]
role = "solute"
unit = "ng/mm^3"
[parameters.use]
value = "0.5 ng/mm^3/s"
source = "assumed"
standing = "assumed"
[reactions.use]
consumes = { oxygen = 1 }
rate = "use"
per = "tissue"
"""
REST = """
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[tumour]
host = "flank"
[kinetics]
models = ["none", "oxygen.toml"]
"""
KROGH = f"""title = "Oxygen around one capillary"
{REST}
[geometry]
shape = "cylindrical_shell"
inner_radius = "4 um"
radius = "38 um"
cells = 30
grading = 4
[fields.oxygen]
initial = "1.7 ng/mm^3"
diffusivity = "2000 um^2/s"
[fields.oxygen.boundaries.wall]
type = "fixed_value"
value = "1.7 ng/mm^3"
[time]
end = "10 s"
"""
LINE = f"""title = "A solute out of one vessel"
{REST}
[geometry]
shape = "box"
lengths = ["2 mm", "2 mm"]
cells = [61, 61]
[fields.oxygen]
diffusivity = "0.4 mm^2/day"
[fields.oxygen.regions.all]
removal = "10 1/day"
supply = {{ law = "line_source", vessels = "one.csv", strength = "3 ng/mm/day" }}
[time]
end = "2 days"
"""


def steady(text, folder, **settings):
    study = Study.from_text(text, folder=folder, settings=settings)
    return study.geometry, study.run().tree["tumour/oxygen"].isel(time=-1).values.ravel()


def from_krogh(folder, cells, engine):
    """Return the largest deviation from Krogh and Erlang's profile, as a share of the wall's value.

    c = c_w + M/(4 D) (r^2 - a^2) - M R^2/(2 D) ln(r/a), all used up between a and R.
    """
    given = {"geometry.cells": cells, "solver.engine": engine}
    geometry, found = steady(KROGH, folder, **given)
    r = geometry.centres[:, 0]
    even = USE / (4 * DIFFUSIVITY) * (r**2 - WALL**2)
    exact = FIRST + even - USE * RADIUS**2 / (2 * DIFFUSIVITY) * np.log(r / WALL)
    return np.abs(found - exact).max() / FIRST


@pytest.mark.parametrize("engine", ["fast", pytest.param("fipy", marks=pytest.mark.slow)])
def test_oxygen_around_a_cord_is_krogh_and_erlang_s(tmp_path, engine):
    (tmp_path / "oxygen.toml").write_text(OXYGEN)
    coarse, fine = (from_krogh(tmp_path, cells, engine) for cells in (30, 60))
    assert coarse < 1e-3
    assert np.log2(coarse / fine) > 1.9


def test_a_line_source_in_voxels_is_that_of_a_line(tmp_path):
    """c = q/(2 pi D) K0(r sqrt(k/D)), a few voxels from the line."""
    model = OXYGEN.replace('value = "0.5 ng', 'value = "0.0 ng')
    (tmp_path / "oxygen.toml").write_text(model)
    table = "x1_mm,y1_mm,z1_mm,x2_mm,y2_mm,z2_mm\n1,1,0,1,1,1\n"
    (tmp_path / "one.csv").write_text(table)
    geometry, found = steady(LINE, tmp_path)
    far = np.linalg.norm(geometry.centres - 1.0, axis=1)
    exact = 3.0 / (2 * np.pi * 0.4) * k0(far * np.sqrt(10 / 0.4))
    about = (far > 0.15) & (far < 0.45)
    np.testing.assert_allclose(found[about], exact[about], rtol=0.01)
    np.testing.assert_allclose(10 * found @ geometry.cell_volumes, 3.0, rtol=1e-4)
