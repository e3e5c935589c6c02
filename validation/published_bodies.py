"""Bodies and trafficking against what publications say of them: each subject a case of its own."""

from __future__ import annotations

from cartflow.validation import (
    published_body_age,
    published_body_brown,
    published_body_ganusov,
    published_body_pet,
    published_body_tsai,
)
from cartflow.validation.case import CaseResult, Scope

_SUBJECTS = {
    "tsai": published_body_tsai.case,
    "ganusov": published_body_ganusov.case,
    "brown": published_body_brown.case,
    "age": published_body_age.case,
    "pet": published_body_pet.case,
}


def case(scope: Scope, subject: str) -> CaseResult:
    """Return the case of one subject: tsai, ganusov, brown, age or pet; any scope does all."""
    del scope
    return _SUBJECTS[subject]()
