"""How an outcome depends on the numbers behind it: one at a time, and all at once (Sobol)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from cartflow.analyses.delivery import DELIVERY, network_delivery
from cartflow.analyses.elasticity import of_the_network, of_the_run, with_elasticity
from cartflow.analyses.measures import MEASURES
from cartflow.analyses.sobol import sobol_indices
from cartflow.core import arguments
from cartflow.core.dataset import label, without_fill
from cartflow.core.outcome import InputError, RunStopped, require_known
from cartflow.core.parameters import Parameter
from cartflow.core.paths import as_path
from cartflow.pbpk.variation.ranges import ranges
from cartflow.results.figures.sensitivity_order import order
from cartflow.study.numbers import StudyNumbers, study_setting
from cartflow.study.overrides import errors_named, without_folders
from cartflow.study.study import Study

Array = np.ndarray
Values = Mapping[str, float]
Outcome = Callable[[Values], float]
_SAMPLES = 64
_BAND = {"band_low": 0.05, "band_median": 0.5, "band_high": 0.95}
_LARGEST_SEED = 2**32 - 1  # of the library that draws


def sensitivity(
    path: str | Path,
    *,
    of: str = DELIVERY,
    samples: int | None = None,
    spread: float | None = None,
    settings: Mapping[str, object] | None = None,
    only: Sequence[str] = (),
    seed: int = 1,
    watch: Callable[[int], None] | None = None,
) -> xr.Dataset:
    """Return an outcome at both ends of every number's range, and Sobol indices, by ``parameter``.

    Beside them stands the local ``elasticity``, d ln(outcome) / d ln(number) at the study's
    values, by the derivatives of one run where there are some; ``elasticity_by`` says how.
    `of` is ``delivery``, by the organ network without reactions, or one of `MEASURES`, for which
    the study is run with every value, of doses, motility and kinetics too. Numbers are those
    that carry a `range`, and with `spread` all others within / and x that factor; `only` keeps
    those whose name begins so. Sobol indices (SALib, the extra ``sensitivity``) are of the
    logarithm, from `samples` (a power of 2; 0: none; the default is 64, and 0 for runs) x
    (parameters + 2) values drawn evenly in log. `watch(n)` is called after the n-th value.
    Raises `InputError`, and `RunStopped` when a run does not finish.
    """
    require_known(of, (DELIVERY, *MEASURES), "--of")
    settings, only = arguments.table(settings, "settings"), arguments.names(only, "only")
    seed = arguments.whole_number(seed, "seed", 0, _LARGEST_SEED)
    spread = None if spread is None else arguments.number(spread, "spread")
    read = Study.from_file(as_path(path, "sensitivity"), settings)
    read.require_still("sensitivity")
    _ = read.simulation
    study = StudyNumbers(study=read)
    network = network_delivery(study.study) if of == DELIVERY else None
    numbers = study.numbers if network is None else study_setting(study.study).numbers()
    kept = _only(numbers, only)
    varied = ranges(kept, spread)
    outcome = _counted(_outcome(study, of) if network is None else network, watch)
    central = outcome({})
    if not central > 0:
        msg = f"sensitivity: {of} is {central:g}, so there is nothing to compare with"
        raise InputError(msg)
    wanted = (_SAMPLES if of == DELIVERY else 0) if samples is None else samples
    indices, drawn = sobol_indices(outcome, varied, wanted, seed) if wanted else ({}, None)
    ends = np.array([[outcome({name: value}) for value in pair] for name, pair in varied.items()])
    found = _dataset(study.study, of, central, kept, varied, ends, indices, wanted, spread)
    if drawn is not None:
        shares = zip(_BAND, np.quantile(drawn, list(_BAND.values())).tolist(), strict=True)
        found.attrs |= dict(shares)
    if of == DELIVERY:
        return with_elasticity(found, of_the_network(network_delivery(read), found))
    return with_elasticity(found, of_the_run(read, of, found))


def sensitivity_lines(dataset: xr.Dataset) -> list[str]:
    """Return the dataset as lines of text, the number that matters most first."""
    sobol = "total_order" in dataset
    lines = [f"{dataset.attrs['outcome']}: {dataset.attrs['central']:.4g} in the study"]
    lines.append(
        f"{'number':46} {'lowest':>10} {'highest':>10} {'unit':12} {'at lowest':>10} "
        f"{'at highest':>10} {'elasticity':>10}" + (f" {'first':>7} {'total':>7}" if sobol else "")
    )
    for i in order(dataset):
        row = dataset.isel(parameter=int(i))
        line = (
            f"{row['parameter'].item():46} {float(row['low']):10.4g} {float(row['high']):10.4g} "
            f"{row['unit'].item():12} {float(row['at_low']):10.4g} {float(row['at_high']):10.4g} "
            f"{float(row['elasticity']):10.4g}"
        )
        if sobol:
            line += f" {float(row['first_order']):7.3f} {float(row['total_order']):7.3f}"
        lines.append(line)
    if "band_low" in dataset.attrs:
        low, middle, high = (float(dataset.attrs[name]) for name in _BAND)
        most = str(dataset["parameter"].values[int(np.argmax(dataset["total_order"].values))])
        lines.append(
            f"all at once: {low:.4g} to {high:.4g}, median {middle:.4g} (90 % of the draws); "
            f"{most} makes most of it"
        )
    lines.append(f"elasticity: {dataset.attrs['elasticity_by']}")
    if dataset.attrs["spread"] == 0:
        lines.append(
            "only numbers that carry a range vary; --spread F varies the others, / and x F"
        )
    return lines


def _only(numbers: Mapping[str, Parameter], beginnings: Sequence[str]) -> dict[str, Parameter]:
    for beginning in beginnings:
        if not any(name.startswith(beginning) for name in numbers):
            msg = f"--only: no number begins with '{beginning}'; they are {', '.join(numbers)}"
            raise InputError(msg)
    return {n: p for n, p in numbers.items() if not beginnings or n.startswith(tuple(beginnings))}


def _outcome(study: StudyNumbers, of: str) -> Outcome:
    measure, _ = MEASURES[of]

    def run(values: Values) -> float:
        where = ", ".join(f"{name} = {value:g}" for name, value in values.items())
        with errors_named(f"sensitivity: with {where or 'the study as it is'}"):
            varied = study.varied(values)
            result = varied.run(mesh_check=False, time_check=False)
        if result.outcome.status != "finished":
            msg = f"sensitivity: with {where or 'the study as it is'}: {result.outcome}"
            raise RunStopped(msg)
        return measure(varied, result)

    return run


def _counted(outcome: Outcome, watch: Callable[[int], None] | None) -> Outcome:
    done = 0

    def counted(values: Values) -> float:
        nonlocal done
        found = outcome(values)
        done += 1
        if watch is not None:
            watch(done)
        return found

    return counted


_TEXTS = {
    "value": "value in the study",
    "low": "lowest value",
    "high": "highest value",
    "at_low": "outcome at the lowest value",
    "at_high": "outcome at the highest value",
    "first_order": "Sobol index of first order, of the logarithm of the outcome",
    "total_order": "total Sobol index, of the logarithm of the outcome",
    "total_order_error": "half width of the 95 % interval of the total index",
}


def _dataset(
    study: Study,
    of: str,
    central: float,
    numbers: Mapping[str, Parameter],
    varied: Mapping[str, tuple[float, float]],
    ends: Array,
    indices: Mapping[str, Array],
    samples: int,
    spread: float | None,
) -> xr.Dataset:
    names = list(varied)
    low, high = np.array(list(varied.values())).T
    columns = {
        "value": [numbers[n].value for n in names],
        "low": low,
        "high": high,
        "at_low": ends[:, 0],
        "at_high": ends[:, 1],
        **indices,
    }
    dataset = xr.Dataset(
        {n: ("parameter", v, {"long_name": _TEXTS[n]}) for n, v in columns.items()},
        coords={"parameter": label(("parameter",), names, "number that varies")},
    )
    dataset["unit"] = label(("parameter",), [numbers[n].unit for n in names], "unit of the number")
    text = "cells that enter the tumour per infused cell and mL, without reactions"
    dataset.attrs = {
        "title": f"{study.table.title}: sensitivity of {of}",
        "outcome": text if of == DELIVERY else MEASURES[of][1],
        "central": central,
        "samples": samples,
        "spread": 0.0 if spread is None else spread,
        "study": study.text,
        "settings": json.dumps(without_folders(study.settings), default=str),
    }
    return without_fill(dataset)
