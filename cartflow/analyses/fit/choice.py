"""The same data against several models: how well each fits, and what it says of later values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cartflow.analyses.fit.build import problem_of
from cartflow.analyses.fit.parameters import Wanted, read_vary
from cartflow.analyses.fit.run import Fitted, choices_of, fit
from cartflow.analyses.fit.sources.choose import source_of
from cartflow.analyses.fit.table.measurements import Measurements
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.core import arguments
from cartflow.core.outcome import InputError
from cartflow.core.units.conversion import to_internal

_FORM = "after 20 days"


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A model's fit; `held_back` is -2 ln L of the values that it was not fitted to, of `values`.

    It is nan where nothing was held back.
    """

    name: str
    fitted: Fitted
    held_back: float
    values: int


def compare_fits(
    models: Sequence[str | Path],
    data: Any,
    vary: Sequence[str],
    *,
    hold_back: str | None = None,
    **options: Any,
) -> list[Candidate]:
    """Fit several models to the same data, in the order of their AIC, the best first.

    `vary` as in `cartflow.fit`; ``NAME:KEY=...`` is for the model NAME alone. `hold_back` as
    ``after 20 days`` keeps later values from the fit, which are then predicted. Raises
    `InputError`.
    """
    measured = read_measurements(data, options.get("names"))
    early, late = _parted(measured, hold_back)
    found = []
    for model in models:
        own = texts_of(str(model), models, arguments.names(vary, "vary"), "--vary")
        fitted = fit(model, early, own, **options)
        score = float("nan")
        if late is not None:
            score = _predicted(model, fitted, measured, read_vary(own), options)
        count = 0 if late is None else late.size
        found.append(Candidate(name=str(model), fitted=fitted, held_back=score, values=count))
    return sorted(found, key=lambda each: each.fitted.dataset.attrs["aic"])


def comparison_lines(candidates: Sequence[Candidate]) -> list[str]:
    """Return a table of fits in lines."""
    best = min(each.fitted.dataset.attrs["aic"] for each in candidates)
    head = ["model", "-2 ln L", "estimated", "AIC", "above best", "BIC", "held back"]
    rows = [head]
    for each in candidates:
        a = each.fitted.dataset.attrs
        told = f"{each.held_back:.5g} ({each.values})" if np.isfinite(each.held_back) else ""
        rows.append(
            [
                each.name,
                f"{a['minus_two_log_likelihood']:.6g}",
                str(a["estimated"]),
                f"{a['aic']:.6g}",
                f"{a['aic'] - best:.4g}",
                f"{a['bic']:.6g}",
                told,
            ]
        )
    widths = [max(len(row[k]) for row in rows) for k in range(len(head))]
    return ["  ".join(t.ljust(w) for t, w in zip(r, widths, strict=True)).rstrip() for r in rows]


def texts_of(
    model: str, models: Sequence[str | Path], texts: Sequence[str], option: str
) -> list[str]:
    """Return the texts ``KEY=...`` and ``MODEL:KEY=...`` of a model, without its name before them.

    Raises `InputError` where one names none of the `models`.
    """
    found, names = [], [str(each) for each in models]
    for text in texts:
        key = text.partition("=")[0]
        name, colon, _ = key.partition(":")
        if colon and name not in names:
            msg = f"{option} {text}: '{name}' is none of the models {', '.join(names)}"
            raise InputError(msg)
        if not colon:
            found.append(text)
        elif name == model:
            found.append(text[len(name) + 1 :])
    return found


def _parted(
    measured: Measurements, hold_back: str | None
) -> tuple[Measurements, Measurements | None]:
    if hold_back is None:
        return measured, None
    word, _, time = arguments.text(hold_back, "--hold-back").partition(" ")
    if word != "after":
        msg = f"--hold-back: got '{hold_back[:40]}'; write such as '{_FORM}'"
        raise InputError(msg)
    try:
        days = to_internal(time, "day")
    except InputError as error:
        msg = f"--hold-back: {error}; write such as '{_FORM}'"
        raise InputError(msg) from None
    late = measured.time > days
    if not late.any() or late.all():
        msg = f"--hold-back: {int(late.sum())} of {measured.size} values are after {days:g} day"
        raise InputError(msg)
    return measured.taken(~late), measured.taken(late)


def _predicted(
    model: str | Path,
    fitted: Fitted,
    measured: Measurements,
    wanted: Sequence[Wanted],
    options: Mapping[str, Any],
) -> float:
    """Return -2 ln L of what was held back, at the estimates."""
    choices = choices_of(**{k: v for k, v in options.items() if k in _CHOICES})
    if choices.scaled or choices.shifted:
        msg = "--hold-back: a scale would be solved for with what is held back; vary a number"
        raise InputError(msg)
    told = arguments.table(options.get("settings"), "settings")
    source = source_of(model, options.get("scenario"), told, options.get("exact", True))
    whole = problem_of(measured, source, wanted, choices)
    same = replace(whole, parameters=fitted.problem.parameters)
    loss = same.evaluate(fitted.best.inner, slopes=False).likelihood
    return 2.0 * (loss - fitted.best.at.likelihood)


_CHOICES = ("observables", "errors", "scale", "offset", "each", "dose_into", "priors")
