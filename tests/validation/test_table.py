"""The printed table: names as they are, whatever brackets they hold."""

import xarray as xr

from cartflow.validation.book.case import CaseResult, Check
from cartflow.validation.book.cases import CASES
from cartflow.validation.book.run import Ran
from cartflow.validation.book.table import print_table


def test_brackets_in_names_are_no_markup(capsys):
    name = "densest [red]organ[/red], [link=x]y[/link] [0, 1)"
    check = Check(
        name=name, measured=1.0, expected=1.0, tolerance=0.0, kind="relative", reference="exact"
    )
    result = CaseResult(
        name="organ_network",
        title="",
        question="",
        equation="",
        method="",
        finding="",
        checks=(check,),
        dataset=xr.Dataset(),
        figure=None,
    )
    print_table([Ran(entry=CASES[0], result=result, seconds=1.0)])
    assert name in capsys.readouterr().out
