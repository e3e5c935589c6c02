"""Half a step of the body whose tumour's vessels hand over in part of the tissue alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cartflow.core.outcome import StepFailed
from cartflow.pbpk.organs.acting import ActingOrgans
from cartflow.pbpk.organs.body_step import BodyStep

Array = np.ndarray

VESSELS = "tumour_vascular"


def handed_in_part(
    organs: ActingOrgans,
    state: tuple[Array, Array],
    time: float,
    supply: tuple[Array | None, Array | None],
    carried: tuple[Array | None, Array | None],
    share: float,
) -> BodyStep:
    """Return a step in which a `share` of what leaves the vessels is handed over, the rest is not.

    `state` are cells and residents, `supply` (cells/day) that at first and at the end, `carried`
    what circulates beside cells and what is given of it. What stays
    in the vessels is given back to them all along, at one rate for the step, whereby it is the
    share of what leaves, n = n_0 + b r and r = (1 - share) n / time, b what is handed over of one
    cell a day given back; so it is as if cells left at `share` times the rate, to second order.
    Raises `StepFailed`.
    """
    if share == 1.0 or VESSELS not in organs.network.names:
        return organs.step(*state, time, *supply, *carried)
    place = organs.network.index(VESSELS)
    one = np.zeros_like(state[0])
    one[place] = 1.0
    again = organs.handed_over(np.zeros_like(one), time, one) / time if time > 0 else 0.0
    alone = organs.step(*state, time, *supply, *carried)
    kept = (1.0 - share) * alone.handed_over / (1.0 - (1.0 - share) * again)
    rate = kept / time if time > 0 else kept
    first, last = (one * rate if each is None else each + one * rate for each in supply)
    step = organs.step(*state, time, first, last, *carried)
    delivered = share * step.handed_over
    # Rounding, and what kinetics in organs have done to cells on their way.
    step.cells[place] += step.handed_over - delivered - kept
    if (step.cells[place] < 0.0).any():
        name = organs.products[int(np.argmin(step.cells[place]))]
        raise StepFailed(name, "what vessels hand over falls too fast")
    return replace(step, handed_over=delivered)
