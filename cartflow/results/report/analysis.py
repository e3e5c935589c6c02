"""The page of what an analysis wrote: a sweep, fit, comparison, sensitivity or refinement."""

from __future__ import annotations

import json
from collections.abc import Iterator

import xarray as xr

from cartflow.results.figures.inside import picture
from cartflow.results.report.elements import folded, heading, pairs, paragraph, preformatted
from cartflow.results.report.frame import framed
from cartflow.results.report.tables import tables_of

_MOST_LETTERS = 300
_OWN_PLACE = {"study", "settings", "title", "model_text"}


def analysis_report(dataset: xr.Dataset, name: str, png: bytes) -> str:
    """Return the page of an analysis's `dataset` from the file `name`, with its figure `png`.

    Every variable of up to 1000 rows is a table; of others least, median and largest value. Then
    what the file says of itself, and the study. Texts are escaped; numbers are the file's.
    """
    return framed(str(dataset.attrs.get("title", name)), _parts(dataset, name, png))


def _parts(dataset: xr.Dataset, name: str, png: bytes) -> Iterator[str]:
    yield picture(png, "the figure of this analysis")
    yield heading("Numbers")
    yield from tables_of(dataset)
    yield heading("How it was made")
    attrs = {str(key): str(value) for key, value in dataset.attrs.items()}
    told = {k: v for k, v in attrs.items() if k not in _OWN_PLACE and v}
    short = {k: v for k, v in told.items() if len(v) <= _MOST_LETTERS}
    yield pairs([("file", name), *short.items()])
    settings = json.loads(attrs.get("settings", "") or "{}")
    if settings:
        yield paragraph("Changed of the study or model:")
        yield pairs([(key, json.dumps(value)) for key, value in settings.items()])
    for key, value in told.items():
        if key not in short:
            yield folded(key, preformatted(value))
    for key in ("study", "model_text"):
        if attrs.get(key):
            yield folded(key.replace("_", " "), preformatted(attrs[key]))
