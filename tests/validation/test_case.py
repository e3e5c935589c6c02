"""Checks and case results: what passes, what never passes, what is refused."""

import numpy as np
import pytest
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.validation.book.case import CaseResult, Check


def check(measured=1.0, expected=1.0, tolerance=0.0, kind="absolute", **more):
    return Check(
        name="a number",
        measured=measured,
        expected=expected,
        tolerance=tolerance,
        kind=kind,
        **{"reference": "exact", **more},
    )


def result(*checks, **more):
    return CaseResult(
        **{
            "name": "a_case",
            "title": "A case",
            "question": "Is it?",
            "equation": "a = b",
            "method": "Look.",
            "finding": "It is.",
            "checks": checks,
            "dataset": xr.Dataset(),
            "figure": None,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("measured", "expected", "tolerance", "kind", "deviation", "passed"),
    [
        (1.01, 1.0, 0.02, "relative", 0.01, True),
        (-2.1, -2.0, 0.02, "relative", 0.05, False),
        (0.3, 0.0, 0.3, "absolute", 0.3, True),
        (0.31, 0.0, 0.3, "absolute", 0.31, False),
        (1.95, 1.9, 0.0, "at_least", 0.0, True),
        (1.85, 1.9, 0.0, "at_least", 0.05, False),
        (1.9, 1.9, 0.0, "at_least", 0.0, True),
        (2e-10, 1e-10, 0.0, "at_most", 1e-10, False),
        (-1.0, 1e-10, 0.0, "at_most", 0.0, True),
    ],
)
def test_deviation_and_verdict(measured, expected, tolerance, kind, deviation, passed):
    found = check(measured, expected, tolerance, kind)
    assert found.deviation == pytest.approx(deviation, abs=1e-15)
    assert found.passed is passed


@pytest.mark.parametrize("kind", ["relative", "absolute", "at_least", "at_most"])
@pytest.mark.parametrize("measured", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_never_passes(measured, kind):
    tolerance = 0.0 if kind.startswith("at_") else 1e9
    assert not check(measured, 1.0, tolerance, kind).passed


def test_checks_that_could_not_fail_are_refused():
    with pytest.raises(InputError, match="tolerance inf must be finite"):
        check(tolerance=np.inf)
    with pytest.raises(InputError, match="tolerance nan must be finite"):
        check(tolerance=np.nan)
    with pytest.raises(InputError, match="its tolerance is 0"):
        check(tolerance=0.1, kind="at_most")
    with pytest.raises(InputError, match="nothing is relative to 0"):
        check(expected=0.0, kind="relative")
    with pytest.raises(InputError, match=r"unknown name 'khot209'.*did you mean 'khot2019'"):
        check(reference="khot209")
    with pytest.raises(InputError, match="unknown name 'exactly'"):
        check(kind="exactly")


def test_verdicts_of_a_case():
    assert result(check()).verdict == "passed"
    assert result(check(), skipped="a file is missing").verdict == "skipped"
    assert result(skipped="a file is missing").verdict == "skipped"
    bad = check(measured=np.nan, engine="fipy")
    assert result(check(), bad).verdict == "failed"
    assert result(bad, skipped="half of it").verdict == "failed"


def test_a_case_needs_checks_of_different_names():
    with pytest.raises(InputError, match="has no checks"):
        result()
    with pytest.raises(InputError, match="two checks are called 'a number'"):
        result(check(), check())
    assert result(check(engine="fast"), check(engine="fipy")).verdict == "passed"
    with pytest.raises(InputError, match="references: unknown name 'nobody1999'"):
        result(check(), references=("nobody1999",))
