"""How delivery depends on the numbers behind it: one at a time, and all at once (Sobol)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.dataset import label, without_fill
from cartflow.outcome import InputError
from cartflow.pbpk.load import load_body, load_trafficking
from cartflow.pbpk.ranges import Setting, ranges
from cartflow.pbpk.stepper import NetworkStepper
from cartflow.study import Study
from cartflow.ticks import TUMOUR_COLOUR, colours

Array = np.ndarray
_MM3_PER_ML = 1e3


def study_setting(study: Study) -> Setting:
    """Return the body, model, tumour and rule of a study."""
    table = study.table
    return Setting(
        body=load_body(table.body.name, study.folder),
        trafficking=load_trafficking(table.trafficking.name, study.folder),
        tumour=study.vessels(),
        rule=study.scaling(),
        cavities=tuple(study.cavities()),
    )


def delivery(setting: Setting, route: str, end: float) -> float:
    """Return cells that enter the tumour by `end` days, per infused cell and mL of tumour.

    From the organ network alone, with the tumour's tissue as one well mixed compartment: exact
    in time, and in a second for a thousand settings. Without reactions a study's own tumour
    takes up as many, since egress is in proportion to its cells.
    """
    network = setting.network()
    _, collected = NetworkStepper(network=network).matrices(end)
    area = collected @ network.entry(route)
    tissue = network.index("tumour_tissue")
    rates = network.rates[tissue].copy()
    rates[tissue] = 0.0
    return float(rates @ area) / (setting.tumour.volume / _MM3_PER_ML)


def sensitivity(
    path: str | Path,
    *,
    samples: int = 64,
    spread: float | None = None,
    settings: Mapping[str, object] | None = None,
    seed: int = 1,
) -> xr.Dataset:
    """Return delivery at both ends of every number's range, and Sobol indices, by ``parameter``.

    The numbers are those that carry a `range`, and with `spread` all others within / and x that
    factor. Sobol indices (SALib, the extra ``sensitivity``) are of the logarithm of delivery,
    from `samples` (a power of 2) x (parameters + 2) networks; values are drawn evenly in log.
    Raises `InputError`.
    """
    study = Study.from_file(path, dict(settings or {}))
    _ = study.simulation
    setting, end = study_setting(study), study.table.time.end.value
    route = study.table.doses[0].route if study.table.doses else "intravenous"
    if route == "intratumoural":
        raise InputError("sensitivity: an intratumoural dose does not depend on the body")
    numbers = setting.numbers()
    varied = ranges(numbers, spread)
    central = delivery(setting, route, end)
    if not central > 0:
        raise InputError("sensitivity: nothing reaches the tumour")
    ends = [
        [delivery(setting.varied({name: value}), route, end) for value in bounds]
        for name, bounds in varied.items()
    ]
    first, total, errors = _sobol(setting, varied, route, end, samples, seed)
    names = list(varied)
    columns = {
        "value": ([numbers[n].value for n in names], "value in the study"),
        "low": ([varied[n][0] for n in names], "lowest value"),
        "high": ([varied[n][1] for n in names], "highest value"),
        "delivery_low": ([e[0] for e in ends], "delivery at the lowest value, per mL"),
        "delivery_high": ([e[1] for e in ends], "delivery at the highest value, per mL"),
        "first_order": (first, "Sobol index of first order, of log delivery"),
        "total_order": (total, "total Sobol index, of log delivery"),
        "total_order_error": (errors, "half width of the 95 % interval of the total index"),
    }
    dataset = xr.Dataset(
        {n: ("parameter", v, {"long_name": text}) for n, (v, text) in columns.items()},
        coords={"parameter": label(("parameter",), names, "number that varies")},
    )
    dataset["unit"] = ("parameter", np.array([numbers[n].unit for n in names], dtype=object))
    dataset.attrs = {
        "title": f"{study.table.title}: sensitivity of delivery",
        "delivery": central,
        "samples": samples,
        "spread": 0.0 if spread is None else spread,
        "study": study.text,
    }
    return without_fill(dataset)


def sensitivity_lines(dataset: xr.Dataset) -> list[str]:
    """Return the dataset as lines of text, the number that matters most first."""
    lines = [f"delivery {dataset.attrs['delivery']:.4g} per infused cell and mL of tumour"]
    lines.append(f"{'number':44} {'at lowest':>10} {'at highest':>10} {'first':>7} {'total':>7}")
    for i in np.argsort(-dataset["total_order"].values):
        row = dataset.isel(parameter=int(i))
        lines.append(
            f"{row['parameter'].item():44} {float(row['delivery_low']):10.3g} "
            f"{float(row['delivery_high']):10.3g} {float(row['first_order']):7.3f} "
            f"{float(row['total_order']):7.3f}"
        )
    return lines


def sensitivity_figure(dataset: xr.Dataset, shown: int = 15) -> Figure:
    """Return a figure: the range of delivery of each number alone, and the Sobol indices."""
    figure = Figure(figsize=(13, 7), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    order = np.argsort(-dataset["total_order"].values)[:shown]
    chosen = dataset.isel(parameter=order)
    _tornado(left, chosen)
    _indices(right, chosen)
    figure.suptitle(dataset.attrs["title"])
    return figure


def _sobol(
    setting: Setting,
    varied: Mapping[str, tuple[float, float]],
    route: str,
    end: float,
    samples: int,
    seed: int,
) -> tuple[Array, Array, Array]:
    try:
        from SALib.analyze import sobol as analysis
        from SALib.sample import sobol as sampling
    except ImportError:
        msg = "sensitivity: SALib is not installed; pip install 'cartflow[sensitivity]'"
        raise InputError(msg) from None
    if samples < 8 or samples & (samples - 1):
        msg = f"--samples: {samples} must be a power of 2, 8 or more"
        raise InputError(msg)
    names = list(varied)
    bounds = [[float(np.log(low)), float(np.log(high))] for low, high in varied.values()]
    flat = [name for name, (low, high) in varied.items() if not 0 < low < high]
    if flat:
        msg = f"sensitivity: the range of {flat[0]} must be above 0 and wider than a point"
        raise InputError(msg)
    problem = {"num_vars": len(names), "names": names, "bounds": bounds}
    drawn = sampling.sample(problem, samples, calc_second_order=False, seed=seed)
    outputs = [
        np.log(delivery(setting.varied(dict(zip(names, np.exp(x), strict=True))), route, end))
        for x in drawn
    ]
    found = analysis.analyze(
        problem, np.array(outputs), calc_second_order=False, seed=seed, print_to_console=False
    )
    return np.asarray(found["S1"]), np.asarray(found["ST"]), np.asarray(found["ST_conf"])


def _tornado(axes: Axes, chosen: xr.Dataset) -> None:
    places = np.arange(chosen.sizes["parameter"])
    for bound, colour in (("low", colours(1)[0]), ("high", TUMOUR_COLOUR)):
        ratio = chosen[f"delivery_{bound}"].values / chosen.attrs["delivery"]
        axes.barh(places, np.log10(ratio), color=colour, label=f"{bound}est value", alpha=0.8)
    axes.set_yticks(places, [str(name) for name in chosen["parameter"].values], fontsize="small")
    axes.invert_yaxis()
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_xlabel("log10 of delivery / delivery of the study")
    axes.set_title("One at a time")
    axes.legend(fontsize="small")


def _indices(axes: Axes, chosen: xr.Dataset) -> None:
    places = np.arange(chosen.sizes["parameter"])
    first, second = colours(2)
    axes.barh(places - 0.2, chosen["first_order"], height=0.4, color=first, label="first order")
    axes.barh(
        places + 0.2,
        chosen["total_order"],
        xerr=chosen["total_order_error"],
        height=0.4,
        color=second,
        label="total",
    )
    axes.set_yticks(places, [""] * len(places))
    axes.invert_yaxis()
    axes.set_xlabel("Sobol index of log delivery")
    axes.set_title("All at once")
    axes.legend(fontsize="small")
