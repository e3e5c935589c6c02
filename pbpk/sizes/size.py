"""Bodies of another weight and height: how volumes and flows follow."""

from __future__ import annotations

import math
from typing import Literal, get_args

from cartflow.core.outcome import InputError, require_known
from cartflow.core.parameters import Parameter
from cartflow.pbpk.body import Body
from cartflow.pbpk.sizes.rebuilt import Factors, rebuilt, tissue_mass

SizeRule = Literal["lean_body_weight", "allometric"]
SIZE_RULES: tuple[str, ...] = get_args(SizeRule)
# Where the rules are from.
SOURCES = {"lean_body_weight": "huisinga2012", "allometric": "pearce2017"}
_NG_PER_KG, _MM_PER_M = 1e12, 1e3
_FLOW_EXPONENT = 0.75


def lean_body_weight(weight: float, height: float, sex: str) -> float:
    """Return the fat-free mass in kg of an adult of `weight` (kg) and `height` (m).

    ``9270 W / (6680 + 216 BMI)`` in men and ``9270 W / (8780 + 244 BMI)`` in women, BMI = W/H^2
    (huisinga2012, after Green and Duffull 2002).
    """
    constant, slope = (6680.0, 216.0) if sex == "male" else (8780.0, 244.0)
    return 9270.0 * weight / (constant + slope * weight / height**2)


def size_rule(body: Body, rule: str | None = None) -> str:
    """Return the rule of a name, or the usual one: by lean body weight in an adult of known sex.

    Raises `InputError` for another name, and where a body lacks what its rule needs.
    """
    adult = bool(body.sex) and body.height is not None
    if rule is None:
        return "lean_body_weight" if adult else "allometric"
    require_known(rule, SIZE_RULES, "body.size_rule")
    if rule == "lean_body_weight" and not adult:
        msg = f"body.size_rule: '{rule}' is for an adult of known sex and height; {body.name}: none"
        raise InputError(msg)
    return rule


def of_size(
    body: Body,
    weight: Parameter | None = None,
    height: Parameter | None = None,
    rule: str | None = None,
) -> Body:
    """Return `body` at another `weight` (ng) and, by lean body weight, `height` (mm).

    ``allometric``: volumes and blood in proportion to weight, flows to its power 3/4, as httk has
    them (pearce2017). ``lean_body_weight`` (huisinga2012): fat in proportion to weight less
    fat-free mass, skin to body surface, the brain as it is, all other tissue to what is left of
    the weight; blood and all flows go with the last. Lymph goes with blood flow, assumed. Without
    a `weight` a taller body keeps its own. Raises `InputError`.
    """
    name = size_rule(body, rule)
    if weight is None and height is None:
        return body
    own = body.body_weight
    new = own if weight is None else weight
    if name == "allometric":
        if height is not None:
            msg = f"body.height: has no effect under the rule '{name}', by weight alone"
            raise InputError(msg)
        factors = _by_weight(new.value / own.value)
    else:
        factors = _by_lean_body_weight(body, new, height)
    if new.value == own.value and height is None:
        return body
    return rebuilt(body, factors, new, f"{new.stated}, {name.replace('_', ' ')} ({SOURCES[name]})")


def _by_weight(ratio: float) -> Factors:
    flow = ratio**_FLOW_EXPONENT
    return Factors(others=ratio, other_vessels=ratio, other_flow=flow, pools=ratio, nodes=ratio)


def _by_lean_body_weight(body: Body, weight: Parameter, height: Parameter | None) -> Factors:
    assert body.height is not None
    tall = body.height if height is None else height
    heights = [each.value / _MM_PER_M for each in (body.height, tall)]
    weights = [each.value / _NG_PER_KG for each in (body.body_weight, weight)]
    lean = [lean_body_weight(w, h, body.sex) for w, h in zip(weights, heights, strict=True)]
    surface = [math.sqrt(w * h / 36) for w, h in zip(weights, heights, strict=True)]
    fat = (weights[1] - lean[1]) / (weights[0] - lean[0])
    own = {"adipose": fat, "skin": surface[1] / surface[0], "brain": 1.0}
    masses = {name: tissue_mass(name, body.organs[name]) / _NG_PER_KG for name in own}
    left = weights[0] - sum(masses.values())
    leaving = weights[1] - sum(masses[name] * by for name, by in own.items())
    if not (fat > 0 and leaving > 0):
        msg = (
            f"body.weight: '{weight.stated}' at a height of {tall.stated} leaves no fat, or "
            "nothing else"
        )
        raise InputError(msg)
    rest = leaving / left
    return Factors(
        tissue=own,
        cavities={"csf": 1.0},
        others=rest,
        other_vessels=rest,
        other_flow=rest,
        pools=rest,
        nodes=rest,
    )
