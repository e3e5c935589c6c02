"""How transmigration rates go from the body they were measured in to another."""

from __future__ import annotations

from typing import Literal, get_args

from cartflow.outcome import InputError, require_known
from cartflow.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels

Scaling = Literal["capture_per_pass", "published_rate"]
SCALINGS: tuple[str, ...] = get_args(Scaling)


def require_scaling(scaling: str) -> None:
    """Raise `InputError` if `scaling` is no rule."""
    require_known(scaling, SCALINGS, "scaling")


def organ_rate(body: Body, trafficking: Trafficking, scaling: str, organ: str) -> Parameter | None:
    """Return the transmigration rate of an organ of `body` in 1/day, or none.

    ``capture_per_pass`` keeps the capture probability E of one pass,
    `J' = E/(1 - E) Q'/V' = J (Q'/V')/(Q/V)`; ``published_rate`` keeps J.
    """
    published = trafficking.organ(organ).transmigration_rate
    if published is None or scaling == "published_rate":
        return published
    made_for = trafficking.turnover(trafficking.made_for, organ)
    ratio = trafficking.turnover(body, organ) / made_for
    if ratio == 1:
        return published
    kept = trafficking.capture_probability(organ)
    return published.times(ratio, "1/day", f"capture probability {kept:.4g} per pass kept")


def tumour_rate(
    body: Body, trafficking: Trafficking, scaling: str, tumour: TumourVessels
) -> Parameter:
    """Return the transmigration rate of the tumour's own vessels in 1/day.

    In the brain the tumour's vessels keep the barrier: the brain's capture probability applies.
    Raises `InputError` if the trafficking model says nothing about tumours.
    """
    published, made_for, capture = _tumour_published(trafficking, tumour)
    if scaling == "published_rate":
        return published
    note = f"capture probability {capture:.4g} per pass kept"
    return published.times(tumour.turnover(body.haematocrit.value) / made_for, "1/day", note)


def _tumour_published(
    trafficking: Trafficking, tumour: TumourVessels
) -> tuple[Parameter, float, float]:
    """Return rate, turnover of the vessels it was published with, and capture probability."""
    brain = trafficking.organ("brain").transmigration_rate
    if "brain" in tumour.host and brain is not None:
        made_for = trafficking.turnover(trafficking.made_for, "brain")
        return brain, made_for, trafficking.capture_probability("brain")
    own = trafficking.tumour
    if own is None:
        msg = f"trafficking model '{trafficking.name}' has no table [tumour]"
        raise InputError(msg)
    return own.transmigration_rate, own.turnover(), own.capture_probability()
