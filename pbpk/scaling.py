"""How rates go from the body they were measured in to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.trafficking import Trafficking
from cartflow.pbpk.tumour import TumourVessels

Scaling = Literal[
    "capture_per_pass", "vascular_volume", "perfusion", "allometric", "published_rate"
]
SCALINGS: tuple[str, ...] = get_args(Scaling)


@dataclass(frozen=True, kw_only=True)
class ScalingRule:
    """A rule by name; `exponent` is that of ``allometric``, (body weight ratio)^exponent.

    `elimination_exponent` scales elimination rates by body weight in the same way under every
    rule; 0 keeps them as published. Raises `InputError` on an unknown name.
    """

    name: str = "capture_per_pass"
    exponent: float = -0.25
    elimination_exponent: float = 0.0

    def __post_init__(self) -> None:
        """Check the name."""
        require_known(self.name, SCALINGS, "scaling")


def scaling_rule(scaling: str | ScalingRule) -> ScalingRule:
    """Return the rule of a name, with the usual exponents; raise `InputError` if there is none."""
    return scaling if isinstance(scaling, ScalingRule) else ScalingRule(name=scaling)


def organ_rate(
    body: Body, trafficking: Trafficking, scaling: str | ScalingRule, organ: str
) -> Parameter | None:
    """Return the transmigration rate of an organ of `body` in 1/day, or none.

    ``capture_per_pass`` keeps the capture probability E of one pass,
    `J' = E/(1 - E) Q'/V' = J (Q'/V')/(Q/V)` with V the vessels; ``vascular_volume`` keeps J, so
    that uptake goes with the volume of the vessels (``published_rate`` is the same rule);
    ``perfusion`` is `J (Q'/V')/(Q/V)` with V the whole organ; ``allometric`` `J (W'/W)^b`.
    """
    published = trafficking.organ(organ).transmigration_rate
    rule = scaling_rule(scaling)
    if published is None or rule.name in ("published_rate", "vascular_volume"):
        return published
    like = trafficking.listed(organ)
    if rule.name == "allometric":
        return _by_weight(published, body, trafficking, rule.exponent)
    if rule.name == "perfusion":
        ratio = _perfusion(trafficking, body, organ) / _perfusion(
            trafficking, trafficking.made_for, like
        )
        note = "rate in proportion to the organ's blood flow per volume"
    else:
        made_for = trafficking.turnover(trafficking.made_for, like)
        ratio = trafficking.turnover(body, organ) / made_for
        kept = trafficking.capture_probability(organ)
        note = f"capture probability {kept:.4g} per pass kept"
    return published if ratio == 1 else published.times(ratio, "1/day", note)


def tumour_rate(
    body: Body, trafficking: Trafficking, scaling: str | ScalingRule, tumour: TumourVessels
) -> Parameter:
    """Return the transmigration rate of the tumour's own vessels in 1/day.

    In the brain the tumour's vessels keep the barrier: the brain's rate holds, but in the share
    `barrier_breakdown` of their wall the tumour's own. ``perfusion`` takes the flow per volume of
    vessels here. Raises `InputError` if the trafficking model says nothing about tumours.
    """
    brain = trafficking.organ("brain").transmigration_rate
    if "brain" not in tumour.host or brain is None:
        return _own_rate(body, trafficking, scaling, tumour)
    closed = _brain_rate(body, trafficking, scaling_rule(scaling), tumour, brain)
    if tumour.barrier_breakdown is None or tumour.barrier_breakdown.value == 0:
        return closed
    share = tumour.barrier_breakdown.value
    leaky = _own_rate(body, trafficking, scaling, tumour)
    mixed = (1 - share) * closed.value + share * leaky.value
    note = f"barrier broken down in {share:.3g} of the wall"
    return closed.times(mixed / closed.value, "1/day", note) if closed.value else leaky


def elimination_rate(
    rate: Parameter, body: Body, trafficking: Trafficking, scaling: str | ScalingRule
) -> Parameter:
    """Return an elimination rate in `body`, k (W'/W)^elimination_exponent, in 1/day."""
    return _by_weight(rate, body, trafficking, scaling_rule(scaling).elimination_exponent)


def entry_rate(
    rate: Parameter, body: Body, trafficking: Trafficking, scaling: str | ScalingRule
) -> Parameter:
    """Return a rate of entry from all blood in `body`: as published, but by ``allometric``."""
    rule = scaling_rule(scaling)
    exponent = rule.exponent if rule.name == "allometric" else 0.0
    return _by_weight(rate, body, trafficking, exponent)


def _by_weight(rate: Parameter, body: Body, trafficking: Trafficking, exponent: float) -> Parameter:
    weights = body.body_weight.value / trafficking.made_for.body_weight.value
    if exponent == 0 or weights == 1:
        return rate
    note = f"body weight ratio {weights:.4g} to the power {exponent:g}"
    return rate.times(weights**exponent, "1/day", note)


def _perfusion(trafficking: Trafficking, body: Body, organ: str) -> float:
    return trafficking.blood_inflow(body, organ) / body.organs[organ].volume.value


def _brain_rate(
    body: Body,
    trafficking: Trafficking,
    rule: ScalingRule,
    tumour: TumourVessels,
    brain: Parameter,
) -> Parameter:
    if rule.name in ("published_rate", "vascular_volume"):
        return brain
    if rule.name == "allometric":
        return _by_weight(brain, body, trafficking, rule.exponent)
    made_for = trafficking.turnover(trafficking.made_for, trafficking.listed("brain"))
    note = f"capture probability {trafficking.capture_probability('brain'):.4g} per pass kept"
    return brain.times(tumour.turnover(body.haematocrit.value) / made_for, "1/day", note)


def _own_rate(
    body: Body, trafficking: Trafficking, scaling: str | ScalingRule, tumour: TumourVessels
) -> Parameter:
    own, rule = trafficking.tumour, scaling_rule(scaling)
    turnover = tumour.turnover(body.haematocrit.value)
    if own is None:
        msg = f"trafficking model '{trafficking.name}' has no table [tumour]"
        raise InputError(msg)
    if own.capture is not None:
        chance = own.capture.value
        # Where every cell is captured none is left to flow on, so the whole turnover is capture.
        passes = 1.0 if chance == 1 else chance / (1 - chance)
        return own.capture.times(passes * turnover / chance, "1/day", "capture x Q/V")
    published = own.transmigration_rate
    if published is None:
        msg = f"trafficking model '{trafficking.name}' lets cells enter tumours from all blood"
        raise InputError(msg)
    if rule.name in ("published_rate", "vascular_volume"):
        return published
    if rule.name == "allometric":
        return _by_weight(published, body, trafficking, rule.exponent)
    note = f"capture probability {own.capture_probability():.4g} per pass kept"
    return published.times(turnover / own.turnover(), "1/day", note)
