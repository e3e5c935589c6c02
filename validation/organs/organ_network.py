"""The organ network against equations written once more and SciPy's linear algebra."""

from __future__ import annotations

import numpy as np

from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.organs.organ_network_figure import dataset, figure
from cartflow.validation.organs.organ_network_runs import (
    Pair,
    arterial_balance,
    flank_tumour,
    lymph_balance,
    rate_difference,
    residence_times,
    shares_at_rest,
    step_difference,
    worst_ratio,
)

Array = np.ndarray

_PAIRS = {
    "quick": (("mouse_28g", "khot2019"), ("human_male", "singh2020")),
    "full": (
        ("mouse_28g", "khot2019"),
        ("mouse_28g", "singh2020"),
        ("human_male", "khot2019"),
        ("human_male", "singh2020"),
    ),
}


def case(scope: Scope) -> CaseResult:
    """Return the comparison of rates, steps, residence times, the state of rest and the flows."""
    pairs = [flank_tumour(body, model) for body, model in _PAIRS[scope]]
    stays = [residence_times(pair) for pair in pairs]
    checks = [
        check
        for pair, (_, found, wanted) in zip(pairs, stays, strict=True)
        for check in _checks(pair, found, wanted)
    ]
    return CaseResult(
        name="organ_network",
        title="The organ network against linear algebra",
        question=(
            "Do cells pass through organs, lymph and blood as the equations say, over any step, "
            "and does everything that flows in flow out?"
        ),
        equation=(
            r"\frac{dA_v}{dt} = Q\,C_{in} - (Q - L)\,C_v - J\,A_v"
            "\n"
            r"\frac{dA_e}{dt} = J\,A_v - \frac{L}{V_e R}\,A_e - k\,A_e"
            "\n"
            r"A(t) = e^{M t} A(0), \quad M A_\infty = 0"
        ),
        method=(
            "The equations are written down a second time, in concentrations and flows, without "
            "the package's assembly of arcs, for each body with each trafficking model and a "
            "tumour in the flank. Their matrix is compared with the network's entry by entry, "
            "the network's steps with SciPy's matrix exponential of it (1 min, 1 h, 1 d, 28 d "
            "after a bolus), the mean stay in each tissue (its share of the time that cells "
            "spend, over how many entered) with 1/rate, the distribution after 1e5 days without "
            "losses with the null vector, and inflow with outflow of blood."
        ),
        finding=_finding(checks),
        checks=tuple(checks),
        dataset=dataset(pairs, stays),
        figure=figure(pairs, stays),
        references=("shah2012", "khot2019", "singh2020"),
    )


def _checks(pair: Pair, found: Array, wanted: Array) -> list[Check]:
    steps, rates = step_difference(pair), rate_difference(pair)
    return [
        _check(pair, "largest relative difference of a rate", rates, 0.0, 1e-12),
        _check(pair, "largest difference from exp(M t), of the dose", steps, 0.0, 1e-9),
        _check(pair, "worst residence time over 1/rate", worst_ratio(found / wanted), 1.0, 1e-9),
        _check(pair, "worst share at rest over the null vector's", shares_at_rest(pair), 1.0, 1e-8),
        _check(pair, "blood into the arteries over blood out", arterial_balance(pair), 1.0, 1e-12),
        _check(pair, "lymph into the nodes over lymph out", lymph_balance(pair), 1.0, 1e-12),
    ]


def _check(pair: Pair, name: str, measured: float, expected: float, tolerance: float) -> Check:
    return Check(
        name=f"{name} ({pair.name})",
        measured=measured,
        expected=expected,
        tolerance=tolerance,
        kind="absolute",
        reference="exact",
    )


def _finding(checks: list[Check]) -> str:
    def largest(part: str) -> float:
        return max(c.deviation for c in checks if part in c.name)

    return (
        f"Rates differ by at most {largest('of a rate'):.1e} relative, steps by "
        f"{largest('exp'):.1e} of the dose, residence times by {largest('residence'):.1e} and "
        f"the state of rest by {largest('at rest'):.1e}: rounding, which grows with the 1e6 "
        "passages a day through the fastest vessels."
    )
