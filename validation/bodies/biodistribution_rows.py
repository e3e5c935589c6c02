"""Labelled T cells in mice and rats: the tables that ship, and what the case asks of them."""

from __future__ import annotations

from cartflow.pbpk.measured.by_model import modelled
from cartflow.pbpk.measured.table import load_measured

# By the name of the table that ships. The abstracts give the lung of mice and both rats' numbers.
TABLES = {
    name: load_measured(name)
    for name in (
        "khot2019",
        "lee2020",
        "c3h_lymphocytes1979",
        "rat_duct_lymphocytes1973",
        "rat_t_lymphocytes1984",
    )
}
LUNG = TABLES["c3h_lymphocytes1979"]


def lung_at_half_an_hour(model: str) -> float:
    """Return the % of the dose in a mouse's lung half an hour after injection."""
    return float(modelled(model, LUNG, LUNG.values())[0])
