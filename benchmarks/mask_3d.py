"""A glioma patient's lesion at 1 mm, three fields for 3 days, D in grey to white matter 1 : 5.

The mask (`gliomasolver_patient`: enhancing core and oedema) is not part of cartflow; its folder
is ``../shared/data`` beside the repository, or CARTFLOW_DATA. Without it the case is left out.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engines import compare_engines, law_from_coarser
from cartflow.geometries.geometry import Geometry
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.images.reading import read_image
from cartflow.kinetics.files.load import combine, load
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue

Array = np.ndarray

LABELS = {"grey": 1, "white": 2, "enhancing": 3}
GREY_TUMOUR, GREY_CART = 0.026, 2.88e-3  # mm^2/day
WHITE_TO_GREY = 5.0


def data_folder() -> Path:
    """Return where the patient's images should be."""
    given = os.environ.get("CARTFLOW_DATA")
    root = Path(given) if given else Path(__file__).parents[2] / "shared" / "data"
    return root / "gliomasolver_patient"


def geometry(folder: Path, coarsen: int = 1) -> Geometry:
    """Return core and oedema in grey and white matter."""
    names = ("tumT1c.nii.gz", "tumFLAIR.nii.gz", "WM.nii.gz")
    core, oedema, white = (read_image(folder / name) for name in names)
    labels = np.where(oedema.labels > 0, np.where(white.labels > 0, 2, 1), 0)
    labels = np.where(core.labels > 0, 3, labels)
    return voxel_mask(labels, oedema.affine, LABELS, largest_component=True, coarsen=coarsen)


def problem(place: Geometry) -> tuple[Problem, Array]:
    """Return the problem and its start on `place`."""
    models = [load("predator_prey"), load("chemokine")]
    network = combine("mask", models).with_parameters({"chemokine_decay_rate": "1 1/h"})
    tissue = np.where(place.region("white"), WHITE_TO_GREY, 1.0)
    fields = {
        "cart": Field(name="cart", diffusivity=GREY_CART * tissue),
        "tumour": Field(name="tumour", diffusivity=GREY_TUMOUR * tissue),
        "chemokine": Field(name="chemokine", solute=True, diffusivity=np.full(place.size, 8.64)),
    }
    stated = Problem(
        geometry=place,
        network=network,
        fields=tuple(fields[name] for name in network.species_names),
        tissue=Tissue(porosity=np.full(place.size, 0.2), hindrance=Hindrance(tortuosity=1.6)),
        egress=np.zeros(place.size),
    )
    core = place.region("enhancing")
    start = {"tumour": np.where(core, 5e4, 5e3), "cart": np.where(core, 20.0, 200.0)}
    rows = [start.get(name, np.zeros(place.size)) for name in network.species_names]
    return stated, np.array(rows)


def run(
    *,
    coarsen: int = 1,
    end: float = 3.0,
    tolerances: Sequence[float] = (1e-2, 1e-3, 1e-4, 1e-5),
    steps: Sequence[float] = (0.05, 0.025, 0.0125),
    coarser: int = 6,
) -> dict[str, Any]:
    """Compare cartflow's engines at equal error, or say why not."""
    folder = data_folder()
    if not folder.is_dir():
        return {"title": "Glioma patient's mask", "skipped": f"{folder} is absent"}
    stated, start = problem(geometry(folder, coarsen))
    law = law_from_coarser(
        *problem(geometry(folder, coarsen * coarser)), end, steps, blocks=coarsen * coarser
    )
    return compare_engines(
        stated,
        start,
        end,
        title=f"Glioma patient's mask, {stated.geometry.size} cells, 3 fields",
        goals={"FipyEngine": 150.0},
        tolerances=tolerances,
        steps=steps,
        reference_tolerances=(1e-6, 2e-7),
        law=law,
    )
