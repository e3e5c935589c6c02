"""What measurements of a PEtab problem say of predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from cartflow.analyses.fit.petab.simulate import Simulated
from cartflow.analyses.fit.petab.tables import Tables
from cartflow.core.outcome import InputError

Array = np.ndarray
_LOG_2_PI = float(np.log(2.0 * np.pi))


def log_likelihood(tables: Tables, found: Simulated) -> float:
    """Return ln L of all measurements, a density of the values themselves on every scale."""
    value = tables.measurements["measurement"].to_numpy(float)
    names = tables.measurements["observableId"].astype(str).to_numpy()
    total = 0.0
    for name, row in tables.observables.iterrows():
        here = names == name
        scale, law = _text(row, "observableTransformation", "lin"), _law(row)
        total += float(
            _logs(value[here], found.predicted[here], found.noise[here], scale, law).sum()
        )
    return total


def _text(row: Any, column: str, default: str) -> str:
    cell = row.get(column, default)
    return cell if isinstance(cell, str) and cell else default


def _law(row: Any) -> str:
    return _text(row, "noiseDistribution", "normal")


def _logs(value: Array, middle: Array, noise: Array, scale: str, law: str) -> Array:
    if scale not in ("lin", "log", "log10") or law not in ("normal", "laplace"):
        msg = f"noise '{law}' on the scale '{scale}' is not known"
        raise InputError(msg)
    jacobian = np.zeros_like(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale != "lin":
            size = 1.0 if scale == "log" else np.log(10.0)
            jacobian = np.log(value * size)
            value, middle = np.log(value) / size, np.log(middle) / size
        away = (value - middle) / noise
        if law == "laplace":
            return -np.log(2.0 * noise) - jacobian - np.abs(away)
        return -0.5 * (_LOG_2_PI + away**2) - np.log(noise) - jacobian
