"""A Rosenbrock method that keeps its order with any approximate Jacobian."""

from __future__ import annotations

import numpy as np

# ROS34PW2 of Rang and Angermann 2005 (BIT 45:761): a W-method of third order in four stages,
# stiffly accurate, with a solution of second order for the error.
GAMMA = 0.43586652150845900
ALPHA = np.array(
    [
        [0.0, 0.0, 0.0, 0.0],
        [0.87173304301691801, 0.0, 0.0, 0.0],
        [0.84457060015369423, -0.11299064236484185, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0],
    ]
)
BETWEEN = np.array(
    [
        [0.0, 0.0, 0.0, 0.0],
        [-0.87173304301691801, 0.0, 0.0, 0.0],
        [-0.90338057013044082, 0.054180672388095326, 0.0, 0.0],
        [0.24212380706095346, -1.2232505839045147, 0.54526025533510214, 0.0],
    ]
)
WEIGHTS = np.array(
    [0.24212380706095346, -1.2232505839045147, 1.5452602553351021, 0.43586652150845900]
)
LOWER = np.array([0.37810903145819369, -0.096042292212423178, 0.5, 0.21793326075422950])
STAGES = WEIGHTS.size
ORDER = 3
