"""Members drawn from ranges: Sobol points or a Latin hypercube."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
from scipy.stats import qmc

from cartflow.analyses.sweep.axes import Axis
from cartflow.analyses.sweep.choices import Interval, of_numbers
from cartflow.analyses.sweep.plan import MOST_MEMBERS, number_name
from cartflow.core import arguments
from cartflow.core.outcome import InputError, nearest, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.units.conversion import to_internal
from cartflow.study.overrides import errors_named

Array = np.ndarray
Sampling = Literal["sobol", "latin"]
_LARGEST_SEED = 2**32 - 1
_MOST_NUMBERS = 1000


def drawn(
    ranges: Sequence[Interval],
    numbers: Mapping[str, Parameter],
    samples: int,
    sampling: str,
    seed: int,
) -> Axis:
    """Return `samples` members drawn from `ranges`; without any, from those that numbers carry.

    A number's own range is drawn evenly in log where it is above zero. The same seed gives the
    same members. Raises `InputError`.
    """
    samples = arguments.whole_number(samples, "--sample", 1, MOST_MEMBERS)
    seed = arguments.whole_number(seed, "--seed", 0, _LARGEST_SEED)
    require_known(sampling, get_args(Sampling), "--sampling")
    wanted = list(ranges) or [Interval(key=n) for n, p in numbers.items() if p.bounds is not None]
    if not wanted:
        raise InputError(
            "sweep: --sample: no number of the study carries a range; give --over KEY=LOW..HIGH"
        )
    if len(wanted) > _MOST_NUMBERS:
        msg = f"sweep: --sample: {len(wanted)} numbers vary; at most {_MOST_NUMBERS} may"
        raise InputError(msg)
    known = [_known(each, numbers) for each in wanted]
    drawn_points = points(len(known), samples, sampling, seed)
    columns = [_between(each, column) for each, column in zip(known, drawn_points.T, strict=True)]
    choices = [
        of_numbers(each.key, column.tolist(), each.unit, f"--over {each.key}")
        for each, column in zip(known, columns, strict=True)
    ]
    return Axis(name="", choices=tuple(choices))


def _known(each: Interval, numbers: Mapping[str, Parameter]) -> Interval:
    """Return the range with its bounds. Raises `InputError` on an unknown number or dimension."""
    name = number_name(each.key)
    number = numbers.get(name)
    if number is None and each.bounds is None:
        msg = f"sweep: {each.key}: is no number of the study{nearest(name, numbers)}"
        raise InputError(msg)
    if each.bounds is not None:
        if number is not None:
            with errors_named(f"sweep: {each.key}"):
                to_internal(f"1 {each.unit}", number.unit)
        return each
    assert number is not None
    if number.bounds is None:
        msg = (
            f"sweep: {each.key}: carries no range ({number.stated}, {number.standing}); give "
            f"--over {each.key}=LOW..HIGH UNIT"
        )
        raise InputError(msg)
    low, high = number.bounds
    return Interval(key=each.key, bounds=(low, high), unit=number.unit, evenly_in_log=low > 0)


def points(dimensions: int, samples: int, sampling: str, seed: int) -> Array:
    """Return `samples` points between 0 and 1 in so many `dimensions`."""
    random = np.random.default_rng(seed)
    if sampling == "latin":
        return np.asarray(qmc.LatinHypercube(dimensions, seed=random).random(samples))
    with warnings.catch_warnings():
        # Fewer points than a power of two are evenly spread, too, but for their balance.
        warnings.filterwarnings("ignore", message="The balance properties", category=UserWarning)
        return np.asarray(qmc.Sobol(dimensions, seed=random).random(samples))


def _between(each: Interval, shares: Array) -> Array:
    assert each.bounds is not None
    low, high = each.bounds
    if each.evenly_in_log:
        return np.asarray(np.clip(low * (high / low) ** shares, low, high))
    return np.asarray(np.clip(low + (high - low) * shares, low, high))
