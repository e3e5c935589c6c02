"""Labelled T cells in mice and rats, as measured, beside every trafficking model with organs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np

from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import HOUR, Array, course, given, held
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.validation.bodies.khot_curves import HOURS, MEASURED
from cartflow.validation.bodies.khot_rows import TISSUES, per_gram
from cartflow.validation.bodies.pet_rows import MEASURED as PET


class Series(NamedTuple):
    """Some measurements: their title, the bodies, the source, and what was injected."""

    title: str
    species: str
    reference: str
    cells: str


class Value(NamedTuple):
    """One number measured: where, at which hour, in % of the dose or (`per_gram`) % per g."""

    series: str
    organs: tuple[str, ...]
    hour: float
    percent: float
    per_gram: bool = False


# The abstracts give the lung of mice and both rats' numbers; 6.4 % stands for 2 to 4 h.
SERIES = {
    "khot": Series("51Cr, mouse", "mouse", "khot2019", "activated splenic T cells, 51Cr"),
    "pet": Series("PET, mouse", "mouse", "lee2020", "CAR T cells of a T cell line, 89Zr"),
    "lung": Series("111In, mouse lung", "mouse", "c3h_lymphocytes1979", "lymphocytes, 111In or 3H"),
    "duct": Series("3H, rat", "rat", "rat_duct_lymphocytes1973", "duct lymphocytes, 3H-uridine"),
    "rat": Series("51Cr, rat lung", "rat", "rat_t_lymphocytes1984", "T cells, 51Cr or 111In"),
}
VALUES = (
    *(
        Value("khot", (tissue,), hour, percent, per_gram=True)
        for tissue in TISSUES
        for hour, percent in zip(HOURS, MEASURED[tissue], strict=True)
    ),
    *(Value("pet", (organ,), day / HOUR, mean) for (organ, day), (mean, _) in PET.items()),
    Value("lung", ("lung",), 0.5, 12.0),
    Value("duct", ("lung", "liver"), 0.5, 50.0),
    Value("rat", ("lung",), 3.0, 6.4),
    Value("rat", ("lung",), 48.0, 0.8),
)
# Models whose cells enter organs, and the organs that they tell apart (all, if none is named).
# The others say nothing of organs: a limit by perfusion, a tumour or marrow fed from all blood.
MODELS: Mapping[str, tuple[str, ...]] = {
    "khot2019": (),
    "singh2020": (),
    "tsai2022_liver": ("lung", "liver", "spleen"),
    "tsai2022_pleural": ("lung",),
    "ganusov2014": ("lung", "liver", "spleen"),
}
_BODIES = {"mouse": "mouse_28g", "rat": "rat_250g"}


def body_of(model: str, species: str) -> str:
    """Return the body that a model is run in: its own, or a whole one of the species."""
    own = load_trafficking(model).made_for
    return own.name if own.species == species else _BODIES[species]


def applying(model: str, series: str) -> list[Value]:
    """Return the values of a series in organs that the model tells apart."""
    apart = MODELS[model]
    return [v for v in VALUES if v.series == series and (not apart or set(v.organs) <= set(apart))]


def modelled(model: str, values: Iterable[Value]) -> Array:
    """Return what a model gives for each of the `values`, cells not labels, in their unit."""
    return np.array([_one(model, value) for value in values])


def misfit(model: str, series: str) -> tuple[float, int]:
    """Return the rms of log10(model / measured) over a series, and of how many numbers it is.

    nan and 0 where the model says nothing of the organs measured.
    """
    values = applying(model, series)
    if not values:
        return float("nan"), 0
    gaps = np.log10(modelled(model, values) / [v.percent for v in values])
    return float(np.sqrt(np.mean(gaps**2))), len(values)


def lung_at_half_an_hour(model: str) -> float:
    """Return the % of the dose in a mouse's lung half an hour after injection."""
    return float(modelled(model, [v for v in VALUES if v.series == "lung"])[0])


@cache
def _run_in(model: str, species: str) -> tuple[Body, OrganNetwork]:
    body = load_body(body_of(model, species))
    return body, organ_network(body, load_trafficking(model))


def _one(model: str, value: Value) -> float:
    body, network = _run_in(model, SERIES[value.series].species)
    if value.per_gram:
        (organ,) = value.organs
        return float(per_gram(body, network, [organ], [value.hour])[organ][0])
    cells = course(network, given(network), np.array([value.hour * HOUR]))
    return 100 * float(held(network, cells, value.organs)[0])
