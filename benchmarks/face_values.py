"""Face values of D at tissue borders: three means against a fine mesh, as docs/mesh.md shows them.

    python benchmarks/face_values.py

Takes some minutes. Fisher-KPP growth of a glioma on a square, in grey matter and white matter of
five times its D, whose border lies oblique to the grid: the area above the threshold of imaging.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import zoom
from scipy.sparse import coo_array, eye_array
from scipy.sparse.linalg import splu

Array = np.ndarray
SIDE, DAYS, STEP = 96.0, 250.0, 2.5  # mm, days
GREY, WHITE, GROWTH = 0.13, 0.65, 0.012  # mm^2/day, mm^2/day, 1/day (Swanson 2000)
THRESHOLD, SPREAD = 0.16, 4.0  # of the carrying capacity; mm
FINE = 0.25  # mm
MEANS: dict[str, Callable[[Array, Array], Array]] = {
    "harmonic": lambda a, b: 2.0 * a * b / (a + b),
    "arithmetic": lambda a, b: 0.5 * (a + b),
    "geometric": lambda a, b: np.sqrt(a * b),
}
# A single border 3.1 mm from the middle, and layers of so many mm; degrees to the grid.
PATTERNS = {
    "one border": (None, (0.0, 25.0, 45.0)),
    "layers of 4 mm": (4.0, (0.0, 25.0, 45.0)),
}
PLACES = ((0.0, 0.0), (0.3, 0.1), (-0.35, 0.4), (0.15, -0.25))


def diffusivity(x: Array, y: Array, layer: float | None, degrees: float) -> Array:
    """Return D at places from the middle of the square, mm^2/day."""
    angle = np.radians(degrees)
    across = np.cos(angle) * x + np.sin(angle) * y
    white = across > 3.1 if layer is None else np.sin(np.pi * (across - 1.3) / layer) > 0
    return np.where(white, WHITE, GREY)


def visible(
    width: float, mean: str, layer: float | None, degrees: float, place: tuple[float, float]
) -> float:
    """Return the area above the threshold, mm^2, on cells of `width` mm that lie at `place`."""
    n = round(SIDE / width)
    middle = (np.arange(n) + 0.5) * width - SIDE / 2.0
    x, y = np.meshgrid(middle + place[0] * width, middle + place[1] * width, indexing="ij")
    d, cell = diffusivity(x, y, layer, degrees).ravel(), np.arange(n * n).reshape(n, n)
    first = np.concatenate([cell[:-1].ravel(), cell[:, :-1].ravel()])
    second = np.concatenate([cell[1:].ravel(), cell[:, 1:].ravel()])
    rate = MEANS[mean](d[first], d[second]) / width**2
    places = (np.r_[first, second, first, second], np.r_[second, first, first, second])
    spread = coo_array((np.r_[rate, rate, -rate, -rate], places), shape=(n * n, n * n)).tocsc()
    ahead = splu((eye_array(n * n) - 0.5 * STEP * spread).tocsc())
    u = np.exp(-(x**2 + y**2) / (2.0 * SPREAD**2)).ravel()
    u *= np.pi * SPREAD**2 / (u.sum() * width**2)
    for _ in range(int(DAYS / STEP)):
        u = _grown(u)
        u = _grown(ahead.solve(u + 0.5 * STEP * (spread @ u)))
    parts = 8 if width >= 1.0 else 2
    fine = zoom(u.reshape(n, n), parts, order=1, grid_mode=True, mode="nearest")
    return float((fine > THRESHOLD).mean()) * SIDE**2


def _grown(u: Array) -> Array:
    """Return what logistic growth makes of u in half a step."""
    factor = np.exp(0.5 * STEP * GROWTH)
    return np.asarray(u * factor / (1.0 + u * (factor - 1.0)))


def main() -> None:
    """Print mean and root mean square of the errors over the places, %."""
    for pattern, (layer, angles) in PATTERNS.items():
        for degrees in angles:
            limits = [visible(FINE, m, layer, degrees, (0.0, 0.0)) for m in MEANS]
            limit = limits[2]
            print(f"{pattern}, {degrees:g} degrees; {FINE} mm {[round(x, 1) for x in limits]} mm2")
            for mean in MEANS:
                text = []
                for width in (1.0, 2.0, 4.0):
                    error = [
                        100.0 * (visible(width, mean, layer, degrees, p) / limit - 1.0)
                        for p in PLACES
                    ]
                    text.append(f"{width:g} mm {np.mean(error):+.2f} % ({np.std(error):.2f})")
                print(f"  {mean:10}", ", ".join(text), flush=True)


if __name__ == "__main__":
    main()
