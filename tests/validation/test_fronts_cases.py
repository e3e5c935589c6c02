"""The cases on fronts, tissue, depth and measurements, in their quick scope."""

import pytest

from cartflow.validation.fronts import fisher_kpp, model_fronts, patterns, pushed_fronts
from cartflow.validation.measurements import case as measurements
from cartflow.validation.measurements import data as measured_data
from cartflow.validation.transport import depth, tortuosity

SUBJECTS = ("scratch_assay", "killing_assay", "tracks", "spheroids")


@pytest.mark.parametrize(
    "module", [fisher_kpp, model_fronts, patterns, pushed_fronts, tortuosity, depth]
)
def test_quick_case_passes(module):
    result = module.case("quick")
    failed = [check for check in result.checks if not check.passed]
    assert result.verdict == "passed", failed
    assert result.finding
    assert result.figure is not None
    assert all("units" in v.attrs for v in result.dataset.data_vars.values())


@pytest.mark.parametrize("subject", SUBJECTS)
def test_quick_measurements_pass_where_they_are(subject):
    result = measurements.case("quick", subject)
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.verdict == "passed", [check for check in result.checks if not check.passed]
    assert result.name == f"measurements:{subject}"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_absent_measurements_are_skipped_with_a_reason(subject, monkeypatch, tmp_path):
    monkeypatch.setattr(measured_data, "_FOLDER", tmp_path)
    result = measurements.case("quick", subject)
    assert result.verdict == "skipped"
    assert "is expected in ../shared/data" in result.skipped
    assert result.checks == ()
