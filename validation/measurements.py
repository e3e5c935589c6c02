"""Case 10, real measurements: each subject a case of its own, skipped where its data are absent."""

from __future__ import annotations

from cartflow.validation import (
    measurements_killing,
    measurements_scratch,
    measurements_spheroids,
    measurements_tracks,
)
from cartflow.validation.case import CaseResult, Scope

_SUBJECTS = {
    "scratch_assay": measurements_scratch.case,
    "killing_assay": measurements_killing.case,
    "tracks": measurements_tracks.case,
    "spheroids": measurements_spheroids.case,
}


def case(scope: Scope, subject: str) -> CaseResult:
    """Return the case of one subject: scratch_assay, killing_assay, tracks or spheroids."""
    return _SUBJECTS[subject](scope)
