"""The command `cartflow validate`: cases in, a table, a report and a verdict out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cartflow.core.outcome import RunStopped
from cartflow.core.saving.destination import require_writable
from cartflow.validation.book.against import only, print_differences, read_checks
from cartflow.validation.book.case import Scope
from cartflow.validation.book.cases import chosen
from cartflow.validation.book.progress import case_progress
from cartflow.validation.book.report import (
    JSON_START,
    as_json,
    require_replaceable,
    write_json,
    write_report,
)
from cartflow.validation.book.run import Ran, run_cases
from cartflow.validation.book.table import print_table


def validate(
    names: Sequence[str],
    *,
    scope: Scope,
    report: Path,
    json: Path | None,
    force: bool,
    against: Path | None = None,
) -> bool:
    """Run the cases called `names` (or all of `scope`), print and write; return whether all hold.

    With the checks of an earlier run, `against`, they must also be the same to the last digit.
    Raises `InputError` on unknown names and on files that must not be overwritten, before any
    case runs; `RunStopped` if the user interrupts, with nothing written.
    """
    entries = chosen(names, scope)
    require_replaceable(report, force=force)
    if json is not None:
        require_writable(json, JSON_START, force=force)
    earlier = None if against is None else read_checks(against)
    try:
        with case_progress(len(entries)) as watch:
            ran = run_cases(entries, scope, watch)
    except KeyboardInterrupt:
        raise RunStopped("validate: interrupted by the user, nothing is written") from None
    print_table(ran)
    write_report(ran, report, scope)
    print(f"written       {report / 'index.html'}")
    if json is not None:
        write_json(ran, json, scope)
        print(f"written       {json}")
    same = earlier is None or _same(ran, scope, earlier, str(against))
    return same and all(item.result.verdict != "failed" for item in ran)


def _same(ran: Sequence[Ran], scope: Scope, earlier: dict[str, Any], name: str) -> bool:
    """Print how the checks differ from those of an earlier run; of cases not run now, nothing."""
    cases = [item.entry.name for item in ran]
    return print_differences(only(earlier, cases), as_json(ran, scope), name)
