"""A decision on a virtual cohort in lines."""

from __future__ import annotations

import numpy as np
import xarray as xr

_CHANCES = (0.5, 0.8, 0.9)
_FEW = 50.0


def decision_lines(dataset: xr.Dataset) -> list[str]:
    """Return the lines that ``cartflow decide`` prints."""
    a = dataset.attrs
    lines = [
        f"research      {a['comment']}",
        f"population    {a['population']}",
        f"members       {dataset.sizes['member']}" + _failed(int(a["failed"])),
    ]
    debulked = a["analysis"] == "debulking"
    return lines + (_debulking(dataset) if debulked else _dosing(dataset))


def _failed(count: int) -> str:
    return f"; {count} could not be run, and are left out" if count else ""


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in rows]


def _dosing(dataset: xr.Dataset) -> list[str]:
    a = dataset.attrs
    rows = [["the same for all", "mean utility", "95 % interval", "chosen by counts for"]]
    chosen = dataset["chosen"].values
    for k, name in enumerate(dataset["option"].values):
        one = dataset.isel(option=k)
        ends = f"{float(one['mean_utility_low']):.4g} to {float(one['mean_utility_high']):.4g}"
        mean = f"{float(one['mean_utility']):.4g}"
        rows.append([str(name), mean, ends, f"{100 * np.mean(chosen == k):.3g} %"])
    lines = _table(rows)
    lines.append(f"fixed         {a['fixed_option']}, best for all of the reference cohort")
    for name, text in (
        ("adaptive", "by counts"),
        ("known", "were each member's numbers known"),
        ("gain", "adaptive less fixed, paired"),
    ):
        low, high = a[f"{name}_utility_low"], a[f"{name}_utility_high"]
        value = a[f"{name}_utility"]
        lines.append(f"{name:13} {value:.4g} ({low:.4g} to {high:.4g}) {text}")
    for k, name in enumerate(dataset["worth"].values):
        one = dataset.isel(worth=k)
        lines.append(
            f"share         {name}: {100 * float(one['share_fixed']):.3g} % fixed, "
            f"{100 * float(one['share_adaptive']):.3g} % adaptive"
        )
    sizes = dataset["effective_size"].values
    lines.append(f"posteriors    worth {np.median(sizes):.0f} equal draws in the median member")
    if np.median(sizes) < _FEW:
        lines.append("              few: the rule is a rough one; ask for more (--reference)")
    return lines


def _debulking(dataset: xr.Dataset) -> list[str]:
    removed, chance = dataset["removed"].values, dataset["chance"].values
    rows = [["removed", "success", "95 % interval"]]
    for k in np.unique(np.linspace(0, len(removed) - 1, 8).round().astype(int)):
        ends = [100 * float(dataset[f"chance_{e}"].values[k]) for e in ("low", "high")]
        told = f"{ends[0]:.3g} to {ends[1]:.3g} %"
        rows.append([f"{100 * removed[k]:.3g} %", f"{100 * chance[k]:.3g} %", told])
    lines = _table(rows)
    for wanted in _CHANCES:
        reached = np.flatnonzero(chance >= wanted)
        least = f"{100 * removed[reached[0]]:.3g} %" if reached.size else "more than was looked at"
        lines.append(f"least         for success in {100 * wanted:.0f} %: {least}")
    own, well = dataset["least"].values, dataset["well"].values.astype(bool)
    turned = (own > 0) & np.isfinite(own)
    lines.append(
        f"turned        {100 * np.mean(own == 0):.3g} % need none, {100 * turned.mean():.3g} % are "
        f"turned by some fraction, {100 * np.mean(~np.isfinite(own)):.3g} % by none"
    )
    lost = np.mean(well[:, 0] & ~well[:, -1])
    if lost > 0:
        lines.append(
            f"lost          {100 * lost:.3g} % have success without, and not with "
            f"{100 * removed[-1]:.3g} % removed"
        )
    return lines
