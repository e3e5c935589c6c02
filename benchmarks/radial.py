"""A ball of 200 shells with four fields for 7 days: CAR T, exhausted, tumour, chemokine.

CAR T cells start in the outer millimetre and climb the chemokine that tumour cells secrete;
kinetics are the shipped `predator_prey_exhaustion` and `chemokine`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.engines import compare_engines
from cartflow.geometries.shapes.ball import ball
from cartflow.kinetics.files.load import combine, load
from cartflow.pde.boundary import FixedValue
from cartflow.pde.chemotaxis import Chemotaxis
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.tissue import Tissue

Array = np.ndarray

CELL_MOTILITY = 2.88e-3  # mm^2/day, 2 um^2/min
CHEMOKINE_DIFFUSIVITY = 8.64  # mm^2/day, 100 um^2/s
LARGEST_SPEED = 0.144  # mm/day, 0.1 um/min


def problem(shells: int) -> tuple[Problem, Array]:
    """Return the problem and its start."""
    geometry = ball(2.5, shells)
    models = [load("predator_prey_exhaustion"), load("chemokine")]
    network = combine("radial", models).with_parameters({"chemokine_decay_rate": "0.2 1/h"})
    n = geometry.size
    fields = {
        "cart": Field(
            name="cart",
            diffusivity=np.full(n, CELL_MOTILITY),
            chemotaxis=Chemotaxis(
                attractant="chemokine",
                law="logarithmic",
                sensitivity=0.2,
                half_saturation=1e-4,
                maximal_speed=LARGEST_SPEED,
            ),
        ),
        "exhausted": Field(name="exhausted", diffusivity=np.full(n, CELL_MOTILITY)),
        "tumour": Field(name="tumour"),
        "chemokine": Field(
            name="chemokine",
            solute=True,
            diffusivity=np.full(n, CHEMOKINE_DIFFUSIVITY),
            boundaries={"rim": FixedValue(value=0.0)},
        ),
    }
    stated = Problem(
        geometry=geometry,
        network=network,
        fields=tuple(fields[name] for name in network.species_names),
        tissue=Tissue(porosity=np.full(n, 0.2), hindrance=Hindrance(tortuosity=1.6)),
        egress=np.zeros(n),
    )
    radius = geometry.centres[:, 0]
    start = {
        "cart": 1e3 * np.exp(-(((radius - 2.0) / 0.2) ** 2)),
        "tumour": np.full(n, 2e4),
    }
    rows = [start.get(name, np.zeros(n)) for name in network.species_names]
    return stated, np.array(rows)


def run(
    *,
    shells: int = 200,
    end: float = 7.0,
    tolerances: Sequence[float] = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7),
    steps: Sequence[float] = (0.05, 0.0125, 0.005, 0.0025, 0.00125, 0.000625),
) -> dict[str, Any]:
    """Compare cartflow's engines at equal error."""
    stated, start = problem(shells)
    return compare_engines(
        stated,
        start,
        end,
        title=f"Ball of {shells} shells, 4 fields, chemotaxis",
        goals={"FipyEngine": 200.0},
        tolerances=tolerances,
        steps=steps,
        reference_tolerances=(1e-7, 1e-8),
        finer=problem(4 * shells),
    )
