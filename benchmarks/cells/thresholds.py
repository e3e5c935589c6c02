"""What a threshold between numbers and cells does: two published models.

``python -m benchmarks.cells.thresholds`` prints, for growth rates of Kimmel et al. 2021 (doi
10.1098/rspb.2021.0229), the chance that the tumour dies out when every cell counts (Kendall's
closed form) and when it is a number above 100 cells, and cells below; and for the single-target
model of Leon-Triana et al. 2021 (doi 10.3390/cancers13040703) at a1 = 0.04 the share of runs in
which a dose controls the tumour, for systems of fewer cells than the published one.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

START = np.array([3e9, 1.8e8, 9.486e10])
THRESHOLD = 100.0


def kimmel(birth: float) -> tuple[float, float]:
    """Return the chances of cure: all cells, and cells below the threshold only."""

    def slope(_: float, y: np.ndarray) -> np.ndarray:
        normal, cart = y[0], y[1]
        total = normal + cart
        gap = (total - 2.5e11) ** 2
        rate = 0.0251 + 0.525 * gap / (0.423 * total**2 + gap)
        grown = -0.17 * normal * np.log(total / 2.5e11)
        expanded = -rate * cart * np.log(total / 6.96e10)
        return np.array([grown, expanded, birth - 1.15 * cart / (2.024e9 + cart)])

    times = np.linspace(0.0, 800.0, 80_001)
    state = np.array([START[0], START[1], 0.0])
    found = solve_ivp(slope, (0, 800), state, "LSODA", times, rtol=1e-10, atol=1e-6).y
    log, death = found[2], 1.15 * found[1] / (2.024e9 + found[1])
    below = np.flatnonzero(np.log(START[2]) + log < np.log(THRESHOLD))
    return (
        _gone(times, log, death, 0, START[2]),
        _gone(times, log, death, int(below[0]), THRESHOLD) if below.size else 0.0,
    )


def _gone(
    times: np.ndarray, log: np.ndarray, death: np.ndarray, first: int, number: float
) -> float:
    """Return Kendall's chance that all of `number` cells leave nobody from `first` on."""
    lost = death[first:] * np.exp(-(log[first:] - log[first]))
    total = float(np.sum(0.5 * (lost[1:] + lost[:-1]) * np.diff(times[first:])))
    return float(np.exp(-number * np.log1p(1.0 / total)))


def controlled(dose: float, scale: float, runs: int, seed: int) -> float:
    """Return the share of runs whose tumour is below its start on day 60."""
    generator = np.random.default_rng(seed)
    dt = 0.005
    cart = np.full(runs, round(dose * scale))
    tumour = np.full(runs, round(3.35e10 * scale))
    for _ in range(round(60 / dt)):
        c, t = cart / scale, tumour / scale
        born = 0.9 * t / (1e10 + t)
        lost = 0.04 * t / (2e9 + c) + 1 / 7
        cart = np.maximum(cart + _draw(generator, cart, born, lost, dt), 0)
        tumour = np.maximum(tumour + _draw(generator, tumour, 0.02, 2.5e-10 * c, dt), 0)
    return float((tumour < 3.35e10 * scale).mean())


def _draw(generator, number, born, lost, dt):  # type: ignore[no-untyped-def]
    deaths = generator.binomial(number, -np.expm1(-lost * dt))
    return generator.poisson(number * born * dt) - deaths


def main() -> None:
    """Print both tables."""
    for birth in (0.05, 0.10, 0.12, 0.14, 0.16, 0.19):
        every, below = kimmel(birth)
        print(f"kimmel birth {birth:.2f}: all cells {every:.4f}, below 100 {below:.4f}")
    for scale in (1e-7, 1e-8):
        shares = [controlled(dose, scale, 200, 1) for dose in (1e8, 1.5e8, 2e8, 3e8)]
        print(f"leon-triana, {3.35e10 * scale:.0f} tumour cells, doses 1, 1.5, 2, 3e8: {shares}")


if __name__ == "__main__":
    main()
