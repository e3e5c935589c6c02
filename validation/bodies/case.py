"""Bodies and trafficking against what publications say of them: each subject a case of its own."""

from __future__ import annotations

from cartflow.validation.bodies.age import case as age
from cartflow.validation.bodies.biodistribution import case as biodistribution
from cartflow.validation.bodies.brown import case as brown
from cartflow.validation.bodies.ganusov import case as ganusov
from cartflow.validation.bodies.khot import case as khot
from cartflow.validation.bodies.pet import case as pet
from cartflow.validation.bodies.singh import case as singh
from cartflow.validation.bodies.tsai import case as tsai
from cartflow.validation.bodies.tumours.case import case as tumours
from cartflow.validation.book.case import CaseResult, Scope

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
