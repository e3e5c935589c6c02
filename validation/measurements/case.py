"""Case 10, real measurements: each subject a case of its own, skipped where its data are absent."""

from __future__ import annotations

from cartflow.validation.book.case import CaseResult, Scope
from cartflow.validation.measurements import killing as measurements_killing
from cartflow.validation.measurements import scratch as measurements_scratch
from cartflow.validation.measurements import spheroids as measurements_spheroids
from cartflow.validation.measurements import tracks as measurements_tracks

_SUBJECTS = {
    "scratch_assay": measurements_scratch.case,
    "killing_assay": measurements_killing.case,
    "tracks": measurements_tracks.case,
    "spheroids": measurements_spheroids.case,
}


def case(scope: Scope, subject: str) -> CaseResult:
    """Return the case of one subject: scratch_assay, killing_assay, tracks or spheroids."""
    return _SUBJECTS[subject](scope)
