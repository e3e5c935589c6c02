"""A population's fit in lines."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr


def mixed_lines(dataset: xr.Dataset) -> list[str]:
    """Return the lines that ``cartflow fit --random`` prints of its dataset."""
    a = dataset.attrs
    subjects = dataset.sizes["subject_name"]
    lines = [
        f"fitted        {a['title'].removesuffix(': a population')} to {_data(dataset)} of "
        f"{subjects} subjects, mixed effects",
        f"searched      {_method(dataset)}; {a['evaluations']} evaluations, "
        + ("converged" if a["converged"] else "not converged"),
    ]
    rows = [["parameter", "typical", "standard error", "unit"]]
    rows += [_typical(dataset, k) for k in range(dataset.sizes["parameter"])]
    lines += _table(rows)
    rows = [["differs between subjects", "omega", "standard error", "variation", "shrinkage"]]
    rows += [_random(dataset, k) for k in range(dataset.sizes["random"])]
    lines += _table(rows)
    lines += _correlations(dataset)
    lines.append(
        f"likelihood    -2 ln L = {a['minus_two_log_likelihood']:.6g}, AIC {a['aic']:.6g}, "
        f"BIC {a['bic']:.6g} ({a['estimated']} estimated)"
    )
    residual = dataset["residual"].values
    seen = residual[np.isfinite(residual)]
    lines.append(
        f"residuals     sd {seen.std(ddof=1):.3g}, shrinkage {100 * (1 - seen.std(ddof=1)):.3g} %"
    )
    return lines


def _data(dataset: xr.Dataset) -> str:
    size, low = dataset.sizes["datum"], int(dataset["censored"].sum())
    return f"{size} values" + (f", {low} of them below quantification," if low else "")


def _method(dataset: xr.Dataset) -> str:
    points, random = dataset.attrs["points"], dataset.sizes["random"]
    if points == 1:
        return "FOCEI"
    plural = "s" if random > 1 else ""
    return f"adaptive quadrature of {points} points in {random} dimension{plural}"


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in rows]


def _known(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "not known"


def _typical(dataset: xr.Dataset, k: int) -> list[str]:
    one = dataset.isel(parameter=k)
    return [
        str(one["parameter"].values),
        f"{float(one['estimate']):.5g}",
        _known(float(one["standard_error"])),
        str(one["parameter_unit"].values),
    ]


def _random(dataset: xr.Dataset, k: int) -> list[str]:
    one = dataset.isel(random=k)
    variation = float(one["variation"])
    return [
        str(one["random"].values),
        f"{float(one['omega']):.4g}",
        _known(float(one["omega_error"])),
        f"{100 * variation:.3g} %" if np.isfinite(variation) else "",
        f"{100 * float(one['shrinkage']):.3g} %",
    ]


def _correlations(dataset: xr.Dataset) -> list[str]:
    found = []
    names = dataset["random"].values.tolist()
    for block in json.loads(dataset.attrs["random_effects"]):
        places = [names.index(key) for key in block]
        for i, first in enumerate(places):
            for second in places[:i]:
                value = float(dataset["correlation"].values[first, second])
                found.append(f"correlation   {names[second]} with {names[first]}: {value:.3g}")
    return found
