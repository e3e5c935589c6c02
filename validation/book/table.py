"""The table that `cartflow validate` prints, and its list of cases."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cartflow.validation.book.cases import CASES
from cartflow.validation.book.page import allowed, bound, number
from cartflow.validation.book.run import Ran

_WIDE = 150
_COLOURS = {"passed": "green", "failed": "bold red", "skipped": "yellow"}


def console() -> Console:
    """Return a console for the result; where the width is unknown it is wide."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=_WIDE)


def list_cases() -> None:
    """Print the name, evidence, quickness and title of every case."""
    table = Table(box=None, pad_edge=False)
    for name in ("case", "evidence for", "--quick", "title"):
        table.add_column(name, no_wrap=name != "title")
    for entry in CASES:
        table.add_row(entry.name, entry.group, "yes" if entry.quick else "", escape(entry.title))
    console().print(table)


def print_table(ran: Sequence[Ran]) -> None:
    """Print one line a check, and at the end how many cases passed."""
    table = Table(box=None, pad_edge=False)
    table.add_column("case", no_wrap=True)
    table.add_column("check")
    for name in ("measured", "expected", "deviation", "tolerance"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("reference", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for item in ran:
        _add(table, item)
    out = console()
    out.print(table)
    out.print(_summary(ran))


def _add(table: Table, item: Ran) -> None:
    result = item.result
    if result.skipped:
        table.add_row(item.entry.name, escape(result.skipped), *[""] * 5, _coloured("skipped"))
    for check in result.checks:
        table.add_row(
            item.entry.name,
            escape(f"{check.name} ({check.engine})" if check.engine else check.name),
            number(check.measured),
            bound(check),
            f"{check.deviation:.2g}",
            allowed(check).replace(" relative", ""),
            check.reference,
            _coloured("passed" if check.passed else "failed"),
        )
    if result.checks and result.verdict == "failed" and len(result.checks) == 1:
        table.add_row("", escape(result.finding), *[""] * 6)


def _summary(ran: Sequence[Ran]) -> str:
    verdicts = [item.result.verdict for item in ran]
    seconds = sum(item.seconds for item in ran)
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("passed", "failed", "skipped"))
    return f"cases: {len(ran)} in {seconds:.0f} s; {counts}"


def _coloured(verdict: str) -> str:
    return f"[{_COLOURS[verdict]}]{verdict}[/]"
