"""Animals that differ: log-normal factors on the numbers of a body and of its trafficking."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import Body, Organ
from cartflow.pbpk.trafficking import Trafficking


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Coefficients of variation of the factors, one factor an organ and kind of number.

    Factors are log-normal with median 1: exp(s z), ``s^2 = log(1 + cv^2)``, z normal. `volume`
    scales an organ with its vessels and interstitium, and the pools of blood and lymph;
    `blood_flow` and `lymph_flow` each organ's; the last three the trafficking model's rates.
    """

    volume: float = 0.0
    blood_flow: float = 0.0
    lymph_flow: float = 0.0
    transmigration_rate: float = 0.0
    retention: float = 0.0
    elimination_rate: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if not 0 <= value < math.inf:
                msg = f"spread: {entry.name} {value:g} must be a finite number, 0 or more"
                raise InputError(msg)


def log_normal(
    random: np.random.Generator, variation: float, size: int | None = None
) -> np.ndarray:
    """Return factors of median 1 with a coefficient of variation."""
    return np.exp(math.sqrt(math.log1p(variation**2)) * random.standard_normal(size))


def varied_body(body: Body, spread: Spread, random: np.random.Generator) -> Body:
    """Return a body like `body` whose organs, flows and pools differ, and close as they do."""
    organs = {name: _varied_organ(organ, spread, random) for name, organ in body.organs.items()}
    output = sum(o.blood_flow.value for name, o in organs.items() if name != "lung")
    organs["lung"] = replace(organs["lung"], blood_flow=_set(body.cardiac_output, output))
    venous = _scaled(body.venous_volume, spread.volume, random)
    arterial = _scaled(body.arterial_volume, spread.volume, random)
    blood = sum(o.vascular_volume.value for o in organs.values())
    blood += venous.value + arterial.value
    return replace(
        body,
        organs=organs,
        cardiac_output=_set(body.cardiac_output, output),
        blood_volume=_set(body.blood_volume, blood),
        venous_volume=venous,
        arterial_volume=arterial,
        lymph_node_volume=_scaled(body.lymph_node_volume, spread.volume, random),
    )


def varied_trafficking(
    trafficking: Trafficking, spread: Spread, random: np.random.Generator
) -> Trafficking:
    """Return a trafficking model like `trafficking` whose rates differ from organ to organ."""
    organs = {}
    for name, organ in trafficking.organs.items():
        changed = {}
        for key in ("transmigration_rate", "retention", "elimination_rate"):
            value = getattr(organ, key)
            factor = float(log_normal(random, getattr(spread, key)))
            if value is not None:
                changed[key] = value.times(factor, value.unit, "varied")
        organs[name] = replace(organ, **changed)
    return replace(trafficking, organs=organs)


def _varied_organ(organ: Organ, spread: Spread, random: np.random.Generator) -> Organ:
    size = float(log_normal(random, spread.volume))
    return Organ(
        volume=_times(organ.volume, size),
        vascular_volume=_times(organ.vascular_volume, size),
        interstitial_volume=_times(organ.interstitial_volume, size),
        blood_flow=_scaled(organ.blood_flow, spread.blood_flow, random),
        lymph_flow=_scaled(organ.lymph_flow, spread.lymph_flow, random),
    )


def _scaled(value: Parameter, variation: float, random: np.random.Generator) -> Parameter:
    return _times(value, float(log_normal(random, variation)))


def _times(value: Parameter, factor: float) -> Parameter:
    return value.times(factor, value.unit, "varied")


def _set(like: Parameter, value: float) -> Parameter:
    return like.times(value / like.value, like.unit, "what its parts add up to")
