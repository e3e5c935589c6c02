"""Brennan et al. 2025, well mixed: effectors, tumour and IL-2 under two treatments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cartflow.validation.kinetics.followed import Array, Course, followed

READ = (
    "the authors' interactive page and its presets, Mar5bar/VisualPDECanary at b3868090 "
    "(immunotherapy-model.md, presets.js), and the abstract of arXiv 2503.20909"
)

_TIMES = np.array([1.0, 10.0, 25.0, 50.0, 70.0, 74.0, 100.0, 130.0, 136.0, 139.0, 200.0])


def courses() -> tuple[Course, ...]:
    """Return both ramped treatments, no space."""
    first = _course("effectors_ramped", [0.299, 0.505, 0.022], (0.01, 1e-4, 0.5, 0.0), _TIMES)
    second = _course("il2_ramped", [0.301, 0.477, 0.0136], (0.014, 0.0, 0.0, 20.0), _TIMES[:-4])
    return first, second


def _course(
    name: str, start: list[float], given: tuple[float, float, float, float], times: Array
) -> Course:
    found = followed(_change(*given), start, times, breaks=[200.0])
    amounts = dict(zip(("effector", "tumour", "il2"), found, strict=True))
    units = {"il2": "ng/mm^3"}
    return Course(scenario=name, times=times, amounts=amounts, unit="cell/mm^3", units=units)


def _change(
    s_u: float, k_u: float, s_w: float, peak: float
) -> Callable[[float, Array], list[float]]:
    alpha, mu, r_u, r_w, g_v, g_w, m_w = 0.07, 0.167, 0.692, 2.5, 0.1, 0.001, 55.56

    def change(t: float, y: Array) -> list[float]:
        u, v, w = y
        source = peak * max(t / 400 if t < 200 else 1 - t / 400, 0.0)
        return [
            alpha * v - mu * u + r_u * u * w / (1 + w) + s_u + k_u * t,
            v * (1 - v) - u * v / (g_v + v),
            r_w * u * v / (g_w + v) - m_w * w + s_w + source,
        ]

    return change
