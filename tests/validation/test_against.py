"""Two sets of checks are the same to the last digit, or each difference is named."""

import json

import pytest

from cartflow.core.outcome import InputError
from cartflow.validation.book.against import differences, main, read_checks


def check(name, measured, engine="", **changed):
    given = {"expected": 1.0, "tolerance": 1e-3, "kind": "relative", "unit": "1"}
    return {"name": name, "engine": engine, "measured": measured, "reference": "exact"} | (
        given | changed
    )


def case(*checks, name="fronts", verdict="passed", seconds=1.0):
    return {"name": name, "verdict": verdict, "seconds": seconds, "checks": list(checks)}


def whole(*cases, scope="quick"):
    return {"cartflow_validation": "0.1.0", "scope": scope, "cases": list(cases)}


ONE = whole(case(check("speed", 0.1 + 0.2, "fast"), check("speed", 0.3, "fipy")))


def test_the_same_numbers_do_not_differ():
    other = whole(case(*ONE["cases"][0]["checks"], seconds=7.0))
    assert list(differences(ONE, other)) == []


def test_the_last_digit_is_one():
    other = whole(case(check("speed", 0.3, "fast"), check("speed", 0.3, "fipy")))
    assert list(differences(ONE, other)) == [
        "fronts: speed [fast]: measured 0.3, was 0.30000000000000004"
    ]


def test_what_is_not_a_number_any_more_differs():
    old, new = whole(case(check("speed", 0.3))), whole(case(check("speed", None)))
    assert list(differences(old, new)) == ["fronts: speed: measured not finite, was 0.3"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("expected", 2.0), ("tolerance", 1e-2), ("kind", "absolute"), ("unit", "mm")],
)
def test_a_tolerance_that_was_widened_is_told(key, value):
    old, new = whole(case(check("v", 1.0))), whole(case(check("v", 1.0, **{key: value})))
    (line,) = differences(old, new)
    assert line.startswith(f"fronts: v: {key} {value}, was ")


def test_checks_that_went_or_came_and_cases_that_were_skipped_are_named():
    old = whole(case(check("a", 1.0), check("b", 1.0)), case(name="assay", verdict="skipped"))
    new = whole(case(check("b", 1.0), check("c", 1.0)), scope="full")
    assert list(differences(old, new)) == [
        "scope: full, was quick",
        "fronts: a: is missing",
        "assay: skipped: is missing",
        "fronts: c: is new",
    ]


def test_two_files(tmp_path, capsys):
    paths = [tmp_path / "old.json", tmp_path / "new.json"]
    for path, measured in zip(paths, (0.3, 0.30000000000000004), strict=True):
        path.write_text(json.dumps(whole(case(check("speed", measured)))))
    assert main([str(paths[0]), str(paths[0])]) == 0
    assert main([str(path) for path in paths]) == 1
    assert "measured 0.30000000000000004, was 0.3\n" in capsys.readouterr().out
    assert main([str(paths[0])]) == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, '{"cases": [{}], "scope": "q"}'])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match="does not hold the checks"):
        read_checks(path)
