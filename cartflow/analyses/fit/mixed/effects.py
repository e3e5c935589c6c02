"""What differs between subjects: random effects and covariates, as they are written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cartflow.analyses.fit.parameters import Parameter
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.core import arguments
from cartflow.core.outcome import InputError, require_known
from cartflow.core.units.quantities import split

Array = np.ndarray
FORMS = "KEY=(COLUMN/70)^?, KEY=COLUMN^0.75, KEY=exp(?*COLUMN) or KEY=exp(?*(COLUMN - 40))"
_NAME, _NUMBER = r"([A-Za-z][A-Za-z0-9_.]*)", r"([0-9.]+(?:[eE][+-]?[0-9]+)?)"
_SIZE = r"(\?|-?[0-9.]+(?:[eE][+-]?[0-9]+)?)"
_POWERS = (rf"{_NAME}\^{_SIZE}", rf"\({_NAME}/{_NUMBER}\)\^{_SIZE}")
_EXPONENTIALS = (rf"exp\({_SIZE}\*{_NAME}\)", rf"exp\({_SIZE}\*\({_NAME}-{_NUMBER}\)\)")


@dataclass(frozen=True, kw_only=True)
class Covariate:
    """How a subject's number follows a column: ``(x/centre)^size``, ``exp(size*(x - centre))``.

    `size` is None where it is estimated.
    """

    key: str
    column: str
    form: Literal["power", "exponential"]
    centre: float
    size: float | None

    @property
    def name(self) -> str:
        """What its size is called."""
        return f"{self.column} on {self.key}"

    def shift(self, value: float) -> float:
        """Return what a size of 1 adds to the logarithm of the number."""
        return math.log(value / self.centre) if self.form == "power" else value - self.centre


def read_random(texts: Sequence[str], numbers: Sequence[Parameter]) -> list[tuple[str, ...]]:
    """Return the blocks of numbers that have random effects; those of a block are correlated.

    A text is a key, or several with commas. Raises `InputError`.
    """
    keys = [p.key for p in numbers]
    blocks = [tuple(key.strip() for key in t.split(",")) for t in arguments.names(texts, "random")]
    seen: list[str] = []
    for key in (key for block in blocks for key in block):
        require_known(key, keys, "--random: what varies")
        if key in seen:
            msg = f"--random {key}: is given twice"
            raise InputError(msg)
        seen.append(key)
    if not blocks:
        msg = "random: no number differs between subjects; give --random KEY"
        raise InputError(msg)
    return blocks


def read_covariates(
    texts: Mapping[str, Sequence[str]], numbers: Sequence[Parameter]
) -> list[Covariate]:
    """Return the covariates of each key. Raises `InputError` naming the text."""
    logged = {p.key: p.logarithmic for p in numbers}
    found = []
    for key, forms in texts.items():
        require_known(key, list(logged), "--covariate: what varies")
        if not logged[key]:
            msg = f"--covariate {key}: is sought on a linear scale; its range must be above 0"
            raise InputError(msg)
        found += [_covariate(key, text) for text in arguments.names(forms, f"covariate {key}")]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            msg = f"--covariate: {name} is given twice"
            raise InputError(msg)
    return found


def _covariate(key: str, text: str) -> Covariate:
    plain = "".join(text.split())
    for pattern in _POWERS:
        if match := re.fullmatch(pattern, plain):
            column, *centre, size = match.groups()
            return _checked(key, text, column, "power", centre or ["1"], size)
    for pattern in _EXPONENTIALS:
        if match := re.fullmatch(pattern, plain):
            size, column, *centre = match.groups()
            return _checked(key, text, column, "exponential", centre or ["0"], size)
    msg = f"--covariate {key}={text[:60]}: written is {FORMS}"
    raise InputError(msg)


def _checked(
    key: str,
    text: str,
    column: str,
    form: Literal["power", "exponential"],
    centre: Sequence[str],
    size: str,
) -> Covariate:
    try:
        middle, own = float(centre[0]), None if size == "?" else float(size)
    except ValueError:
        msg = f"--covariate {key}={text[:60]}: written is {FORMS}"
        raise InputError(msg) from None
    if form == "power" and not middle > 0:
        msg = f"--covariate {key}={text[:60]}: {middle:g} must be above 0"
        raise InputError(msg)
    return Covariate(key=key, column=column, form=form, centre=middle, size=own)


def shifts(covariates: Sequence[Covariate], data: Measurements) -> Array:
    """Return what each covariate, of size 1, adds to its number: (subjects, covariates).

    Raises `InputError` naming the subject and the column.
    """
    found = np.zeros((len(data.subjects), len(covariates)))
    for place, each in enumerate(covariates):
        where = f"{data.source}: covariate '{each.column}'"
        if each.column in data.changing:
            raise InputError(data.changing[each.column])
        require_known(each.column, list(data.extras), f"{data.source}: covariate")
        for row, subject in enumerate(data.subjects):
            text = data.extras[each.column].get(subject)
            try:
                value = split(text)[0] if text is not None else math.nan
            except InputError:
                value = math.nan
            if not math.isfinite(value) or (each.form == "power" and value <= 0):
                msg = f"{where}: subject '{subject}' has '{text or ''}'; it must be a number"
                raise InputError(msg + " above 0" * (each.form == "power"))
            found[row, place] = each.shift(value)
        if each.size is None and np.ptp(found[:, place]) == 0:
            msg = f"{where}: is the same for all subjects, so that its effect cannot be known"
            raise InputError(msg)
    return found
