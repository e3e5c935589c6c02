"""Two laws of growth, of which one has a capacity, and a table that it makes."""

import csv

import numpy as np

from cartflow.alone.simulate import simulate

CAPPED = """
title = "Growth up to a capacity"
[species.tumour]
role = "resident"
unit = "cell/mm^3"
[parameters.growth_rate]
value = "0.5 1/day"
source = "assumed"
standing = "assumed"
[parameters.carrying_capacity]
value = "1000 cell/mm^3"
source = "assumed"
standing = "assumed"
[reactions.growth]
produces = { tumour = 1 }
rate = "growth_rate*tumour*(1 - tumour/carrying_capacity)"
[scenarios.grown]
source = "assumed"
standing = "assumed"
end = "20 days"
initial = { tumour = "10 cell/mm^3" }
"""
FREE = CAPPED.replace("*(1 - tumour/carrying_capacity)", " + 0*carrying_capacity*growth_rate")


def written(folder):
    """Write both models and a table of the one with a capacity, and return the table's path."""
    (folder / "capped.toml").write_text(CAPPED)
    (folder / "free.toml").write_text(FREE)
    times = np.linspace(1.0, 16.0, 16)
    values = simulate("capped.toml").course.at(times)[:, 0]
    random = np.random.default_rng(6)
    with (folder / "data.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["subject", "time [day]", "observable", "value", "unit"])
        for time, value in zip(times, values * np.exp(0.1 * random.normal(size=16)), strict=True):
            rows.writerow(["a", time, "tumour", value, "cell/uL"])
    return folder / "data.csv"
