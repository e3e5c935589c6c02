"""What measurements of a PEtab problem say of predictions, with slopes and information."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from cartflow.analyses.fit.petab.simulate import Simulated
from cartflow.analyses.fit.petab.tables import Tables
from cartflow.core.outcome import InputError

Array = np.ndarray
_LOG_2_PI = math.log(2.0 * math.pi)
SCALES, LAWS = ("lin", "log", "log10"), ("normal", "laplace")


class Said(NamedTuple):
    """Of each measurement: ``-ln L``, slopes to prediction and noise (2,), rows (2, 2), residual.

    The rows' outer products add up to the information on prediction and noise.
    """

    loss: Array
    slopes: Array
    rows: Array
    residual: Array


def log_likelihood(tables: Tables, found: Simulated) -> float:
    """Return ln L of all measurements, a density of the values themselves on every scale."""
    return -float(said(tables, found).loss.sum())


def said(tables: Tables, found: Simulated) -> Said:
    """Return what every measurement says. Raises `InputError` for a law that is not known."""
    value = tables.measurements["measurement"].to_numpy(float)
    names = tables.measurements["observableId"].astype(str).to_numpy()
    size = len(value)
    whole = Said(np.zeros(size), np.zeros((2, size)), np.zeros((2, 2, size)), np.zeros(size))
    for name, row in tables.observables.iterrows():
        here = names == name
        scale = _text(row, "observableTransformation", "lin")
        law = _text(row, "noiseDistribution", "normal")
        if scale not in SCALES or law not in LAWS:
            msg = f"{tables.name}: observable '{name}': noise '{law}' on the scale '{scale}' is "
            raise InputError(msg + "not known")
        with np.errstate(divide="ignore", invalid="ignore"):
            one = _said(value[here], found.predicted[here], found.noise[here], scale, law)
        for into, part in zip(whole, one, strict=True):
            into[..., here] = part
    return whole


def drawn(tables: Tables, found: Simulated, random: np.random.Generator, times: int = 20) -> Array:
    """Return new values (times, measurements) of every measurement, by its own law and scale."""
    names = tables.measurements["observableId"].astype(str).to_numpy()
    new = np.full((times, len(names)), np.nan)
    for name, row in tables.observables.iterrows():
        here = names == name
        scale = _text(row, "observableTransformation", "lin")
        draw = random.laplace if _text(row, "noiseDistribution", "normal") == "laplace" else None
        draw = draw or random.normal
        middle, noise = found.predicted[here], found.noise[here]
        size = {"lin": 0.0, "log": 1.0, "log10": math.log(10.0)}[scale]
        away = draw(0.0, noise, (times, int(here.sum())))
        new[:, here] = middle * np.exp(size * away) if size else middle + away
    return new


def _text(row: Any, column: str, default: str) -> str:
    cell = row.get(column, default)
    return cell if isinstance(cell, str) and cell else default


def _said(value: Array, middle: Array, noise: Array, scale: str, law: str) -> Said:
    jacobian, stretch = np.zeros_like(value), np.ones_like(value)
    if scale != "lin":
        size = 1.0 if scale == "log" else math.log(10.0)
        jacobian, stretch = np.log(value * size), 1.0 / (middle * size)
        value, middle = np.log(value) / size, np.log(middle) / size
    away = (value - middle) / noise
    rows = np.zeros((2, 2, len(value)))
    rows[0, 0] = stretch / noise
    if law == "laplace":
        loss = np.log(2.0 * noise) + jacobian + np.abs(away)
        slopes = np.array([-np.sign(away) * stretch / noise, (1.0 - np.abs(away)) / noise])
        rows[1, 1] = 1.0 / noise
        return Said(loss, slopes, rows, away)
    loss = 0.5 * (_LOG_2_PI + away**2) + np.log(noise) + jacobian
    slopes = np.array([-away * stretch / noise, (1.0 - away**2) / noise])
    rows[1, 1] = math.sqrt(2.0) / noise
    return Said(loss, slopes, rows, away)
