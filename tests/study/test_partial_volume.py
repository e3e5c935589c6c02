"""A study on a mask of filled shares: what it reads, what it refuses, what it runs to."""

import nibabel
import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

STUDY = """
title = "a ball in shares of voxels"
body.name = "mouse_28g"
trafficking.name = "khot2019"
geometry = {{ shape = "mask", file = "ball.nii.gz"{keys} }}
tumour = {{ host = "flank", egress_rate = "0 1/day" }}
kinetics.models = ["none"]
time.end = "1 day"
solver = {{ tolerance = 1e-3, mesh_check = true }}
[fields.cart]
diffusivity = "2 um^2/min"
[fields.cart.boundaries.rim]
type = "flux"
flux = "100 cells/mm^2/day"
"""
RADIUS, SPACING = 2.0, 0.25


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    parts, cells = 4, 20
    fine = (np.arange(parts * cells) - 0.5 * (parts * cells - 1)) * SPACING / parts
    inside = fine[:, None, None] ** 2 + fine[:, None] ** 2 + fine**2 <= RADIUS**2
    shares = inside.reshape(cells, parts, cells, parts, cells, parts).mean(axis=(1, 3, 5))
    folder = tmp_path_factory.mktemp("shares")
    affine = np.diag([SPACING] * 3 + [1.0])
    nibabel.save(nibabel.Nifti1Image(shares.astype(np.float32), affine), folder / "ball.nii.gz")
    return folder


def study(folder, keys):
    path = folder / "study.toml"
    path.write_text(STUDY.format(keys=keys), encoding="utf-8")
    return Study.from_file(path)


def test_a_flux_infuses_what_the_ball_lets_in(folder):
    result = study(folder, ", partial_volume = true").run()
    balance = result.tree["balance"].to_dataset().sum("phenotype")
    assert float(balance["infused"][-1]) == pytest.approx(100 * 4 * np.pi * RADIUS**2, rel=5e-3)
    assert np.abs(balance["residual"]).max() < 1e-10 * float(balance["infused"][-1])
    assert "mesh_error" in result.tree["errors"].to_dataset()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("", r"whole number; shares of voxels, from 0 to 1, are read with partial_volume = true"),
        (', partial_volume = true, surface = "staircase"', "surface: got 'staircase' beside"),
        (", partial_volume = true, split = 2", "split: got 2 beside partial_volume = true"),
        (", partial_volume = true, labels = { a = 1 }", "labels: got {'a': 1} beside"),
    ],
)
def test_what_does_not_go_with_shares_is_refused(folder, keys, message):
    with pytest.raises(InputError, match=message):
        assert study(folder, keys).simulation
