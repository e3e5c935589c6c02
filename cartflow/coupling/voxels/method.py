"""The method that steps body and tumour on voxels: ROS34PW2, whatever part of J it is given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cartflow.core.tableaus import Tableau
from cartflow.pde.voxels.implicit.methods import ROS34PW2, Method

Array = np.ndarray


class Weighed(NamedTuple):
    """A method's `tableau`, and the stages' weights in its error and in what is counted."""

    tableau: Tableau
    errors: Array
    shares: Array


def weighed(method: Method, order: int) -> Weighed:
    """Return a method in the form of `Tableau`, its stages in units of a density."""
    gamma, weights = method.gamma, method.weights / method.gamma
    couplings, stages = method.couplings / gamma, method.stages / gamma
    tableau = Tableau(gamma, stages, couplings, weights, np.zeros((0, weights.size)), order)
    # As `counting.share_out`: v = m + g C^T v.
    shares = np.linalg.solve(np.eye(weights.size) - gamma * couplings.T, weights)
    return Weighed(tableau, method.errors / gamma, shares)


ROS34PW2_OF_VOXELS = weighed(ROS34PW2, 3)
