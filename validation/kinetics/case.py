"""Shipped kinetics models against the numbers that their files state as published or exact."""

from __future__ import annotations

from collections.abc import Sequence

from cartflow.kinetics.files.checking import Checker, CheckResult
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.model import Model
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.names import PUBLISHED_MODELS, kinetics_title
from cartflow.validation.kinetics.courses import course_of, dataset, figure
from cartflow.validation.kinetics.equations import equation_lines

_STANDINGS = {
    "published": "that the publication prints or draws",
    "released": "that the authors' own code prints",
    "recomputed": "of an independent integration of the same equations",
    "analytic": "of an exact formula",
}


def case(_scope: Scope, subject: str) -> CaseResult:
    """Return every check value of the model `subject`, and its first scenario's course."""
    model = load_model(subject)
    checker = Checker(model)
    results = checker.results()
    course = course_of(checker)
    return CaseResult(
        name=f"kinetics:{subject}",
        title=kinetics_title(subject),
        question=_question(subject),
        equation=equation_lines(model.network),
        method=_method(model),
        finding=_finding(model, results),
        checks=tuple(_check(model, result) for result in results),
        dataset=dataset(course),
        figure=figure(course),
        references=model.network.references,
    )


def _question(subject: str) -> str:
    if subject in PUBLISHED_MODELS:
        return f"Does the shipped model {subject} give the numbers that its publication states?"
    return (
        f"Does the shipped model {subject} give what its authors' program, an independent "
        "integration of its equations, or an exact formula, gives? Its file states no number from "
        "a publication."
    )


def _method(model: Model) -> str:
    notes = " ".join(model.network.notes.split())
    parts = [
        _sentence(model.network.title),
        _sentence(notes),
        "Well mixed, integrated by LSODA through doses and switches as the scenario of each check "
        "says, to a relative error of 1e-10 (1e-8 where a threshold is sought). Each check tells "
        "in brackets where its number comes from, and allows what the model's file states.",
        f"Figure: the first scenario, {_scenario(model)}, with doses and switches.",
    ]
    return " ".join(part for part in parts if part)


def _scenario(model: Model) -> str:
    scenario = model.scenario()
    return f"{scenario.name} ({scenario.title})" if scenario.title else scenario.name


def _finding(model: Model, results: Sequence[CheckResult]) -> str:
    parts = []
    for standing, words in _STANDINGS.items():
        these = [r for r in results if r.standing == standing]
        if these:
            parts.append(f"{sum(r.passed for r in these)} of {len(these)} numbers {words} hold.")
    notes = [f"{_short(model, r)}: {_sentence(r.note)}" for r in results if r.note]
    if notes:
        parts.append(f"Notes on checks. {' '.join(notes)}")
    if model.flags:
        parts.append(f"Flagged in the sources: {' '.join(_sentence(f) for f in model.flags)}")
    parts += [
        f"Published unit of {name} is inconsistent ({odd.published}): {_sentence(odd.reason)}"
        for name, odd in model.inconsistencies.items()
    ]
    return " ".join(parts)


def _check(model: Model, result: CheckResult) -> Check:
    return Check(
        name=f"{_short(model, result)} ({result.standing})",
        measured=result.measured,
        expected=result.expected,
        tolerance=result.tolerance,
        kind="absolute",
        reference=result.reference,
        unit=result.unit,
    )


def _short(model: Model, result: CheckResult) -> str:
    return result.name.removeprefix(f"{model.name}: ")


def _sentence(text: str) -> str:
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."
