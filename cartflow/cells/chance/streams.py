"""Random numbers that belong to no cell: arrivals, the body, whole numbers at the start."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Purpose = Literal[
    "start",
    "sources",
    "body",
    "arrivals",
    "infusions",
    "boluses",
    "hops",
    "turns",
    "walls",
    "borders",
    "falling",
    "lymph",
    "fed",
    "over",
]
_PURPOSES = get_args(Purpose)


def stream(seed: int, purpose: Purpose, step: int | tuple[int, ...]) -> np.random.Generator:
    """Return the generator of a purpose in a step, the same whatever was drawn before."""
    steps = step if isinstance(step, tuple) else (step,)
    words = (seed, _PURPOSES.index(purpose), *steps)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))


def spread(generator: np.random.Generator, number: int, weights: np.ndarray) -> np.ndarray:
    """Return the places of `number` cells, each drawn by the `weights` of the places."""
    total = float(weights.sum())
    return np.asarray(generator.choice(weights.size, size=number, p=weights / total))
