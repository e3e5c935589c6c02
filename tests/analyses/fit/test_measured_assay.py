"""A killing assay that was measured, against the fit its authors published."""

import csv
from pathlib import Path

import numpy as np
import pytest

from cartflow.analyses.fit.run import fit

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "carrgodex_glioma_cart"
WELLS = "Y(C1,C2)"
# Brummer et al. 2022, line PBT1, CAR T 0.125, no dexamethasone: value and standard error.
PUBLISHED = {
    "growth_rate": ("1/h", 0.230303627, 0.002637951),
    "crowding": ("1", 0.558779003, 0.002881498),
    "killing_constant": ("1/h", 0.399998831, 0.006383794),
    "stimulation_constant": ("1/h", 0.046346801, 0.000498444),
    "death_rate": ("1/h", 0.023015543, 0.00031469),
}


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the measurements are not at {FOLDER}")
def test_published_estimates_are_found_within_their_errors():
    with (FOLDER / "car_T_dex_pbt1_pbt2_lines.csv").open(encoding="utf-8-sig") as file:
        # The fit begins with row 100, and ends with the last.
        rows = list(csv.DictReader(file))[100:652]
    hours = np.array([float(row["Time (Hour)"]) for row in rows])
    index = np.array([float(row[WELLS]) for row in rows])
    hours -= hours[0]
    size = len(rows) + 1
    data = {
        "subject": ["wells"] * size,
        "time": [*hours.tolist(), hours[-1]],
        "time_unit": ["h"] * size,
        "observable": ["tumour"] * len(rows) + ["cart"],
        # T cells left at the end, by flow cytometry, which the authors weigh heavily.
        "value": [*index.tolist(), 0.4155],
        "unit": ["1"] * size,
    }
    ranges = [f"{k}=[{v / 20!r}, {v * 20!r}] {unit}" for k, (unit, v, _) in PUBLISHED.items()]
    found = fit(
        "brummer2022",
        data,
        ranges,
        scenario="pbt1_cart_0125",
        settings={"initial.tumour": index[0], "initial.cart": 0.125},
        errors={"tumour": "normal", "cart": "normal 0.001"},
        starts=3,
        profile=False,
    )
    for name, (_, value, error) in PUBLISHED.items():
        assert abs(found.estimates[name] - value) < error, name
    wrong = found.dataset["predicted"].values[:-1] - index
    assert np.sum(wrong**2) == pytest.approx(0.5627, abs=0.001)
