"""How measured values scatter about what is predicted: error models with derivatives.

A model gives for each value ``-ln L``, its derivatives to the prediction and to the model's own
numbers, and rows whose outer products add up to the information (Fisher's) on both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from cartflow.analyses.fit.scatter import SCATTER, Data, Scatter, sigma_of
from cartflow.core.outcome import InputError, require_known

Array = np.ndarray
_FREEDOM = 4.0


@dataclass(frozen=True, kw_only=True)
class ErrorModel:
    """An error model: its `kind`, and its numbers by name, None where they are estimated.

    ``relative`` numbers are plain, others have the unit of the observable.
    """

    kind: str
    numbers: dict[str, float | None]

    @property
    def estimated(self) -> list[str]:
        """The numbers that are estimated."""
        return [name for name, value in self.numbers.items() if value is None]

    def scatter(self, data: Data, predicted: Array, numbers: Array) -> Scatter:
        """Return how `data` lie about `predicted`, for values of all `numbers`."""
        return SCATTER[self.kind](data, predicted, numbers)

    def standardised(self, data: Data, predicted: Array, numbers: Array) -> Array:
        """Return residuals in standard deviations; nan below quantification."""
        if self.kind in COUNTS:
            mean = np.maximum(predicted, 1e-300)
            extra = mean**2 / numbers[0] if self.kind == "negative_binomial" else 0.0
            return (data.value - mean) / np.sqrt(mean + extra)
        sigma = sigma_of(self.kind, data, predicted, numbers).sigma
        if self.kind == "lognormal":
            return (np.log(data.value) - np.log(np.maximum(predicted, 1e-300))) / sigma
        return (data.value - predicted) / sigma

    def draw(
        self, data: Data, predicted: Array, numbers: Array, random: np.random.Generator
    ) -> Array:
        """Return new values about `predicted`, as they would scatter where `data` are."""
        if self.kind == "poisson":
            return random.poisson(np.maximum(predicted, 0.0)).astype(float)
        if self.kind == "negative_binomial":
            share = numbers[0] / (numbers[0] + np.maximum(predicted, 0.0))
            return random.negative_binomial(numbers[0], share).astype(float)
        sigma = sigma_of(self.kind, data, predicted, numbers).sigma
        if self.kind == "student":
            return predicted + sigma * random.standard_t(numbers[0], len(predicted))
        away = sigma * random.standard_normal(len(predicted))
        return predicted * np.exp(away) if self.kind == "lognormal" else predicted + away

    def spread(self, predicted: Array, numbers: Array, sd: float) -> tuple[Array, Array]:
        """Return where the middle 90 % of new values about `predicted` would lie."""
        return _spread(self.kind, predicted, numbers, sd)


# The numbers of each kind in the order in which they are written, and what they are taken as.
_KINDS: dict[str, dict[str, float | None]] = {
    "normal": {"sd": None},
    "lognormal": {"sd": None},
    "proportional": {"cv": None},
    "combined": {"sd": None, "cv": None},
    "student": {"freedom": _FREEDOM, "sd": None},
    "poisson": {},
    "negative_binomial": {"size": None},
    "measured": {},
    "weighted": {"factor": None},
}
PLAIN = ("cv", "size", "freedom", "factor")
# Numbers that all observables with such errors have in common.
SHARED = ("factor",)
# Kinds that need each value's own standard deviation.
WITH_SD = ("measured", "weighted")
COUNTS = ("poisson", "negative_binomial")
POSITIVE = ("lognormal", *COUNTS)


def read_error(text: str, what: str) -> ErrorModel:
    """Return the error model that `text` states: a kind, then numbers that are not estimated.

    ``normal``, ``lognormal 0.2``, ``combined 10 0.1``, ``student 4``; for its number alone to be
    estimated write ``?``. Raises `InputError` naming `what`.
    """
    kind, *rest = text.split() or [""]
    require_known(kind, _KINDS, what)
    names = _KINDS[kind]
    if len(rest) > len(names):
        msg = f"{what}: '{kind}' has {len(names)} number(s) ({', '.join(names)}), got {len(rest)}"
        raise InputError(msg)
    numbers = dict(names)
    for name, given in zip(names, rest, strict=False):
        numbers[name] = None if given == "?" else _positive(given, f"{what}: {kind}: {name}")
    if numbers.get("freedom", _FREEDOM) is None:
        msg = f"{what}: student: the degrees of freedom are given, not estimated"
        raise InputError(msg)
    return ErrorModel(kind=kind, numbers=numbers)


def _positive(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        msg = f"{what}: '{text[:40]}' must be a number greater than 0, or ?"
        raise InputError(msg)
    return value


def require_values(model: ErrorModel, data: Data, what: str) -> None:
    """Raise `InputError` where values cannot come from the error model."""
    seen = data.value[~data.censored]
    if model.kind in WITH_SD and not np.all(data.sd > 0):
        msg = f"{what}: error model '{model.kind}' needs a column 'sd' for every value"
        raise InputError(msg)
    if model.kind == "lognormal" and not np.all(seen > 0):
        msg = f"{what}: value {seen.min():g} is not above 0, as 'lognormal' needs; give an error "
        raise InputError(msg + "model, such as 'normal'")
    if model.kind in COUNTS and (np.any(seen < 0) or np.any(seen != np.round(seen))):
        msg = f"{what}: counts must be whole numbers from 0, as '{model.kind}' needs"
        raise InputError(msg)
    if model.kind in COUNTS and data.censored.any():
        msg = f"{what}: counts below quantification are not known to '{model.kind}'"
        raise InputError(msg)


def _spread(kind: str, predicted: Array, numbers: Array, sd: float) -> tuple[Array, Array]:
    tails = np.array([0.05, 0.95])
    if kind == "poisson":
        return tuple(special.pdtrik(tails[:, None], np.maximum(predicted, 1e-12)))
    if kind == "negative_binomial":
        from scipy.stats import nbinom

        size = float(numbers[0])
        low, high = nbinom.ppf(tails[:, None], size, size / (size + np.maximum(predicted, 1e-12)))
        return low, high
    data = Data(predicted, np.full(len(predicted), sd), predicted, np.zeros(len(predicted), bool))
    sigma = sigma_of(kind, data, predicted, numbers).sigma
    z = special.stdtrit(float(numbers[0]), tails) if kind == "student" else special.ndtri(tails)
    if kind == "lognormal":
        return predicted * np.exp(z[0] * sigma), predicted * np.exp(z[1] * sigma)
    return predicted + z[0] * sigma, predicted + z[1] * sigma
