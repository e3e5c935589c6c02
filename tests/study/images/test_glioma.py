"""A patient's glioma: tissue maps, tumour and brain as they were segmented, in one study."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from cartflow import Study

DATA = Path(__file__).parents[3].parent / "shared/data/gliomasolver_patient"
STUDY = """
title = "A glioma"
[body]
name = "human_male"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e7 cells"
route = "intraventricular"
[geometry]
shape = "mask"
file = "brain.nii.gz"
labels = { grey = 1, white = 2 }
largest_component = true
[tumour]
host = "brain"
cavity_entry_rate = "0.1 1/day"
vessel_density = { image = "tumT1c.nii.gz", clip = [0, 1] }
[kinetics]
models = ["predator_prey"]
parameters = { growth_rate = "0.025 1/day" }
[fields.tumour]
initial = { image = "tumT1c.nii.gz", unit = "cells/mm^3", scale = 5e4, clip = [0, 5e4] }
[fields.tumour.diffusivity]
law = "grey_white"
grey = "GM.nii.gz"
white = "WM.nii.gz"
in_white = "0.0013 cm^2/day"
[fields.cart]
diffusivity = "2 um^2/min"
[time]
end = "2 days"
[solver]
mesh_check = false
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the patient's images are not there"),
]


def folder_of(place, first, last):
    """Put the maps, and the brain between two corners with labels, into a folder."""
    for name in ("GM", "WM", "tumT1c"):
        (place / f"{name}.nii.gz").symlink_to((DATA / f"{name}.nii.gz").resolve())
    grey, white = (nib.load(DATA / f"{n}.nii.gz").get_fdata() > 0 for n in ("GM", "WM"))
    labels = (grey + 2 * white).astype(np.uint8)
    part = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    affine = np.eye(4)
    affine[:3, 3] = first
    nib.save(nib.Nifti1Image(labels[part], affine), place / "brain.nii.gz")
    return place


def tumour_above(tree, least):
    """Return the cells, and the volume where there are more than `least` per mm3, at the end."""
    tumour = tree["tumour"].to_dataset()
    field, volumes = tumour["tumour"].isel(time=-1).values, tumour["cell_volume"].values
    return np.array([np.nansum(field * volumes), volumes[field > least].sum()])


def test_maps_meet_the_mesh_in_the_world(tmp_path):
    folder = folder_of(tmp_path, (144, 126, 69), (189, 177, 124))
    study = Study.from_text(STUDY, folder=folder)
    geometry, simulation = study.geometry, study.simulation
    tumour = study.kinetics.index("tumour")
    diffusivity = simulation.coupled.engine.problem.fields[tumour].diffusivity
    np.testing.assert_allclose(diffusivity[geometry.region("white")], 0.13, rtol=1e-12)
    np.testing.assert_allclose(diffusivity[geometry.region("grey")], 0.026, rtol=1e-12)
    cells = simulation.initial[tumour] @ geometry.cell_volumes
    # The core's 25,603 voxels of 1 mm3.
    np.testing.assert_allclose(cells, 25_603 * 5e4, rtol=1e-3)
    coarse = study.with_settings({"geometry.coarsen": 2, "time.end": "1 day"})
    again = coarse.simulation.initial[tumour] @ coarse.geometry.cell_volumes
    np.testing.assert_allclose(again, cells, rtol=1e-12)
    assert coarse.run().require_finished().summary()["relative_residual"] < 1e-12


def test_half_the_voxel_changes_volumes_by_less_than_two_percent(tmp_path):
    folder = folder_of(tmp_path, (147, 129, 72), (186, 174, 121))
    settings = {"time.end": "20 days", "time.save": ["20 days"], "doses": []}
    one = Study.from_text(STUDY, folder=folder, settings=settings)
    half = one.with_settings({"geometry.split": 2})
    found = [s.run().require_finished().tree for s in (one, half)]
    for least in (1e3, 1e4, 5e4):
        coarse, fine = (tumour_above(tree, least) for tree in found)
        np.testing.assert_allclose(coarse, fine, rtol=0.02)
