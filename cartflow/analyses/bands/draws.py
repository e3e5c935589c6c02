"""What each body's tumour gets with other values of the numbers behind every model and rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from cartflow.analyses.bands.spread import (
    BY_CHOICE,
    BY_DRAW,
    BY_NUMBER,
    CHOICES,
    most_and_least,
    with_shares,
)
from cartflow.analyses.compare import settings_in
from cartflow.analyses.delivery import network_delivery
from cartflow.analyses.sweep.draws import points
from cartflow.core import arguments
from cartflow.core.dataset import label, without_fill
from cartflow.core.outcome import InputError
from cartflow.core.paths import as_path
from cartflow.pbpk.variation.ranges import ranges
from cartflow.study.numbers import study_setting
from cartflow.study.study import Study

Array = np.ndarray
_MOST_SAMPLES = 2**16
_LARGEST_SEED = 2**32 - 1
_BODY = "body."
Delivery = Callable[[Mapping[str, float]], float]
Ranges = Mapping[str, tuple[float, float]]


class Case(NamedTuple):
    """A body with one model and rule: its place, delivery by number, and the numbers' ranges."""

    place: tuple[int, int, int]
    body: str
    delivery: Delivery
    ranges: Ranges


def with_draws(
    banded: xr.Dataset,
    path: str | Path,
    *,
    settings: Mapping[str, object] | None = None,
    samples: int = 64,
    spread: float | None = None,
    seed: int = 1,
    watch: Callable[[int], None] | None = None,
) -> xr.Dataset:
    """Return what `with_bands` found, with `samples` draws of the numbers behind each choice.

    Numbers of the trafficking models, the tumour's vessels and each body's output and blood are
    drawn from the ranges that they carry, and with `spread` all others within / and x that
    factor, evenly in log. A draw has the same model and tumour in every body, and bodies of its
    own. ``delivery_by_draw`` (body, trafficking, scaling, draw) in 1/mL is the choice's delivery
    times how the organ network's moves, without reactions; ``moved_by_number`` (body,
    trafficking, scaling, number) is ln(delivery) at a range's upper end less that at the lower, of
    the two bodies that get most and least.
    Where nothing may vary the attribute ``numbers`` says why. Raises `InputError`.
    """
    samples = arguments.whole_number(samples, "--sample", 1, _MOST_SAMPLES)
    seed = arguments.whole_number(seed, "--seed", 0, _LARGEST_SEED)
    own = Study.from_file(as_path(path, "bands"), arguments.table(settings, "settings"))
    try:
        cases = list(_cases(banded, own, spread))
    except InputError as error:
        if spread is not None:
            raise
        return banded.assign_attrs(numbers=str(error))
    if not any(case.ranges for case in cases):
        return banded.assign_attrs(numbers="no number carries a range; give --spread")
    names = list(dict.fromkeys(_own_name(n, case) for case in cases for n in case.ranges))
    shares = points(len(names), samples, "sobol", seed)
    columns = {name: shares[:, i] for i, name in enumerate(names)}
    ends_of = most_and_least(banded)
    central = banded[BY_CHOICE].transpose("body", *CHOICES).values
    drawn = np.full((*central.shape, samples), np.nan)
    moved = np.zeros((*central.shape, len(names)))
    for count, case in enumerate(cases):
        drawn[case.place] = central[case.place] * _relative(case, columns, samples)
        for name, (low, high) in case.ranges.items() if case.place[0] in ends_of else ():
            ends = [case.delivery({name: value}) for value in (low, high)]
            moved[(*case.place, names.index(_own_name(name, case)))] = np.log(ends[1] / ends[0])
        if watch is not None:
            watch(count + 1)
    return _with(banded, drawn, moved, names, spread, seed)


def _cases(banded: xr.Dataset, own: Study, spread: float | None) -> Iterator[Case]:
    bodies, models, rules = (
        [str(n) for n in banded[dim].values] for dim in ("body", "trafficking", "scaling")
    )
    given = settings_in(own, bodies, str(banded.attrs["dose_rule"]))
    possible = np.isfinite(banded[BY_CHOICE].transpose("body", *CHOICES).values)
    for place in map(tuple, np.argwhere(possible)):
        i, j, k = (int(n) for n in place)
        choice: dict[str, Any] = {"trafficking.name": models[j], "trafficking.scaling": rules[k]}
        study = own.with_settings({**given[bodies[i]], **choice})
        try:
            found = ranges(study_setting(study).numbers(), spread)
        except InputError:
            if spread is not None:
                raise
            found = {}  # no number of this choice carries a range
        wide = {name: pair for name, pair in found.items() if pair[0] < pair[1]}
        yield Case((i, j, k), bodies[i], network_delivery(study), wide)


def _own_name(name: str, case: Case) -> str:
    """Return the name of a number among all: bodies have numbers of their own."""
    return f"{name} of {case.body}" if name.startswith(_BODY) else name


def _relative(case: Case, columns: Mapping[str, Array], samples: int) -> Array:
    """Return delivery in each draw over that with the study's own numbers."""
    if not case.ranges:
        return np.ones(samples)
    values = {
        name: _between(low, high, columns[_own_name(name, case)])
        for name, (low, high) in case.ranges.items()
    }
    found = [
        case.delivery({name: float(column[i]) for name, column in values.items()})
        for i in range(samples)
    ]
    return np.array(found) / case.delivery({})


def _between(low: float, high: float, share: Array) -> Array:
    return low * (high / low) ** share if low > 0 else low + (high - low) * share


def _with(
    banded: xr.Dataset,
    drawn: Array,
    moved: Array,
    names: list[str],
    spread: float | None,
    seed: int,
) -> xr.Dataset:
    found = banded.assign_coords(
        draw=xr.Variable(("draw",), np.arange(drawn.shape[-1]), {"long_name": "draw"}),
        number=label(("number",), names, "number that varies"),
    )
    dims = ("body", *CHOICES)
    attrs = {"units": "mL-1", "long_name": "delivery by model, rule and draw of the numbers"}
    found[BY_DRAW] = xr.Variable((*dims, "draw"), drawn, attrs)
    text = "ln(delivery) at the upper end of a number's range less that at the lower"
    found[BY_NUMBER] = xr.Variable((*dims, "number"), moved, {"units": "1", "long_name": text})
    for name, share in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
        values = np.nanquantile(drawn, share, axis=(1, 2, 3))
        text = f"delivery over all models, rules and draws, {100 * share:g} % of them below"
        found[f"delivery_{name}"] = xr.Variable(
            ("body",), values, {"units": "mL-1", "long_name": text}
        )
    found.attrs |= {"spread": 0.0 if spread is None else spread, "seed": seed}
    return without_fill(with_shares(found))
