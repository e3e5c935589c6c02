"""The report of a benchmark as Markdown: ``python benchmarks/table.py RESULT.json > FILE``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ERRORS = ("1e-02", "1e-03", "1e-04")


def markdown(report: dict[str, Any]) -> str:
    """Return machine, date and command, the ratios of all cases, and each case's own table."""
    parts = [_machine(report["machine"])]
    cases = report["cases"]
    if any("curves" in case for case in cases.values()):
        parts += [_ratios(cases)]
    parts += [_case(name, case) for name, case in cases.items()]
    return "\n\n".join(parts) + "\n"


def _machine(machine: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {v}" for name, v in machine["versions"].items())
    rows = [
        ("date (UTC)", machine["date"]),
        ("command", f"`{machine['command']}`"),
        ("commit", machine["commit"]),
        ("processor", f"{machine['processor']}, {machine['memory']}"),
        ("cores", f"{machine['cores']} used of {machine['cores_of_the_machine']}"),
        ("load when begun", f"{machine['load_at_start']:.2g}"),
        ("Python", machine["python"]),
        ("versions", versions),
    ]
    return _table(("machine", ""), rows)


def _ratios(cases: dict[str, Any]) -> str:
    rows = []
    for name, case in cases.items():
        for peer, found in case.get("ratios", {}).items():
            goal = case["goals"].get(peer)
            reached = found["1e-03"]
            verdict = "" if goal is None or reached is None else _verdict(reached >= goal)
            rows.append(
                (name, peer, *(_times(found[e]) for e in ERRORS), _times(goal), verdict),
            )
        if case.get("seconds_ratio") is not None:
            rows.append((name, case.get("peer", ""), "", _times(case["seconds_ratio"]), "", "", ""))
    heads = ("case", "peer", "at 1e-2", "at 1e-3", "at 1e-4", "wanted at 1e-3", "")
    return "Peer's seconds over cartflow's at equal relative L2 error:\n\n" + _table(heads, rows)


def _case(name: str, case: dict[str, Any]) -> str:
    title = f"## {name}: {case.get('title', '')}"
    for reason in ("skipped", "failed"):
        if reason in case:
            return f"{title}\n\n{reason.capitalize()}: {case[reason]}"
    if "curves" in case:
        parts = (title, _curves(case), _rows(case.get("rows", [])))
        return "\n\n".join(part for part in parts if part)
    if "where" in case:
        return (
            f"{title}\n\n{_rows(case['rows'])}\n\nWhere the seconds go:\n\n{_rows(case['where'])}"
        )
    told = {k: v for k, v in case.items() if k not in {"title", "rows", "seconds"}}
    notes = "\n".join(f"- {k.replace('_', ' ')}: {_plain(v)}" for k, v in told.items())
    return "\n\n".join(part for part in (title, _rows(case.get("rows", [])), notes) if part)


def _curves(case: dict[str, Any]) -> str:
    heads = ("solver", "set-up", "compile", "at 1e-2", "at 1e-3", "at 1e-4")
    rows = [
        (
            curve["solver"],
            _seconds(curve["setup_seconds"]),
            _seconds(curve["compile_seconds"]),
            *(_seconds((curve["seconds_at"][e] or {}).get("seconds")) for e in ERRORS),
        )
        for curve in case["curves"]
    ]
    lines = [f"To {case['end_time']}; error against the {case['reference']}."]
    if case.get("limits_apart") is not None:
        lines.append(
            f"The limits of the two engines on this grid differ by {case['limits_apart']:.1e}."
        )
    if case.get("errors_in_space") is not None:
        lines.append(f"Errors in space, found on finer shells: {_plain(case['errors_in_space'])}.")
    notes = [
        f"- {curve['solver']}: {curve['how']}; at 1e-3: "
        + ((curve["seconds_at"]["1e-03"] or {}).get("how") or "not reached")
        for curve in case["curves"]
    ]
    return " ".join(lines) + "\n\n" + _table(heads, rows) + "\n\n" + "\n".join(notes)


def _rows(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    heads = list(dict.fromkeys(key for row in rows for key in row))
    return _table(
        [head.replace("_", " ") for head in heads],
        [[_plain(row.get(head)) for head in heads] for row in rows],
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{k.replace('_', ' ')} {_plain(v) or '(none)'}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(_plain(v) for v in value) or "(none)"
    return str(value)


def _seconds(value: float | None) -> str:
    return "" if not value else f"{value:.3g} s"


def _times(value: float | None) -> str:
    return "" if value is None else f"{value:.3g} x"


def _verdict(met: bool) -> str:
    return "met" if met else "missed"


if __name__ == "__main__":
    print(markdown(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), end="")
