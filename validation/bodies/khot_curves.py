"""Khot et al. 2019: cells per gram of tissue in mice, as measured and as drawn for their model.

Measured: the table ``khot2019`` that ships (figure 2 and printed areas). Drawn: read by us off
figure 3 (the fit). % of the dose per g.
"""

from __future__ import annotations

import math

from cartflow.pbpk.measured.table import Tissue, load_measured

HOURS = (1.0, 24.0, 72.0, 168.0, 336.0)
_TABLE = load_measured("khot2019").tissues


def _at_hours(tissue: Tissue) -> tuple[float, ...]:
    """Return a tissue's numbers at HOURS, nan where there was none."""
    known = dict(zip(tissue.hours, tissue.percent, strict=True))
    return tuple(known.get(hour, math.nan) for hour in HOURS)


MEASURED = {name.replace("_", " "): _at_hours(tissue) for name, tissue in _TABLE.items()}
# Printed area under the measured curve from 0 to 336 h, %ID/g h: mean and standard deviation.
AREA = {name.replace("_", " "): tissue.area for name, tissue in _TABLE.items() if tissue.area}

DRAWN = {
    "blood": (0.532, 0.0636, 0.0461, 0.0295, 0.0166),
    "lung": (62.7, 5.49, 3.87, 2.49, 1.41),
    "heart": (2.45, 0.270, 0.190, 0.122, 0.0692),
    "spleen": (35.4, 51.9, 54.6, 40.5, 22.3),
    "liver": (25.8, 23.2, 15.4, 9.30, 5.10),
    "tumour": (0.141, 0.149, 0.156, 0.119, 0.0661),
    "bone": (4.12, 6.80, 8.28, 7.28, 4.48),
    "draining inguinal node": (0.619, 1.06, 1.26, 1.11, 0.676),
    "other inguinal node": (0.644, 1.13, 1.33, 1.17, 0.719),
    "small intestine": (0.496, 0.145, 0.0930, 0.0597, 0.0340),
    "large intestine": (0.228, 0.0924, 0.0560, 0.0357, 0.0200),
    "kidney": (12.7, 8.28, 4.86, 3.02, 1.71),
    "skin": (0.0957, 0.110, 0.128, 0.109, 0.0669),
    "muscle": (0.0511, 0.0505, 0.0542, 0.0410, 0.0230),
    "adipose": (0.0607, 0.0840, 0.0940, 0.0751, 0.0435),
    "brain": (0.109, 0.0833, 0.0535, 0.0321, 0.0178),
    "pancreas": (1.41, 0.465, 0.291, 0.185, 0.105),
}
