"""A result as one HTML page that needs nothing else: outcome, figures, numbers, sources."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

import numpy as np
import xarray as xr

from cartflow.core.bibliography import keys, reference
from cartflow.core.parameters import STANDINGS
from cartflow.results.figures.inside import picture, png_of
from cartflow.results.one_tumour import one_tumour, tumours_of
from cartflow.results.report.depths import fields_over_depth
from cartflow.results.report.elements import (
    folded,
    heading,
    listing,
    pairs,
    paragraph,
    preformatted,
    table,
)
from cartflow.results.report.frame import framed
from cartflow.results.report.script import slider
from cartflow.results.report.tables import tables_of
from cartflow.results.summary import summary_lines

_HEAD = 13  # characters before the text of a line of the summary


def report(tree: xr.DataTree, name: str) -> str:
    """Return the page of a run's result from the file `name`. Raises `InputError` as `summarise`.

    Outcome, figures, a slider over depth, balance, errors, every number with source and standing,
    references, and the study's text. Texts of the file are escaped; numbers are those of the file.
    """
    return framed(str(tree.attrs.get("title", name)), _parts(tree, name))


def _parts(tree: xr.DataTree, name: str) -> Iterator[str]:
    yield heading("Outcome")
    yield pairs((line[:_HEAD].strip(), line[_HEAD:].strip()) for line in summary_lines(tree))
    yield picture(png_of(tree), "organs, exchange, balance and fields of the tumour over time")
    if "tumour" in tree.children:
        yield heading("Over time and depth")
        yield slider(fields_over_depth(tree["tumour"].to_dataset()))
    for number, each in enumerate(tumours_of(tree)):
        yield heading(f"{each.replace('_', ' ')}: over time and depth")
        tumour = one_tumour(tree, each)["tumour"].to_dataset()
        yield slider(fields_over_depth(tumour), str(number))
    yield heading("Balance at the end")
    yield _balance(tree["balance"].to_dataset())
    if "errors" in tree.children and tree["errors"].sizes.get("number"):
        yield heading("Error in space")
        yield _errors(tree["errors"].to_dataset())
    if "derivatives" in tree.children:
        yield heading("What it depends on")
        yield from tables_of(tree["derivatives"].to_dataset())
    yield heading("Numbers")
    yield from _numbers(tree["parameters"].to_dataset())
    yield heading("References")
    known = set(keys())
    cited = str(tree.attrs.get("reference_keys", "")).split()
    yield listing(f"[{key}] {reference(key)}" for key in cited if key in known)
    yield heading("How to repeat it")
    yield from _repeat(tree, name)


def _balance(balance: xr.Dataset) -> str:
    names = [n for n, v in balance.data_vars.items() if v.dims == ("time", "phenotype")]
    phenotypes = [str(each) for each in balance["phenotype"].values]
    rows = [[str(n), *(f"{v:.6g}" for v in balance[n].values[-1])] for n in names]
    return table(["cells", *phenotypes], rows)


def _errors(errors: xr.Dataset) -> str:
    words = str(errors.attrs.get("numbers_in_words", "")).split("; ")
    shown = ["mesh_shift", "mesh_order", "mesh_error", "mesh_width_for_one_percent"]
    columns = [n for n in shown if n in errors]
    rows = [
        [word, *(f"{float(errors[n][i]):.3g}" for n in columns)] for i, word in enumerate(words)
    ]
    header = [str(errors[n].attrs.get("long_name", n)) for n in columns]
    return table(["number", *header], rows)


def _numbers(parameters: xr.Dataset) -> Iterator[str]:
    """Yield how many numbers are known how well, the assumed ones, and all of them."""
    items = [(str(v.attrs.get("long_name", n)), v) for n, v in parameters.data_vars.items()]
    by_standing = {s: [i for i in items if i[1].attrs.get("standing") == s] for s in STANDINGS}
    counts = ", ".join(f"{len(found)} {s}" for s, found in by_standing.items() if found)
    yield paragraph(f"{len(items)} numbers: {counts}.")
    yield folded("Those that nobody has measured", _of(by_standing.get("assumed", [])))
    yield folded("All of them", _of(items))


def _of(items: list[tuple[str, xr.DataArray]]) -> str:
    header = ["number", "value", "unit", "as stated", "source", "standing", "note"]
    rows = []
    for name, value in sorted(items, key=lambda item: item[0]):
        attrs = {k: str(v) for k, v in value.attrs.items()}
        unit = attrs.get("unit_with_cells", attrs.get("units", ""))
        texts = (attrs.get(n, "") for n in ("stated", "source", "standing", "note"))
        rows.append([name, f"{float(np.asarray(value.values)):.6g}", unit, *texts])
    return table(header, rows)


def _repeat(tree: xr.DataTree, name: str) -> Iterator[str]:
    attrs = {str(key): str(value) for key, value in tree.attrs.items()}
    settings = json.loads(attrs.get("settings", "{}") or "{}")
    plain = {k: v for k, v in settings.items() if isinstance(v, str | int | float)}
    changed = "".join(f" --set {shlex.quote(f'{key}={value}')}" for key, value in plain.items())
    yield paragraph(f"From {name}; {attrs.get('source', '')}; {attrs.get('history', '')}")
    yield preformatted(f"cartflow run study.toml{changed}")
    if whole := [(k, json.dumps(v)) for k, v in settings.items() if k not in plain]:
        yield paragraph("with these tables changed as a whole:")
        yield pairs(whole)
    versions = [(k, v) for k, v in attrs.items() if k.startswith("engine") or k.endswith("version")]
    yield folded("Engine and versions", pairs(versions))
    yield folded("study.toml", preformatted(attrs.get("study", "")))
