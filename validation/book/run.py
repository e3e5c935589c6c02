"""Runs cases one after the other; one that breaks counts as failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.cases import Entry

# The check that a case has which stopped with an error.
TO_ITS_END = "the case runs to its end"


@dataclass(frozen=True, kw_only=True, eq=False)
class Ran:
    """A case that has run: its line in the book, what it returned, and how long it took."""

    entry: Entry
    result: CaseResult
    seconds: float


def run_cases(
    entries: Sequence[Entry], scope: Scope, watch: Callable[[str, int], None] | None = None
) -> list[Ran]:
    """Run the cases in order; `watch(name, done)` is called as each begins, and at the end."""
    ran: list[Ran] = []
    for done, entry in enumerate(entries):
        if watch is not None:
            watch(entry.name, done)
        begun = time.perf_counter()
        result = _run(entry, scope)
        ran.append(Ran(entry=entry, result=result, seconds=time.perf_counter() - begun))
    if watch is not None:
        watch("", len(entries))
    return ran


def _run(entry: Entry, scope: Scope) -> CaseResult:
    try:
        return entry.run(scope)
    except Exception as error:  # one broken case must not take the others' results away
        return _broken(entry, f"{type(error).__name__}: {error}")


def _broken(entry: Entry, reason: str) -> CaseResult:
    check = Check(
        name=TO_ITS_END,
        measured=np.nan,
        expected=1.0,
        tolerance=0.0,
        kind="absolute",
        reference="exact",
    )
    return CaseResult(
        name=entry.name,
        title=entry.title,
        question="",
        equation="",
        method="",
        finding=f"The case stopped with an error. {reason}",
        checks=(check,),
        dataset=xr.Dataset(),
        figure=None,
    )
