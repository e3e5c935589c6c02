"""What the case on depth says of the claim that chemotaxis turns months into hours."""

from __future__ import annotations

from cartflow.validation.transport.depth_figure import Found, claim_table
from cartflow.validation.transport.entry import Entry
from cartflow.validation.transport.first_passage import (
    UM2_PER_MIN,
    UM_PER_MIN,
    chance_alive,
    largest_radius,
    mean_time,
)

_SLOW, _BRISK = 2.0 * UM2_PER_MIN, 16.0 * UM2_PER_MIN
_DRIFTS = (0.1, 0.5, 1.0, 2.0)  # um/min


def finding(found: Found) -> str:
    """Return the paragraphs: diffusion, drift, survival, vessels, and the table."""
    table = "Days to the inner half (radius, D um2/min: at drift 0, 0.1, 0.5, 2 um/min): "
    paragraphs = (_diffusion(), _drift(), _survival(), _vessels(found), f"{table}{claim_table()}.")
    return "\n".join(paragraphs)


def _diffusion() -> str:
    slow = [largest_radius(days, 0.5, _SLOW) for days in (14.0, 180.0)]
    brisk = [largest_radius(days, 0.5, _BRISK) for days in (14.0, 180.0)]
    years = mean_time(5.0, 2.5, _SLOW) / 365.25
    return (
        "The literature says that the matrix makes diffusion to the core take weeks to months and "
        "that chemotaxis cuts it to hours. With the motility measured in matrix, 2 um2/min, the "
        f"first half holds for radii of {slow[0]:.2f} to {slow[1]:.1f} mm (14 to 180 days to the "
        f"inner half), with that of lymph nodes, 16 um2/min, for {brisk[0]:.1f} to {brisk[1]:.1f} "
        f"mm. A radius of 5 mm takes {years:.1f} years: size, more than matrix, sets the time."
    )


def _drift() -> str:
    half = [largest_radius(1.0, 0.5, _SLOW, v * UM_PER_MIN) for v in _DRIFTS]
    core = [largest_radius(1.0, 0.1, _SLOW, v * UM_PER_MIN) for v in _DRIFTS]
    days = mean_time(5.0, 2.5, _SLOW, 0.1 * UM_PER_MIN)
    return (
        "The second half, less than a day to the inner half, needs radii below "
        f"{half[0]:.2f}, {half[1]:.1f}, {half[2]:.1f} and {half[3]:.1f} mm at a drift of 0.1, 0.5, "
        f"1 and 2 um/min over the whole way; to a tenth of the radius, below {core[0]:.2f}, "
        f"{core[1]:.2f}, {core[2]:.1f} and {core[3]:.1f} mm. At the 0.1 um/min measured near "
        f"organoids 5 mm takes {days:.0f} days."
    )


def _survival() -> str:
    slow, brisk = (chance_alive(5.0, 2.5, d, 14.0) for d in (_SLOW, _BRISK))
    return (
        "Most cells die before: at a mean life of 14 days the chance to reach the inner half of "
        f"5 mm at random is {slow:.1g} at 2 um2/min and {brisk:.2g} at 16."
    )


def _vessels(found: Found) -> str:
    rim, drawn = found.entries[1], found.entries[3]
    return (
        f"Vessels change the answer: the 50 um to midway between them take {24 * found.gap:.0f} h, "
        f"whatever the tumour's size. After 14 days {_share(rim)} of the cells that came by the "
        f"rim of a 5 mm ball are in its inner half, {_share(drawn)} with a drift of 0.1 um/min, "
        "and 12.5 %, its share of the volume, if vessels let them in everywhere."
    )


def _share(entry: Entry) -> str:
    share = 100.0 * entry.below(2.5)
    return f"{share:.2g} %" if share >= 1e-3 else "less than 0.001 %"
