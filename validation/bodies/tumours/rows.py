"""The published tumours in their own bodies against their publications' own equations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.linalg import expm

from cartflow.pbpk.files.load import load_trafficking
from cartflow.pbpk.flows.courses import HOUR, course, exact_area, given
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.tumour_like import Likeness, published_tumour, tumour_vessels
from cartflow.validation.bodies.khot_equations import Reading, system
from cartflow.validation.bodies.rows import PublishedRow
from cartflow.validation.bodies.tumours import singh2020, tsai2022

Array = np.ndarray

HOURS = (1.0, 24.0, 72.0, 168.0)
_MM3, _TISSUE = 1e3, "tumour tissue"
_TRANSFER = 0.2 / 24  # 1/h, from all blood to the tumour, in leon_triana2021
# The models say the same in other bodies, so that a few percent are left.
_CLOSE, _EXACT = 0.05, 0.01


class Delivered(NamedTuple):
    """Cells that entered a tumour by `HOURS` per cell given (routes, times), and those there.

    `package` is with the published tumour, `default` with the default one of the same volume,
    `source` by the publication's equations.
    """

    model: str
    routes: tuple[str, ...]
    source: Array
    package: Array
    default: Array
    source_held: Array
    package_held: Array


def network(model: str, like: Likeness = "published") -> OrganNetwork:
    """Return the network of a model in its own body, with its published tumour or the default."""
    trafficking = load_trafficking(model)
    own = published_tumour(trafficking)
    volume = _MM3 if own.volume is None else own.volume.value
    tumour = tumour_vessels(trafficking, volume, own.host, like)
    return organ_network(trafficking.made_for, trafficking, tumour=tumour, lumped=True)


def entered(found: OrganNetwork, hours: Sequence[float], route: str = "intravenous") -> Array:
    """Return the cells that came into the tumour's tissue by `hours`, of one given."""
    row = found.rates[found.index("tumour_tissue")].copy()
    row[found.index("tumour_tissue")] = 0.0
    return np.array([row @ exact_area(found, given(found, route), h * HOUR) for h in hours])


def held(found: OrganNetwork, hours: Sequence[float], route: str = "intravenous") -> Array:
    """Return the cells in the tumour's tissue at `hours`, of one given."""
    cells = course(found, given(found, route), np.array(hours) * HOUR)
    return np.array(cells[:, found.index("tumour_tissue")])


def delivered() -> tuple[Delivered, ...]:
    """Return what the tumours of singh2020 and tsai2022_liver get, by every published route."""
    singh = singh2020.model(), {"intravenous": singh2020.ENTRY}
    tsai = tsai2022.model(), tsai2022.ENTRIES
    found = []
    for model, (flows, entries) in {"singh2020": singh, "tsai2022_liver": tsai}.items():
        own, default, routes = network(model), network(model, "default"), tuple(entries)
        found.append(
            Delivered(
                model,
                routes,
                np.array([flows.entered(e, HOURS, _TISSUE) for e in entries.values()]),
                np.array([entered(own, HOURS, route) for route in routes]),
                np.array([entered(default, HOURS, route) for route in routes]),
                np.array([flows.held(e, HOURS, _TISSUE) for e in entries.values()]),
                np.array([held(own, HOURS, route) for route in routes]),
            )
        )
    return tuple(found)


def delivery_rows(found: Sequence[Delivered]) -> list[PublishedRow]:
    """Return what entered the tumours, in % of the dose, against the publications' equations."""
    rows = []
    for one in found:
        tolerance = _CLOSE if one.model == "singh2020" else _EXACT
        note = f"{one.model}: within {100 * tolerance:g} %"
        for i, route in enumerate(one.routes):
            for j, hour in enumerate(HOURS):
                name = f"{one.model}, {route}, entered by {hour:g} h"
                expected = 100 * one.source[i, j]
                rows.append(_row(name, 100 * one.package[i, j], expected, tolerance, note))
    return rows


def content_rows(found: Sequence[Delivered]) -> list[PublishedRow]:
    """Return the cells in the tumours after a day, in % of the dose, in the same way."""
    day = HOURS.index(24.0)
    return [
        _row(
            f"{one.model}, {route}, in the tumour's tissue at 24 h",
            100 * one.package_held[i, day],
            100 * one.source_held[i, day],
            _CLOSE if one.model == "singh2020" else _EXACT,
            "",
        )
        for one in found
        for i, route in enumerate(one.routes)
    ]


def khot_rows() -> list[PublishedRow]:
    """Return what the tumour of khot2019 gets, and what it takes of the blood that comes.

    With vessels of a tenth, which the curve drawn for the tumour asks for: J V_v;
    cells per exposure of the artery, Q J V_v / (Q - L + J V_v); and cells that entered.
    """
    found, note = network("khot2019"), "khot2019: vessels a tenth of the tumour; within 5 %"
    vessels, tissue = found.index("tumour_vascular"), found.index("tumour_tissue")
    uptake = found.rates[tissue, vessels] * HOUR * found.volumes()[vessels] / _MM3
    rate, flow, lymph = 0.6 * 0.1 * 0.45, 6.0, 6.0 * 0.55 / 500
    artery = found.index("arterial")
    exposure = exact_area(found, given(found), 168.0 * HOUR)[artery] / HOUR
    cleared = entered(found, (168.0,))[0] * found.volumes()[artery] / exposure / _MM3
    expected = flow * rate / (flow - lymph + rate)
    got, wanted = 100 * entered(found, HOURS), 100 * khot_entered(HOURS)
    return [
        _row("khot2019, J V_v of 0.45 mL", uptake, rate, 1e-9, note, "mL/h"),
        _row("khot2019, entered per arterial exposure", cleared, expected, 1e-4, "", "mL/h"),
        *(
            _row(f"khot2019, intravenous, entered by {h:g} h", g, w, _CLOSE, "")
            for h, g, w in zip(HOURS, got, wanted, strict=True)
        ),
    ]


def khot_entered(hours: Sequence[float], vessels: float = 0.1) -> Array:
    """Return the cells that came into Khot's tumour by `hours`, by the paper's own equations."""
    names, rates, _ = system(Reading(tumour_vessels=vessels))
    size, source = len(names), names.index("tumour v")
    counted = np.zeros((size + 1, size + 1))
    counted[:size, :size] = rates
    counted[size, source] = rates[names.index("tumour e"), source]
    start = np.zeros(size + 1)
    start[names.index("blood")] = 1.0
    return np.array([(expm(counted * h) @ start)[size] for h in hours])


def transfer_rows() -> list[PublishedRow]:
    """Return what the tumour of leon_triana2021 holds, from which no cell returns."""
    hours = (24.0, 168.0, 672.0)
    found = 100 * held(network("leon_triana2021"), hours)
    expected = -100 * np.expm1(-_TRANSFER * np.array(hours))
    note = "leon_triana2021: 1 - exp(-0.2 t), t in days"
    return [
        _row(f"leon_triana2021, in the tumour at {h:g} h", f, e, 1e-9, note)
        for h, f, e in zip(hours, found, expected, strict=True)
    ]


def _row(
    name: str,
    measured: float,
    expected: float,
    tolerance: float,
    note: str,
    unit: str = "% of the dose",
) -> PublishedRow:
    model = name.partition(",")[0]
    key = {"tsai2022_liver": "tsai2022", "leon_triana2021": "leon_triana2021_gbm"}.get(model, model)
    return PublishedRow(
        name, float(measured), float(expected), tolerance * expected, unit, key, "recomputed", note
    )
