"""Tsai et al. 2022: route ratios in the pleural model, and where a dose goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cartflow.pbpk.body import Body
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import HOUR, course, exact_area, given, held
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.metrics import auc
from cartflow.validation.bodies.rows import PublishedRow, Standing

Array = NDArray[np.float64]

_TUMOUR_CELLS, _CELL_VOLUME = 1e8, 518.3e-9  # mm3 a cell
_INTERSTITIUM = 0.2  # of the tumour's volume
_SAMPLING = 0.05 * HOUR
_PLACES = {"blood": "venous", "lung": "lung", "pleura": "pleura"}
# By the end of the area, in hours.
_PUBLISHED = {
    4: {"blood": 0.205, "lung": 0.380, "pleura": 81.9},
    72: {"blood": 0.832, "lung": 0.953, "pleura": 13.0},
}
_EXACT = {
    4: {"blood": 0.366, "lung": 0.363, "pleura": 81.55},
    72: {"blood": 0.947, "lung": 0.947, "pleura": 12.92},
}
# Percent of the dose after an intravenous bolus, and the unit of the last digit printed. The
# second row, printed as 2 min, is at 0.033 h.
_DOSE_TABLE = {
    36.0: (33.4, 25.1, 38.7, 2.7, 99.9),
    118.8: (12.5, 35.3, 37.5, 13.7, 99.3),
    360.0: (4.8, 21.4, 44.2, 26.9, 97.7),
    900.0: (3.6, 11.6, 61.1, 19.1, 95.8),
    3600.0: (0.76, 2.3, 84.9, 4.3, 92.6),
    86400.0: (0.38, 1.05, 65.3, 2.2, 68.9),
    604800.0: (0.06, 0.17, 10.5, 0.35, 11.1),
}
_DIGITS = {0.76: 0.01, 0.38: 0.01, 1.05: 0.01, 0.06: 0.01, 0.17: 0.01, 0.35: 0.01}


def pleural_body() -> Body:
    """Return the minimal mouse whose pleural space holds 1e8 tumour cells beside its fluid."""
    body = load_body("mouse_tsai2022_pleural")
    pleura = body.cavities["pleura"]
    more = _TUMOUR_CELLS * _CELL_VOLUME / (1 - _INTERSTITIUM)
    note = "fluid, and a tumour of 1e8 cells of 518.3 fL"
    volume = pleura.volume.times(1 + more / pleura.volume.value, "mm^3", note)
    return replace(body, cavities={"pleura": replace(pleura, volume=volume)})


def route_ratios(sampled: bool, hours: float = 4.0) -> dict[str, float]:
    """Return intrapleural / intravenous AUC from 0 to `hours` in venous blood, lung and pleura.

    `sampled` takes the linear trapezoid on a grid of 0.05 h, as published; else the integrals
    are exact. They differ in blood, since an intravenous bolus leaves the veins within seconds:
    the first trapezoid counts a peak of 4 s as if it lasted 90 s.
    """
    network = organ_network(pleural_body(), load_trafficking("tsai2022_pleural"))
    end = hours * HOUR
    areas = {r: _areas(network, r, sampled, end) for r in ("intrapleural", "intravenous")}
    return {place: areas["intrapleural"][place] / areas["intravenous"][place] for place in _PLACES}


def route_ratio_rows() -> list[PublishedRow]:
    """Return the ratios by the published sampling, and exact, each within 2 %."""
    note = "linear trapezoid on 0.05 h; cells that do not bind; pleura with 1e8 tumour cells"
    why = "exact integrals; the published ratio in blood is a matter of sampling"
    rows: list[PublishedRow] = []
    for hours, published in _PUBLISHED.items():
        rows += _ratio_rows(hours, True, published, "published", note)
        rows += _ratio_rows(hours, False, _EXACT[hours], "recomputed", why)
    return rows


def _ratio_rows(
    hours: int, sampled: bool, expected: Mapping[str, float], standing: Standing, note: str
) -> list[PublishedRow]:
    found, how = route_ratios(sampled, hours), "as sampled" if sampled else "exact"
    text = f"intrapleural / intravenous AUC 0-{hours} h"
    return [
        PublishedRow(
            f"{text}, {place}, {how}",
            found[place],
            value,
            0.02 * value,
            "1",
            "tsai2022",
            standing,
            note,
        )
        for place, value in expected.items()
    ]


def dose_table() -> dict[float, tuple[float, ...]]:
    """Return % of an intravenous dose in blood, lung, others, nodes and in all, by seconds.

    The pleural model without a tumour. The pleural space has no column of its own, holds up to
    half a percent, and counts in all. Without it the lung at 1 h would be 2.17 % instead of 2.26.
    """
    trafficking = load_trafficking("tsai2022_pleural")
    network = organ_network(load_body("mouse_tsai2022_pleural"), trafficking)
    times = np.array(list(_DOSE_TABLE)) / 86400.0
    cells = 100 * course(network, given(network), times)
    places = [
        ("blood",),
        ("lung",),
        ("rest",),
        ("lymph",),
        ("blood", "lung", "rest", "lymph", "pleura"),
    ]
    columns = [held(network, cells, place) for place in places]
    return {
        seconds: tuple(float(column[n]) for column in columns)
        for n, seconds in enumerate(_DOSE_TABLE)
    }


def dose_table_rows() -> list[PublishedRow]:
    """Return the table against an independent solution, within 2 % or half a last digit."""
    found = dose_table()
    names = ("blood", "lung", "other tissues", "nodes", "left in all")
    rows = []
    for seconds, expected in _DOSE_TABLE.items():
        for name, value, measured in zip(names, expected, found[seconds], strict=True):
            half = 0.5 * _DIGITS.get(value, 0.1)
            rows.append(
                PublishedRow(
                    f"{name} at {seconds:g} s",
                    measured,
                    value,
                    max(0.02 * value, half),
                    "% of the dose",
                    "tsai2022",
                    "recomputed",
                    "minimal model without a tumour, solved independently",
                )
            )
    return rows


def _areas(network: OrganNetwork, route: str, sampled: bool, end: float) -> dict[str, float]:
    start = given(network, route)
    if sampled:
        times = np.arange(0.0, end + 0.5 * _SAMPLING, _SAMPLING)
        cells = course(network, start, times)
        area = np.array([auc(times, column, "linear") for column in cells.T])
    else:
        area = exact_area(network, start, end)
    venous = area[network.index("venous")]
    return {
        "blood": float(venous),
        "lung": float(held(network, area, ("lung",))),
        "pleura": float(area[network.index("pleura_cavity")]),
    }
