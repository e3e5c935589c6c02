"""The report as one page of HTML, with every picture inside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import get_args

from matplotlib.figure import Figure

from cartflow.core.bibliography import reference
from cartflow.core.dataset import identifier
from cartflow.validation.book.case import CaseResult, Check, Scope
from cartflow.validation.book.cases import Group
from cartflow.validation.book.credibility import NOT_VALIDATED, QUESTIONS
from cartflow.validation.book.formula import formula_svg
from cartflow.validation.book.run import Ran

GENERATOR = '<meta name="generator" content="cartflow validate">'
_DOTS_PER_INCH = 130

_STYLE = """
body { font: 17px/1.55 Georgia, 'DejaVu Serif', serif; color: #1a1a1a; background: #fff;
  max-width: 62rem; margin: 2rem auto 4rem; padding: 0 1.2rem; }
h1 { font-size: 1.9rem; margin-bottom: .2rem; } h2 { font-size: 1.45rem; margin-top: 3rem;
  border-bottom: 1px solid #bbb; } h3 { font-size: 1.2rem; margin-top: 2.6rem; }
a { color: #00558c; } nav ol { padding-left: 1.4rem; } figure { margin: 1.2rem 0; }
figure img { max-width: 100%; height: auto; } .formula { display: block; margin: .7rem 1.5rem; }
.formula img { height: auto; max-width: 100%; vertical-align: middle; }
.question { font-style: italic; } .note { color: #555; font-size: .92rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font: 14px/1.4 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; margin: 1rem 0; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #ddd;
  vertical-align: top; } th { border-bottom: 2px solid #888; }
td.number, th.number { text-align: right; white-space: nowrap; }
.passed { color: #00694b; } .failed { color: #b00020; font-weight: bold; }
.skipped { color: #7a5c00; }
"""


def page(ran: Sequence[Ran], *, scope: Scope, made_by: Sequence[str]) -> str:
    """Return the whole page; `made_by` are lines that say what it was made with, and when."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        GENERATOR,
        f"<title>The validation book of cartflow</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        "<h1>The validation book of cartflow</h1>",
        f'<p class="note">{"<br>".join(map(escape, made_by))}</p>',
        _opening(ran, scope),
        _contents(ran),
    ]
    for group in get_args(Group):
        members = [item for item in ran if item.entry.group == group]
        if members:
            parts.append(f"<h2>{group.capitalize()}</h2>\n<p>{escape(QUESTIONS[group])}</p>")
            parts += [_case(item) for item in members]
    parts += [_not_validated(), _references(ran), "</body>\n</html>\n"]
    return "\n".join(parts)


def number(value: float) -> str:
    """Return a number as the tables print it."""
    return f"{value:.6g}"


def bound(check: Check) -> str:
    """Return what a check expects, as the tables print it."""
    sign = {"at_least": ">= ", "at_most": "<= "}.get(check.kind, "")
    return f"{sign}{number(check.expected)}"


def allowed(check: Check) -> str:
    """Return the tolerance, as the tables print it; a bound has none."""
    if check.kind in ("at_least", "at_most"):
        return ""
    relative = check.kind == "relative"
    return f"{check.tolerance:.3g}{' relative' if relative else ''}"


def _opening(ran: Sequence[Ran], scope: Scope) -> str:
    verdicts = [item.result.verdict for item in ran]
    checks = [check for item in ran for check in item.result.checks]
    passed = sum(check.passed for check in checks)
    return (
        f"<p>Cases: {len(ran)} ({scope}); {verdicts.count('passed')} passed, "
        f"{verdicts.count('failed')} failed, {verdicts.count('skipped')} skipped; "
        f"{passed} of {len(checks)} checks hold. Every check is one number against what it "
        "should be, with the tolerance stated before; the numbers behind each figure lie beside "
        "this page as netCDF.</p>"
    )


def _contents(ran: Sequence[Ran]) -> str:
    rows = []
    for item in ran:
        result, anchor = item.result, identifier(item.entry.name)
        held = sum(check.passed for check in result.checks)
        rows.append(
            f'<tr><td><a href="#{anchor}">{escape(result.title)}</a></td>'
            f"<td>{item.entry.group}</td>"
            f'<td class="number">{held} of {len(result.checks)}</td>'
            f'<td class="number">{item.seconds:.1f} s</td>{_verdict(result.verdict)}</tr>'
        )
    head = (
        '<tr><th>case</th><th>evidence for</th><th class="number">checks that hold</th>'
        '<th class="number">time</th><th>verdict</th></tr>'
    )
    rest = '<p><a href="#not_validated">What is not validated yet</a></p>'
    return (
        f"<nav><h2>Contents</h2><table>{head}{''.join(rows)}</table>{rest}"
        '<p><a href="#references">References</a></p></nav>'
    )


def _case(item: Ran) -> str:
    result, anchor = item.result, identifier(item.entry.name)
    parts = [f'<section id="{anchor}"><h3>{escape(result.title)}</h3>']
    if result.question:
        parts.append(f'<p class="question">{escape(result.question)}</p>')
    parts += [_formula(line) for line in result.equation.splitlines() if line.strip()]
    if result.method:
        parts.append(f"<p>{escape(result.method)}</p>")
    if result.figure is not None:
        parts.append(_figure(result))
    if result.skipped:
        parts.append(f'<p class="skipped">Skipped: {escape(result.skipped)}</p>')
    if result.finding:
        parts.append(f"<p>{escape(result.finding)}</p>")
    if result.checks:
        parts.append(_numbers(result))
    if result.references:
        links = "; ".join(_link(key) for key in result.references)
        parts.append(f'<p class="note">Rests on {links}.</p>')
    parts.append(f'<p class="note">Numbers: <a href="{anchor}.nc">{anchor}.nc</a>.</p></section>')
    return "\n".join(parts)


def _formula(tex: str) -> str:
    return (
        f'<span class="formula">{_image("svg+xml", formula_svg(tex.strip()), tex.strip())}</span>'
    )


def _figure(result: CaseResult) -> str:
    assert isinstance(result.figure, Figure)
    buffer = io.BytesIO()
    result.figure.savefig(buffer, format="png", dpi=_DOTS_PER_INCH)
    return f"<figure>{_image('png', buffer.getvalue(), f'Figure: {result.title}')}</figure>"


def _image(kind: str, data: bytes, text: str) -> str:
    encoded = base64.b64encode(data).decode("ascii")
    return f'<img src="data:image/{kind};base64,{encoded}" alt="{escape(text, quote=True)}">'


def _numbers(result: CaseResult) -> str:
    head = "<tr><th>check</th>" + "".join(
        f'<th class="number">{text}</th>'
        for text in ("measured", "expected", "deviation", "tolerance")
    )
    rows = [f"{head}<th>unit</th><th>reference</th><th>verdict</th></tr>"]
    for check in result.checks:
        engine = f" ({escape(check.engine)})" if check.engine else ""
        figures = (number(check.measured), bound(check), f"{check.deviation:.3g}", allowed(check))
        cells = "".join(f'<td class="number">{escape(text)}</td>' for text in figures)
        rows.append(
            f"<tr><td>{escape(check.name)}{engine}</td>{cells}<td>{escape(check.unit)}</td>"
            f"<td>{_link(check.reference)}</td>"
            f"{_verdict('passed' if check.passed else 'failed')}</tr>"
        )
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def _verdict(verdict: str) -> str:
    return f'<td class="{verdict}">{verdict}</td>'


def _link(key: str) -> str:
    return key if key == "exact" else f'<a href="#ref_{identifier(key)}">{escape(key)}</a>'


def _not_validated() -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in NOT_VALIDATED)
    return f'<h2 id="not_validated">What is not validated yet</h2>\n<ul>{items}</ul>'


def _references(ran: Sequence[Ran]) -> str:
    named = {key for item in ran for key in item.result.references}
    used = {check.reference for item in ran for check in item.result.checks} | named
    rows = [
        f'<li id="ref_{identifier(key)}"><b>{escape(key)}</b> {escape(reference(key))}</li>'
        for key in sorted(used - {"exact"})
    ]
    exact = "<li><b>exact</b> a formula or an invariant that the case's text states</li>"
    return f'<h2 id="references">References</h2>\n<ul>{exact}{"".join(rows)}</ul>'
