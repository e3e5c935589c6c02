"""The bands of a comparison in lines of text."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from cartflow.analyses.bands.spread import (
    CHOICES,
    most_and_least,
    ratio_by_choice,
    ratio_by_draw,
)

Array = np.ndarray
_MOST_NUMBERS = 3
_LEAST_SHARE = 0.005


def band_lines(dataset: xr.Dataset) -> list[str]:
    """Return the band of each body's delivery and of the ratio of most to least, and its makers."""
    ratio, drawn = ratio_by_choice(dataset), ratio_by_draw(dataset)
    first, second = (str(dataset["body"].values[i]) for i in most_and_least(dataset))
    own = dict(zip(CHOICES, str(dataset.attrs["own_choice"]).split(" "), strict=True))
    lines = _of_bodies(dataset)
    lines += [f"bands         how many times as much as {second} {first} gets:"]
    lines += [_one_line(dataset, ratio, dim, own) for dim in CHOICES]
    if drawn is None:
        why = dataset.attrs.get("numbers")
        lines += [] if why is None else [f"{'  numbers':22}not varied: {why}"]
        band = _in_words(ratio)
    else:
        j, k = (_place(dataset, dim, own) for dim in CHOICES)
        kept = " ".join(str(dataset[dim].values[n]) for dim, n in zip(CHOICES, (j, k), strict=True))
        words = _in_words(drawn[j, k], 0.05)
        lines.append(f"{'  numbers':22}{words} (90 % of {drawn.shape[-1]} draws; {kept})")
        band = f"{_in_words(drawn, 0.05)} (90 %)"
    told, most = _makers(dataset)
    low_to_high, _, middle = band.partition(", median ")
    return [
        *lines,
        f"{'  spread':22}{told}",
        f"{first} gets {low_to_high} x {second}, median {middle}; {most} makes most of the spread",
    ]


def _makers(dataset: xr.Dataset) -> tuple[str, str]:
    """Return what makes how much of the spread, and what makes most of it."""
    names = [str(name) for name in dataset["maker"].values]
    found = dict(zip(names, dataset["share_of_spread"].values.tolist(), strict=True))
    model, rule = (found.pop(text) for text in CHOICES.values())
    told = [f"the model makes {100 * model:.0f} %", f"the rule {100 * rule:.0f} %"]
    if found:
        ordered = sorted(found.items(), key=lambda item: -item[1])[:_MOST_NUMBERS]
        each = [f"{name} {100 * share:.1f} %" for name, share in ordered if share >= _LEAST_SHARE]
        words = f" ({', '.join(each)})" if each else ""
        told.append(f"numbers {100 * sum(found.values()):.0f} %{words}")
    found |= {
        f"the {text}": share for text, share in zip(CHOICES.values(), (model, rule), strict=True)
    }
    return ", ".join(told), max(found, key=found.__getitem__)


def _of_bodies(dataset: xr.Dataset) -> list[str]:
    draws = "delivery_p05" in dataset
    last = ("p05", "p50", "p95") if draws else ("low", "median", "high")
    names = [f"delivery_{word}" for word in last]
    head = "5 %, median, 95 %" if draws else "lowest, median, highest"
    lines = [f"delivery      /cell/mL over models, rules{' and numbers' * draws}: {head}"]
    for body in dataset["body"].values:
        row = dataset.sel(body=body)
        numbers = ", ".join(f"{float(row[name]):.3g}" for name in names)
        lines.append(f"  {body!s:20}{numbers}")
    return lines


def _one_line(dataset: xr.Dataset, ratio: Array, dim: str, own: Mapping[str, str]) -> str:
    """Return how far one choice moves the ratio, the other as in the study or else the first."""
    other = next(name for name in CHOICES if name != dim)
    place = _place(dataset, other, own)
    moved = np.take(ratio, place, axis=1 - list(CHOICES).index(dim))
    told = [
        f"{name} {_shown(value)}" if np.isfinite(value) else f"{name} not possible"
        for name, value in zip(dataset[dim].values, moved, strict=True)
    ]
    words = _in_words(moved) if np.isfinite(moved).any() else "none is possible"
    kept = dataset[other].values[place]
    return f"{f'  {CHOICES[dim]}':22}{words} ({', '.join(told)}; {kept})"


def _place(dataset: xr.Dataset, dim: str, own: Mapping[str, str]) -> int:
    """Return the place of the study's own choice, or else the first."""
    names = [str(value) for value in dataset[dim].values]
    return names.index(own[dim]) if own[dim] in names else 0


def _in_words(ratio: Array, tail: float = 0.0) -> str:
    if not np.isfinite(ratio).any():
        return "none is possible"
    low, middle, high = np.nanquantile(ratio, [tail, 0.5, 1.0 - tail])
    return f"{_shown(low)} to {_shown(high)}, median {_shown(middle)}"


def _shown(value: float) -> str:
    """Return a number of three digits, below a million without a power of ten."""
    return f"{float(f'{value:.3g}'):g}"
