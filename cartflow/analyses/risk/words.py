"""A risk score in lines."""

from __future__ import annotations

import numpy as np
import xarray as xr


def risk_lines(dataset: xr.Dataset) -> list[str]:
    """Return the lines that ``cartflow risk`` prints."""
    a = dataset.attrs
    trained = dataset["trained"].values.astype(bool)
    outcome = dataset["outcome"].values
    lines = [f"research      {a['comment']}"]
    for text, here in (("trained on", trained), ("tested on", ~trained)):
        share = int(outcome[here].sum())
        lines.append(f"{text:13} {int(here.sum())} patients, {share} with {a['outcome_column']}")
    rows = [["weight of", "value", "standard error", "odds ratio a step of one sd"]]
    for name, value, error, wide in zip(
        dataset["weight_name"].values,
        dataset["weight"].values,
        dataset["weight_error"].values,
        dataset["weight_step"].values,
        strict=True,
    ):
        ratio = f"{np.exp(value * wide):.3g}" if np.isfinite(wide) else ""
        told = f"{error:.3g}" if np.isfinite(error) else ""
        rows.append([str(name), f"{value:.4g}", told, ratio])
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    lines += ["  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    low, high = a["test_area_low"], a["test_area_high"]
    told = f" ({low:.3f} to {high:.3f})" if np.isfinite(low) else ""
    lines.append(f"area          {a['test_area']:.3f}{told} tested, {a['train_area']:.3f} trained")
    lines.append(f"calibration   {_calibration(a)}")
    lines.append(f"Brier         {a['brier']:.4f} tested, {a['brier_base']:.4f} by the share alone")
    return lines + _acted(a)


def _calibration(a: dict[str, float]) -> str:
    if not np.isfinite(a["calibration_slope"]):
        return "not known: the score parts the tested half without overlap"
    return (
        f"slope {a['calibration_slope']:.3g} +- {a['calibration_slope_error']:.2g} (1 is right), "
        f"intercept {a['calibration_intercept']:.3g} +- {a['calibration_intercept_error']:.2g} "
        "(0 is right)"
    )


def _acted(a: dict[str, float]) -> list[str]:
    if "act_above" not in a:
        return []
    lines = [
        f"act           where the chance is above {a['act_above']:.4g} = harm/(harm + benefit)",
        f"net benefit   {a['net_benefit']:.4g} a patient tested, by acting in all "
        f"{a['net_benefit_all']:.4g}, in none 0",
    ]
    for name in ("sensitivity", "specificity"):
        ends = f"{a[f'{name}_low']:.3f} to {a[f'{name}_high']:.3f}"
        lines.append(f"{name:13} {a[name]:.3f} ({ends})")
    return lines
