"""Regions that are named: a tumour of one voxel has a rim, and an empty one is refused."""

import nibabel
import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

STUDY = """
title = "egress from the rim of a tumour of one voxel"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "mask"
file = "one_voxel.nii.gz"
[tumour]
host = "flank"
egress_region = "rim"
[kinetics]
models = ["none"]
[time]
end = "1 day"
every = "0.5 day"
"""
CORE_ONLY = {
    "geometry": {
        "shape": "slab",
        "length": "1 mm",
        "cells": 4,
        "layers": {"core": ["0 mm", "1 mm"]},
    },
}


@pytest.fixture
def folder(tmp_path):
    labels = np.zeros((3, 3, 3), np.uint8)
    labels[1, 1, 1] = 1
    image = nibabel.Nifti1Image(labels, np.diag([0.5, 0.5, 2.0, 1.0]))
    nibabel.save(image, tmp_path / "one_voxel.nii.gz")
    return tmp_path


def test_the_rim_of_one_voxel_is_that_voxel(folder):
    last = []
    for region in ("rim", "all"):
        of = Study.from_text(STUDY, folder=folder, settings={"tumour.egress_region": region})
        last.append(of.run().require_finished().tree["exchange/cumulative_egress"][-1, 0])
    assert float(last[0]) == float(last[1]) > 0.5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "tumour.egress_region: the region 'rim' holds no mesh cell"),
        (
            {"tumour.egress_region": "all", "tumour.injection_region": "rim"},
            "tumour.injection_region: the region 'rim' holds no mesh cell",
        ),
        (
            {"tumour.egress_region": "all", "fields.cart.regions.rim.removal": "1 1/day"},
            "fields.cart.regions: the region 'rim' holds no mesh cell",
        ),
        (
            {"tumour.egress_region": "all", "fields.cart.regions.rin.removal": "1 1/day"},
            "fields.cart.regions: unknown name 'rin'.*did you mean 'rim'",
        ),
    ],
)
def test_a_region_without_mesh_cells_is_refused_where_it_would_act(settings, message):
    with pytest.raises(InputError, match=message):
        _ = Study.from_text(STUDY, settings={**CORE_ONLY, **settings}).prepared
