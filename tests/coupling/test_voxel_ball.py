"""Fluxes and films on a ball of voxels act on the ball's own surface, in both engines."""

import math

import nibabel
import numpy as np
import pytest

from cartflow.study.study import Study

RADIUS, SPACING = 2.0, 0.25  # mm: eight voxels a radius
STUDY = """
title = "a ball and its voxels"
body.name = "mouse_28g"
trafficking.name = "khot2019"
geometry = {{ {geometry} }}
tumour = {{ host = "flank", egress_rate = "0 1/day" }}
kinetics.models = ["none"]
time.end = "1 day"
solver = {{ engine = "{engine}", tolerance = 1e-3 }}
[fields.cart]
{field}
[fields.cart.boundaries.rim]
{condition}
"""
BALL = f'shape = "ball", radius = "{RADIUS} mm", cells = 40'


@pytest.fixture(scope="module")
def voxels(tmp_path_factory):
    # Off the middle of a voxel, so that faces do not all lie at the same heights.
    axis = [np.arange(-1.3, 1.3, 1 / 8 / 1.0001) * RADIUS + o for o in (0.03, 0.08, 0.11)]
    x, y, z = np.meshgrid(*axis, indexing="ij")
    labels = (x**2 + y**2 + z**2 <= RADIUS**2).astype(np.int16)
    path = tmp_path_factory.mktemp("ball") / "ball.nii.gz"
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([SPACING] * 3 + [1.0])), path)
    return f'shape = "mask", file = "{path}"'


def balance(geometry, field, condition, engine="fast"):
    text = STUDY.format(geometry=geometry, field=field, condition=condition, engine=engine)
    return Study.from_text(text).run().tree["balance"].to_dataset().sum("phenotype")


@pytest.mark.parametrize("engine", ["fast", "fipy"])
def test_a_flux_infuses_what_the_true_surface_lets_in(voxels, engine):
    condition = 'type = "flux"\nflux = "100 cells/mm^2/day"'
    infused = balance(voxels, 'diffusivity = "2 um^2/min"', condition, engine)["infused"][-1]
    assert float(infused) == pytest.approx(100 * 4 * math.pi * RADIUS**2, rel=0.01)


@pytest.mark.parametrize("engine", ["fast", "fipy"])
def test_a_film_loses_what_it_loses_on_the_exact_ball(voxels, engine):
    field = 'diffusivity = "60 um^2/min"\ninitial = "1e4 cells/mm^3"'
    condition = 'type = "robin"\ntransfer_coefficient = "0.02 mm/day"'
    inside = [balance(g, field, condition, engine)["in_tumour"] for g in (BALL, voxels)]
    exact, found = (1 - float(i[-1] / i[0]) for i in inside)
    assert found == pytest.approx(exact, rel=0.01)
