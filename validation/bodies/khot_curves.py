"""Khot et al. 2019: cells per gram of tissue in mice, as measured and as drawn for their model.

Read by us off figures 2 (measured, mean of three mice) and 3 (the fit); areas as printed. C57BL/6
mice with a B16-BL6 melanoma of about 250 mm3 in the flank, about 2e7 activated splenic T cells
with 51Cr into a vein. % of the dose per g.
"""

from __future__ import annotations

import math

HOURS = (1.0, 24.0, 72.0, 168.0, 336.0)

MEASURED = {
    "blood": (1.54, 0.255, 0.0609, 0.0657, 0.0155),
    "lung": (84.9, 4.10, 2.57, 1.05, 1.14),
    "heart": (2.44, 0.713, 0.113, 0.0998, 0.0712),
    "spleen": (37.1, 86.0, 57.9, 57.4, 51.1),
    "liver": (16.8, 34.4, 30.7, 13.4, 10.9),
    "tumour": (0.172, 0.241, 0.304, 0.141, 0.0554),
    "bone": (1.07, 3.10, 4.70, 3.39, 3.37),
    "draining inguinal node": (0.758, 2.13, 2.13, 2.18, 1.18),
    "other inguinal node": (0.517, 1.02, 1.70, 2.99, 1.66),
    "small intestine": (0.212, 0.163, 0.101, 0.135, 0.0446),
    "large intestine": (0.144, 0.0639, 0.0608, 0.0519, 0.0795),
    "kidney": (5.19, 4.49, 4.57, 4.35, 5.12),
    "skin": (0.261, 0.0729, 0.117, 0.103, 0.120),
    "muscle": (0.0855, 0.0472, 0.0340, 0.0661, 0.0539),
    "adipose": (0.0865, 0.0577, 0.0349, 0.140, 0.101),
    "brain": (0.285, 0.0299, 0.0181, 0.00876, 0.0273),
    "pancreas": (math.nan, 0.0941, 0.154, 0.0702, 0.393),
    "testes": (0.106, 0.0887, 0.0990, 0.130, 0.125),
    "thyroid": (0.363, 0.280, 0.146, math.nan, 2.77),
}

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

# Printed area under the measured curve from 0 to 336 h, %ID/g h: mean and standard deviation.
AREA = {
    "blood": (43.9, 4.3),
    "lung": (1727.0, 110.5),
    "heart": (86.3, 2.6),
    "spleen": (19646.0, 1112.0),
    "liver": (6457.0, 660.0),
    "tumour": (57.1, 10.8),
    "bone": (1205.0, 305.0),
    "draining inguinal node": (635.0, 76.6),
    "other inguinal node": (711.8, 191.6),
    "small intestine": (37.7, 6.1),
    "large intestine": (22.3, 1.5),
    "kidney": (1577.0, 67.2),
    "skin": (38.0, 1.3),
    "muscle": (18.5, 5.3),
    "adipose": (32.6, 11.5),
    "brain": (9.3, 0.5),
    "pancreas": (57.2, 3.5),
    "testes": (39.2, 2.0),
    "thyroid": (402.0, 33.8),
}
