"""The endpoint: what became of the tumour's own cells, and the most product cells it held."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from cartflow.core.dataset import label, variable
from cartflow.results.barriers import BARRIERS, Barriers, barriers, in_words

Array = np.ndarray
# Either has `variables`; of a tree also what it inherits.
Dataset = xr.Dataset | xr.DataTree
_COUNTED = ("cells_start", "cells_end", "cells_least", "time_least", "time_regrown")
# A mean above the most by no more than this is the same.
_ROUND = 1.001
_ROUND_OFF = 1e-12  # of cells that stay as many
IN_TUMOUR = " in the whole tumour"


def endpoint_group(groups: Mapping[str, Dataset]) -> xr.Dataset:
    """Return the group ``summary`` of a result's `groups`, of its saved times; it has a tumour.

    Per resident species (resident) in cells: ``cells_start``, ``cells_end``, ``cells_least`` and
    day ``time_least``; ``time_regrown``, the day when they are as many as at the start again
    after their least (linear between saved times, nan if they are not). Of all product cells
    ``peak_in_tumour`` and ``peak_in_blood`` (per mm3) with their days, and
    ``product_per_resident`` at the end (nan where no resident cell is left). A tumour that no
    blood feeds has no peak in blood. What stands between infusion and the core is told by
    ``entry``, ``persistence``, ``penetration`` and ``time_to_core`` (see `Barriers`).
    """
    times = np.asarray(groups["/"].variables["time"].values, dtype=float)
    balance = groups["balance"].variables
    products = all_phenotypes(balance["in_tumour"])
    found = endpoint_of(groups["tumour"], times, products, groups["body"])
    infused, exchange = all_phenotypes(balance["infused"]), groups["exchange"]
    return found.assign(_barriers(times, infused, exchange, products, groups["tumour"]))


def _barriers(
    times: Array, infused: Array, exchange: Dataset, inside: Array, tumour: Dataset
) -> dict[str, xr.Variable]:
    """Return the barriers, where the file tells what is in the core and vessels alone feed it."""
    if "core_cells" not in tumour.variables or exchange.attrs.get("placed"):
        return {}
    entered = all_phenotypes(exchange.variables["cumulative_inflow"])
    core, volume = (tumour.variables[f"core_{n}"].values for n in ("cells", "volume"))
    share = float(volume) / float(np.nansum(tumour.variables["cell_volume"].values))
    stayed, core = cell_days(exchange), np.asarray(core, dtype=float)
    since = None if infused[0] > 0 else exchange.attrs.get("first_infusion")
    found = barriers(times, infused, entered, inside, core, share, stayed, since)
    return {
        name: variable((), getattr(found, name), unit, text)
        for name, (unit, text) in BARRIERS.items()
    }


def cell_days(exchange: Dataset) -> Array | None:
    """Return the cell-days of product cells in the tumour until each saved time, exactly.

    None where not all of them leave at one rate: what has left tells nothing of them then.
    """
    rate = exchange.attrs.get("even_egress_rate")
    return None if rate is None else all_phenotypes(exchange.variables["cumulative_egress"]) / rate


def endpoint_of(tumour: Dataset, times: Array, products: Array, body: Dataset) -> xr.Dataset:
    """Return the group ``summary`` of one tumour and the product cells in it (time,)."""
    residents = resident_courses(tumour)
    courses = list(residents.values())
    dims = ("resident",)
    columns = {
        "cells_start": ([c[0] for c in courses], "cell", "resident cells at the start"),
        "cells_end": ([c[-1] for c in courses], "cell", "resident cells at the end"),
        "cells_least": ([c.min() for c in courses], "cell", "least resident cells of a saved time"),
        "time_least": ([times[first_most(-c)] for c in courses], "day", "when they are fewest"),
        "time_regrown": (
            [regrown(times, c) for c in courses],
            "day",
            "when they are as many as at the start again, after their least",
        ),
    }
    left = sum(float(c[-1]) for c in courses)
    single = {
        "peak_in_tumour": (products.max(), "cell", "most product cells in the tumour"),
        "time_of_peak_in_tumour": (times[first_most(products)], "day", "when they are most"),
        **_in_blood(body, times),
        "product_per_resident": (
            products[-1] / left if left > 0 else np.nan,
            "1",
            "product cells per resident cell in the tumour at the end",
        ),
    }
    return xr.Dataset(
        {
            **{n: variable(dims, v, unit, text) for n, (v, unit, text) in columns.items()},
            **{n: variable((), v, unit, text) for n, (v, unit, text) in single.items()},
        },
        coords={"resident": label(dims, list(residents), "species of the tumour's own cells")},
    )


def all_phenotypes(values: xr.Variable) -> Array:
    """Return the sum over phenotypes; what is nan counts as nothing."""
    return np.asarray(np.nansum(values.values, axis=values.dims.index("phenotype")))


def first_most(values: Array) -> int:
    """Return where values are most first: among those that differ by round-off, the earliest."""
    most = values.max()
    return int(np.argmax(values >= most - _ROUND_OFF * abs(most)))


def _in_blood(body: Dataset, times: Array) -> dict[str, tuple[float, str, str]]:
    """Return the most product cells in venous blood, and when, where there is blood."""
    if "blood_concentration" not in body.variables:
        return {}
    blood = all_phenotypes(body.variables["blood_concentration"])
    return {
        "peak_in_blood": (blood.max(), "cell/mm^3", "most product cells per volume of blood"),
        "time_of_peak_in_blood": (times[first_most(blood)], "day", "when they are most"),
    }


def resident_courses(tumour: Dataset) -> dict[str, Array]:
    """Return the cells of every resident species in the whole tumour, over time."""
    found = {
        str(n).removeprefix("amount_"): np.asarray(v.values, dtype=float)
        for n, v in tumour.variables.items()
        if v.attrs.get("field_role") == "resident" and v.attrs.get("units") == "1"
    }
    return found or _from_fields(tumour)


def _from_fields(tumour: Dataset) -> dict[str, Array]:
    """Return the same from the fields: files of earlier versions hold no amounts."""
    volume = tumour.variables["cell_volume"]
    return {
        # Outside the tumour both are nan, which a sum leaves out.
        str(n): np.asarray((v * volume).sum(volume.dims).values, dtype=float)
        for n, v in tumour.variables.items()
        if v.attrs.get("role") == "resident" and v.attrs.get("units") == "mm-3"
    }


def called(tumour: xr.Dataset, name: str) -> str:
    """Return what a resident species is called."""
    known = tumour.get(f"amount_{name}", tumour.get(name))
    text = name if known is None else str(known.attrs.get("long_name", name))
    return text.removesuffix(IN_TUMOUR)


def regrown(times: Array, cells: Array) -> float:
    """Return when a course (n,) is back at its first value after its least, day; nan if never."""
    least = int(cells.argmin())
    back = np.flatnonzero(cells[least:] >= cells[0])
    if not least or not back.size:
        return float("nan")
    place = least + int(back[0])
    return float(np.interp(cells[0], cells[place - 1 : place + 1], times[place - 1 : place + 1]))


def endpoint_lines(tree: xr.DataTree) -> list[str]:
    """Return a line of the summary for each resident species, and one for their ratio."""
    # Files of earlier versions do not hold it.
    made = "summary" in tree.children
    found = tree["summary"].to_dataset() if made else endpoint_group({**tree.children, "/": tree})
    tumour = tree["tumour"].to_dataset()
    lines = []
    for place, name in enumerate(found["resident"].values):
        # Values, not parts: to cut a part xarray would import dask where that is installed.
        one = {n: float(found.variables[n].values[place]) for n in _COUNTED}
        lines.append(f"{'residents':<13} {called(tumour, str(name))}: {_in_words(one)}")
    ratio = float(found["product_per_resident"])
    peak, day = float(found["peak_in_tumour"]), float(found["time_of_peak_in_tumour"])
    text = f"at most {peak:.6g} product cells in the tumour, on day {day:.4g}"
    text += _more_between(tree, peak)
    if np.isfinite(ratio):
        text += f"; {ratio:.3g} per resident cell at the end"
    lines += [f"{'peak':<13} {text}"] if peak > 0 else []
    told = _told(found)
    return [*lines, f"{'barriers':<13} {told}"] if told else lines


def _more_between(tree: xr.DataTree, peak: float) -> str:
    """Return words where there were more product cells than at any saved time, on average."""
    days = cell_days(tree["exchange"].to_dataset())
    times = np.asarray(tree["time"].values, dtype=float)
    if days is None or len(times) < 2:
        return ""
    means = np.diff(days) / np.diff(times)
    most = int(means.argmax())
    if means[most] <= _ROUND * peak:
        return ""
    return (
        f"; more between saved times, {means[most]:.6g} on average from day {times[most]:.4g} "
        f"to {times[most + 1]:.4g}"
    )


def _told(found: xr.Dataset) -> str:
    """Return the barriers in words; files of earlier versions hold none."""
    if not BARRIERS.keys() <= set(found.variables):
        return ""
    return in_words(Barriers(**{name: float(found[name]) for name in BARRIERS}))


def _in_words(one: Mapping[str, float]) -> str:
    start, end, least = (one[f"cells_{n}"] for n in ("start", "end", "least"))
    share = f" ({100 * end / start:.3g} %)" if start > 0 else ""
    text = f"{start:.6g} at the start, {end:.6g} at the end{share}"
    if least < min(start, end):
        text += f", least {least:.6g} on day {one['time_least']:.4g}"
    if np.isfinite(one["time_regrown"]):
        text += f", back at the start's on day {one['time_regrown']:.4g}"
    return text
