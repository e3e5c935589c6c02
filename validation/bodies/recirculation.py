"""Recirculation in rats: stays in organs, and what a thoracic duct yields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cartflow.core.parameters import Parameter
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.courses import HOUR, given
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.trafficking import Trafficking
from cartflow.validation.bodies.rows import PublishedRow

Array = NDArray[np.float64]

_STAYS = {"lung": 1 / 60, "liver": 1 / 60, "spleen": 2.5, "lymph": 10.0}  # hours
_RECOVERED, _DURATION = 0.55, 45 * HOUR
# What had to be assumed: how fast blood empties into spleen and nodes, how they share it, and
# which part of what leaves the nodes passes the thoracic duct.
ENTRY_RATES = (0.5, 1.0, 2.0, 4.0)  # per hour
NODE_SHARES = (0.3, 0.5, 0.7)
DUCT_SHARES = (0.25, 0.5, 0.75, 1.0)


def residence_times(network: OrganNetwork) -> dict[str, float]:
    """Return the mean stay in lung, liver, spleen and nodes, 1 / (rate of leaving), in hours."""
    leaving = -np.diag(network.rates)
    names = {"lung": "lung_tissue", "liver": "liver_tissue", "spleen": "spleen_tissue"}
    names["lymph"] = "lymph"
    return {organ: 24.0 / float(leaving[network.index(name)]) for organ, name in names.items()}


def residence_rows() -> list[PublishedRow]:
    """Return the stays in the organs as the published ones, to round-off."""
    model = load_trafficking("ganusov2014")
    found = residence_times(organ_network(model.made_for, model))
    note = "1 min is the upper bound of the publication for lung and liver"
    return [
        PublishedRow(f"stay in {o}", found[o], hours, 1e-9 * hours, "h", "ganusov2014", "set", note)
        for o, hours in _STAYS.items()
    ]


def split_rows() -> list[PublishedRow]:
    """Return the share of cells that leave the blood for lung and liver: 95 %."""
    model = load_trafficking("ganusov2014")
    rates = {name: _entry(model, name) for name in ("lung", "liver", "spleen")}
    nodes = 0.0 if model.lymph.blood_entry_rate is None else model.lymph.blood_entry_rate.value
    transit = rates["lung"] + rates["liver"]
    share = transit / (transit + rates["spleen"] + nodes)
    note = "the rest goes to spleen and nodes"
    row = PublishedRow(
        "share of exit into lung and liver", share, 0.95, 1e-9, "1", "ganusov2014", "set", note
    )
    return [row]


def duct_recovery(
    entry_rate: float, node_share: float, duct_share: float, duration: float = _DURATION
) -> float:
    """Return the share of infused cells that a drained thoracic duct yields in `duration` (day).

    `entry_rate` (1/h) is that from blood into spleen and nodes together, `node_share` the part of
    it that enters nodes, `duct_share` the part of what leaves the nodes that the duct collects.
    """
    network = organ_network(load_body("rat_250g"), _assumed(entry_rate, node_share))
    rates = network.rates.copy()
    lymph, venous, gathered = (network.index(n) for n in ("lymph", "venous", "handed_over"))
    rates[gathered, lymph] = duct_share * rates[venous, lymph]
    rates[venous, lymph] *= 1.0 - duct_share
    drained = replace(network, rates=rates)
    cells = NetworkStepper(network=drained).step(given(drained), duration)
    return float(cells[gathered, 0])


def recovery_table() -> list[tuple[float, float, float, float]]:
    """Return entry rate, share of nodes, share of the duct and recovery for all assumptions."""
    grid: Iterable[tuple[float, float, float]] = product(ENTRY_RATES, NODE_SHARES, DUCT_SHARES)
    return [(*assumed, duct_recovery(*assumed)) for assumed in grid]


def recovery_rows() -> list[PublishedRow]:
    """Return the range of recovery that the assumptions give, which must hold 55 % in 45 h."""
    found = [row[-1] for row in recovery_table()]
    middle, half = 0.5 * (max(found) + min(found)), 0.5 * (max(found) - min(found))
    note = (
        f"assumed: entry {ENTRY_RATES[0]:g} to {ENTRY_RATES[-1]:g} per hour, nodes "
        f"{NODE_SHARES[0]:g} to {NODE_SHARES[-1]:g} of it, duct {DUCT_SHARES[0]:g} to "
        f"{DUCT_SHARES[-1]:g} of what leaves nodes; recovery {min(found):.2f} to {max(found):.2f}"
    )
    name = "thoracic duct recovery in 45 h: middle of the range, to half its width"
    return [PublishedRow(name, middle, _RECOVERED, half, "1", "ganusov2014", "published", note)]


def _entry(model: Trafficking, organ: str) -> float:
    rate = model.organ(organ).blood_entry_rate
    return 0.0 if rate is None else rate.value


def _assumed(entry_rate: float, node_share: float) -> Trafficking:
    """Return the model with other entry rates; lung and liver keep 95 % of what leaves blood."""
    model = load_trafficking("ganusov2014")
    wanted = {
        "spleen": entry_rate * (1 - node_share),
        "lung": 9.5 * entry_rate,
        "liver": 9.5 * entry_rate,
    }
    organs = dict(model.organs)
    for name, value in wanted.items():
        organs[name] = replace(organs[name], blood_entry_rate=_per_hour(value))
    nodes = replace(model.lymph, blood_entry_rate=_per_hour(entry_rate * node_share))
    return replace(model, organs=organs, lymph=nodes)


def _per_hour(value: float) -> Parameter:
    stated = f"{value:g} 1/h"
    return Parameter(
        value=24 * value, unit="1/day", stated=stated, source="assumed", standing="assumed"
    )
