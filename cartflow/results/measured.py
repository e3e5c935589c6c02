"""A run beside labelled cells as they were measured in organs: % of the dose, and the misfit."""

from __future__ import annotations

import numpy as np
import xarray as xr

from cartflow.core.dataset import as_stated, label, variable
from cartflow.core.outcome import InputError
from cartflow.pbpk.measured.table import Measured, Tissue

Array = np.ndarray

# A number is compared with the saved time that is within this share of its hour.
_NEAR = 0.01
# The study's tumour is not the one measured, and blood at an hour is cells in transit: both are
# drawn, neither counts.
UNCOUNTED = ("blood", "tumour")


def beside(tree: xr.DataTree, measured: Measured) -> xr.Dataset:
    """Return a run's cells by tissue in the table's unit: as measured, and modelled at the hours.

    Dims ``value`` (the numbers measured; `modelled` is nan where no time within 1 % was saved, or
    the body has no such organ) and ``tissue``, ``time`` (the courses). Tissue is 1 g per mL, and
    the dose all that was infused. Attributes: ``rms`` of log10(modelled / measured) over organs,
    ``numbers`` of which, ``missing`` tissues and ``unsaved`` hours. Cells count, not labels.
    Raises `InputError` for no run of a study, or for cells given at more than one time.
    """
    if "body" not in tree.children or "balance" not in tree.children:
        raise InputError("holds no run of a study with a body, to be put beside what was measured")
    dose = _dose(tree)
    shown = {n: t for n, t in measured.tissues.items() if _there(tree, t)}
    time = np.asarray(tree["body"]["time"].values, dtype=float)
    courses = np.array([_course(tree, t, measured.unit) for t in shown.values()])
    courses = courses.reshape(len(shown), time.size) * (100 / dose)
    rows = [(t, h, p, _at(courses, time, list(shown), t, h)) for t, h, p in measured.values()]
    counted = [(p, found) for t, _, p, found in rows if _counts(t) and found > 0]
    gaps = np.log10([found / p for p, found in counted])
    dataset = xr.Dataset(
        {
            "hour": as_stated(("value",), [h for _, h, *_ in rows], "h", "time since the dose"),
            "measured": _numbers(measured, ("value",), [p for *_, p, _ in rows], "measured"),
            "modelled": _numbers(measured, ("value",), [f for *_, f in rows], "modelled"),
            "course": _numbers(measured, ("tissue", "time"), courses, "modelled"),
        },
        coords={
            "value": label(("value",), [t.name for t, *_ in rows], "tissue of each number"),
            "tissue": label(("tissue",), list(shown), "tissue"),
            "time": variable(("time",), time, "day", "time since the start"),
        },
    )
    unsaved = sorted({h for t, h, _, found in rows if t.name in shown and np.isnan(found)})
    return dataset.assign_attrs(
        name=measured.name,
        unit=measured.unit,
        rms=float(np.sqrt(np.mean(gaps**2))) if counted else float("nan"),
        numbers=len(counted),
        missing=[n for n, t in measured.tissues.items() if t.organs and n not in shown],
        unsaved=unsaved,
    )


def in_words(found: xr.Dataset) -> list[str]:
    """Return what `beside` found as lines."""
    said = "no number of an organ can be compared"
    if found.attrs["numbers"]:
        rms, numbers = found.attrs["rms"], found.attrs["numbers"]
        said = (
            f"rms of log10 {rms:.2f}, a factor of {10**rms:.2g}, over {numbers} numbers in organs"
        )
    lines = [f"measured      {found.attrs['name']}: {said}"]
    if found.attrs["unsaved"]:
        hours = ", ".join(f"{hour:g}" for hour in found.attrs["unsaved"])
        lines.append(f"left out      what was measured at {hours} h: not saved (time.save)")
    if found.attrs["missing"]:
        lines.append(f"left out      {', '.join(found.attrs['missing'])}: not in this run")
    return lines


def _numbers(measured: Measured, dims: tuple[str, ...], values: object, text: str) -> xr.Variable:
    unit = "percent" if measured.unit == "%" else "percent g-1"
    attrs = {"units": unit, "long_name": f"share of the dose, {text}"}
    return xr.Variable(dims, np.asarray(values, dtype=float), attrs)


def _dose(tree: xr.DataTree) -> float:
    infused = tree["balance"].to_dataset()["infused"].sum("phenotype").values
    if not infused[-1] > 0:
        raise InputError("no cells were infused, so there is no share of a dose")
    # A run without a saved first moment begins with its dose.
    if infused[0] < infused[-1] * (1 - 1e-6):
        raise InputError("cells came at more than one time; what was measured is of one dose")
    return float(infused[-1])


def _there(tree: xr.DataTree, tissue: Tissue) -> bool:
    """Return whether the run has every organ of a tissue, and what it is divided by."""
    organs = set(map(str, tree["body"].to_dataset()["organ"].values))
    return bool(tissue.organs) and set(tissue.organs) <= organs


def _course(tree: xr.DataTree, tissue: Tissue, unit: str) -> Array:
    """Return the cells of a tissue at the saved times, or cells per g."""
    body = tree["body"].to_dataset()
    if unit == "%/g" and tissue.organs == ("blood",):
        return np.asarray(1e3 * body["blood_concentration"].sum("phenotype").values)
    cells = body["cells"].sel(organ=list(tissue.organs)).sum(["phenotype", "organ", "space"]).values
    if unit == "%":
        return np.asarray(cells)
    return np.asarray(cells) / (sum(_volume(tree, organ) for organ in tissue.organs) / 1e3)


def _volume(tree: xr.DataTree, organ: str) -> float:
    """Return the mm3 of a whole organ, or of the tumour."""
    if organ == "tumour":
        return float(tree["body"]["volume"].sel(organ="tumour", space="tissue"))
    return float(tree["parameters"][f"body_{organ}_volume"])


def _counts(tissue: Tissue) -> bool:
    return not set(tissue.organs) & set(UNCOUNTED)


def _at(courses: Array, time: Array, shown: list[str], tissue: Tissue, hour: float) -> float:
    """Return a course at an hour, nan where it was not saved."""
    place = int(np.abs(time - hour / 24).argmin())
    if tissue.name not in shown or abs(time[place] - hour / 24) > _NEAR * hour / 24:
        return float("nan")
    return float(courses[shown.index(tissue.name), place])
