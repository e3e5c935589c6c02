"""Bodies and trafficking against what publications say of them: each subject a case of its own."""

from __future__ import annotations

from cartflow.validation.case import CaseResult, Scope
from cartflow.validation.published_body_age import case as age
from cartflow.validation.published_body_biodistribution import case as biodistribution
from cartflow.validation.published_body_brown import case as brown
from cartflow.validation.published_body_ganusov import case as ganusov
from cartflow.validation.published_body_khot import case as khot
from cartflow.validation.published_body_pet import case as pet
from cartflow.validation.published_body_singh import case as singh
from cartflow.validation.published_body_tsai import case as tsai
from cartflow.validation.published_body_tumours import case as tumours

_SUBJECTS = {
    "tsai": tsai,
    "tumours": tumours,
    "ganusov": ganusov,
    "brown": brown,
    "age": age,
    "khot": khot,
    "singh": singh,
    "biodistribution": biodistribution,
    "pet": pet,
}


def case(scope: Scope, subject: str) -> CaseResult:
    """Return the case of one subject, a key of `BODIES`; any scope does all."""
    del scope
    return _SUBJECTS[subject]()
