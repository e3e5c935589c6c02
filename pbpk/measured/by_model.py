"""Measured tables beside every trafficking model with organs: cells by organ, and the misfit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np

from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import HOUR, Array, course, given, held
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.measured.table import Measured, Tissue

Value = tuple[Tissue, float, float]

# Models whose cells enter organs, and the organs that they tell apart (all, if none is named).
# The others say nothing of organs: a limit by perfusion, a tumour or marrow fed from all blood.
MODELS: Mapping[str, tuple[str, ...]] = {
    "khot2019": (),
    "singh2020": (),
    "tsai2022_liver": ("lung", "liver", "spleen"),
    "tsai2022_pleural": ("lung",),
    "ganusov2014": ("lung", "liver", "spleen"),
}
_BODIES = {"mouse": "mouse_28g", "rat": "rat_250g", "human": "human_male"}
# Nothing of these depends on the trafficking model's organs alone: a tumour has vessels of its
# own, and what stands in blood at an hour is cells in transit.
_NO_ORGANS = {"blood", "tumour"}


def body_of(model: str, species: str) -> str:
    """Return the body that a model is run in: its own, or a whole one of the species."""
    own = load_trafficking(model).made_for
    return own.name if own.species == species else _BODIES[species]


def applying(model: str, measured: Measured) -> list[Value]:
    """Return the numbers of a table in organs that the model tells apart."""
    apart = MODELS[model]
    return [
        value
        for value in measured.values()
        if (organs := set(value[0].organs))
        and not organs & _NO_ORGANS
        and (not apart or organs <= set(apart))
    ]


def modelled(model: str, measured: Measured, values: Iterable[Value]) -> Array:
    """Return what a model gives for each of the `values`, cells not labels, in the table's unit."""
    body, network = _run_in(model, measured.species)
    return np.array([_one(body, network, measured, value) for value in values])


def misfit(model: str, measured: Measured) -> tuple[float, int]:
    """Return the rms of log10(model / measured) over a table, and of how many numbers it is.

    nan and 0 where the model says nothing of the organs measured.
    """
    values = applying(model, measured)
    if not values:
        return float("nan"), 0
    gaps = np.log10(modelled(model, measured, values) / [percent for *_, percent in values])
    return float(np.sqrt(np.mean(gaps**2))), len(values)


@cache
def _run_in(model: str, species: str) -> tuple[Body, OrganNetwork]:
    body = load_body(body_of(model, species))
    return body, organ_network(body, load_trafficking(model))


def _one(body: Body, network: OrganNetwork, measured: Measured, value: Value) -> float:
    tissue, hour, _ = value
    cells = course(network, given(network), np.array([hour * HOUR]))
    percent = 100 * float(held(network, cells, tissue.organs)[0])
    if measured.unit == "%":
        return percent
    return percent / (sum(body.organs[name].volume.value for name in tissue.organs) / 1e3)
