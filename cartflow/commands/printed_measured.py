"""A measured table, and how far every trafficking model is from it, printed."""

from __future__ import annotations

import numpy as np

from cartflow.commands.columns import print_sources, print_table
from cartflow.pbpk.measured.by_model import MODELS, body_of, misfit
from cartflow.pbpk.measured.table import Measured, Tissue, load_measured


def show_measured(name: str) -> None:
    """Print the table of a shipped name or a TOML file, its note, and the misfit of each model."""
    measured = load_measured(name)
    print(f"{measured.name}: {measured.title}; {measured.cells}, {measured.species}")
    hours = sorted({hour for tissue in measured.tissues.values() for hour in tissue.hours})
    unit = "% of the dose" + (" per g" if measured.unit == "%/g" else "")
    print(f"{unit}, {measured.standing} [{measured.reference}]\n")
    header = ["tissue", *(f"{hour:g} h" for hour in hours), "area %/g h", "compared with"]
    print_table(header, [_row(tissue, hours) for tissue in measured.tissues.values()])
    if measured.note:
        print(f"\n{measured.note.strip()}")
    print("\nrms of log10 (modelled / measured) by trafficking model; 0.3 is a factor of 2")
    header = ["model", "body", "rms", "factor", "numbers", "note"]
    print_table(header, [_misfit(model, measured) for model in MODELS])
    print_sources([measured.reference])


def _row(tissue: Tissue, hours: list[float]) -> list[str]:
    spread = tissue.spread or (None,) * len(tissue.hours)
    known = {
        hour: f"{percent:g}" if about is None else f"{percent:g} +- {about:g}"
        for hour, percent, about in zip(tissue.hours, tissue.percent, spread, strict=True)
    }
    area = "" if tissue.area is None else f"{tissue.area[0]:g} +- {tissue.area[1]:g}"
    with_organs = " + ".join(tissue.organs) or "nothing here"
    return [tissue.name, *(known.get(hour, "-") for hour in hours), area, with_organs]


def _misfit(model: str, measured: Measured) -> list[str]:
    rms, numbers = misfit(model, measured)
    note = "fitted to it" if model in measured.fitted else ""
    if np.isnan(rms):
        return [model, "", "-", "-", "0", "says nothing of these organs"]
    body = body_of(model, measured.species)
    return [model, body, f"{rms:.2f}", f"{10**rms:.2g}", str(numbers), note]
