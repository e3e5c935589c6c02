"""Which choice, and which number, makes the spread of a ratio."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr

from cartflow.core.dataset import label

Array = np.ndarray
CHOICES = {"trafficking": "trafficking model", "scaling": "scaling rule"}
BY_CHOICE, BY_DRAW, BY_NUMBER = "delivery_by_choice", "delivery_by_draw", "moved_by_number"


class Parts(NamedTuple):
    """Shares of the variance of a ratio's logarithm: model, rule, numbers, and of each number."""

    model: float
    rule: float
    numbers: float
    by_number: dict[str, float]


def shares(ratio: Array) -> tuple[float, float]:
    """Return the shares of rows and of columns in the spread of the logarithm of `ratio`.

    Each is the mean over both orders of taking them in (Shapley) of how much of the variance
    between cells the means of rows, or columns, explain; together they are one but for what both
    make together, which is halved. Rows and columns with a gap are left out.
    """
    kept = ratio[np.isfinite(ratio).all(axis=1)]
    if kept.size == 0:
        return float("nan"), float("nan")
    logs = np.log(kept)
    total = float(logs.var())
    if total == 0.0:
        return 0.0, 0.0
    rows, columns = (float(logs.mean(axis=axis).var()) / total for axis in (1, 0))
    together = max(1.0 - rows - columns, 0.0)
    return rows + 0.5 * together, columns + 0.5 * together


def most_and_least(dataset: xr.Dataset) -> tuple[int, int]:
    """Return the places of the bodies that get most and least with the study's own choice."""
    delivery = dataset["delivery"].values
    return int(np.argmax(delivery)), int(np.argmin(delivery))


def ratio_by_choice(dataset: xr.Dataset) -> Array:
    """Return how many times as much the first gets as the last (trafficking, scaling)."""
    most, least = most_and_least(dataset)
    by_choice = dataset[BY_CHOICE].transpose("body", *CHOICES).values
    return np.asarray(by_choice[most] / by_choice[least])


def ratio_by_draw(dataset: xr.Dataset) -> Array | None:
    """Return the ratio by draw of the numbers (trafficking, scaling, draw), if there are any."""
    if BY_DRAW not in dataset:
        return None
    most, least = most_and_least(dataset)
    drawn = dataset[BY_DRAW].transpose("body", *CHOICES, "draw").values
    return np.asarray(drawn[most] / drawn[least])


def parts(dataset: xr.Dataset) -> Parts:
    """Return what makes the spread of the ratio of most to least delivery.

    Of the variance of its logarithm over choices and draws, that between the means of choices is
    shared by model and rule (`shares`), the rest is the numbers'. These share it by the squares
    of what the range of each moves, one at a time.
    """
    drawn = ratio_by_draw(dataset)
    if drawn is None:
        return Parts(*shares(ratio_by_choice(dataset)), 0.0, {})
    kept = np.log(drawn[np.isfinite(drawn).all(axis=(1, 2))])
    total = float(kept.var()) if kept.size else 0.0
    if total == 0.0:
        return Parts(0.0, 0.0, 0.0, {})
    model, rule = shares(np.exp(kept.mean(axis=2)))
    within = float(kept.var(axis=2).mean()) / total
    most, least = most_and_least(dataset)
    moved = dataset[BY_NUMBER].transpose("body", *CHOICES, "number").values
    squares = ((moved[most] - moved[least])[np.isfinite(drawn).all(axis=(1, 2))] ** 2).mean(
        axis=(0, 1)
    )
    whole = float(squares.sum())
    by_number = {
        str(name): within * float(square) / whole if whole > 0 else 0.0
        for name, square in zip(dataset["number"].values, squares, strict=True)
    }
    between = 1.0 - within
    return Parts(between * model, between * rule, within, by_number)


def with_shares(dataset: xr.Dataset) -> xr.Dataset:
    """Return the dataset with ``share_of_spread`` (maker): the shares of `parts`, by name."""
    found = parts(dataset)
    named = dict(zip(CHOICES.values(), (found.model, found.rule), strict=True)) | found.by_number
    text = "share of the variance of the logarithm of the ratio of most to least delivery"
    values = xr.Variable(("maker",), list(named.values()), {"units": "1", "long_name": text})
    names = label(("maker",), list(named), "what makes the spread")
    kept = dataset.drop_dims("maker", errors="ignore")
    return kept.assign_coords(maker=names).assign(share_of_spread=values)
