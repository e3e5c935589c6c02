"""The report: one page with everything in it, one netCDF a case, whole or not at all."""

import json

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from cartflow.core.outcome import InputError
from cartflow.validation.book.case import CaseResult, Check
from cartflow.validation.book.cases import Entry
from cartflow.validation.book.credibility import NOT_VALIDATED
from cartflow.validation.book.formula import formula_svg
from cartflow.validation.book.report import require_replaceable, write_json, write_report
from cartflow.validation.book.run import Ran


def ran(name="a_case:of_two", **more):
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1])
    checks = (
        Check(
            name="speed < 2 & more",
            measured=1.5,
            expected=2.0,
            tolerance=0.1,
            kind="relative",
            unit="mm/day",
            reference="khot2019",
            engine="fast",
        ),
        Check(
            name="lost",
            measured=np.nan,
            expected=0.0,
            tolerance=0.0,
            kind="at_most",
            reference="exact",
        ),
    )
    result = CaseResult(
        **{
            "name": name,
            "title": "A <case>",
            "question": "Is 1 < 2?",
            "equation": "\\frac{a}{b} = c\n\nu_t = D \\nabla^2 u",
            "method": "Look.",
            "finding": "It is 1.5.",
            "checks": checks,
            "dataset": xr.Dataset({"x": ("n", [1.0, 2.0], {"units": "mm", "long_name": "place"})}),
            "figure": figure,
            "references": ("khot2019",),
            **more,
        }
    )
    entry = Entry(name=name, group="validation", module="none", title=result.title)
    return Ran(entry=entry, result=result, seconds=1.25)


def test_the_page_stands_alone_and_holds_every_number(tmp_path):
    write_report([ran()], tmp_path / "report", "quick")
    text = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert text.count('src="data:image/svg+xml;base64,') == 2
    assert text.count('src="data:image/png;base64,') == 1
    assert 'src="http' not in text
    assert "<link" not in text
    assert "<script" not in text
    assert "A &lt;case&gt;" in text
    assert "speed &lt; 2 &amp; more (fast)" in text
    for expected in ("1.5", "0.25", "0.1 relative", "&lt;= 0", "mm/day", 'href="#ref_khot2019"'):
        assert expected in text
    assert 'href="a_case_of_two.nc"' in text
    assert all(sentence in text.replace("&#x27;", "'") for sentence in NOT_VALIDATED)


def test_the_numbers_lie_beside_it(tmp_path):
    write_report([ran()], tmp_path / "report", "full")
    with xr.open_datatree(tmp_path / "report" / "a_case_of_two.nc") as tree:
        tree.load()
    assert tree["x"].to_numpy().tolist() == [1.0, 2.0]
    assert tree.attrs["Conventions"] == "CF-1.11"
    checks = tree["checks"].to_dataset()
    assert checks["measured"].to_numpy()[0] == 1.5
    assert checks["passed"].to_numpy().tolist() == [0, 0]
    assert checks["check_reference"].to_numpy().tolist() == ["khot2019", "exact"]


def test_json_has_null_for_what_is_not_finite(tmp_path):
    path = tmp_path / "checks.json"
    write_json([ran()], path, "quick")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["passed"] is False
    (case,) = data["cases"]
    assert case["verdict"] == "failed"
    assert case["checks"][1]["measured"] is None
    assert case["checks"][0]["deviation"] == pytest.approx(0.25)
    assert [p.name for p in tmp_path.iterdir()] == ["checks.json"]


def test_an_old_report_is_replaced_only_by_force(tmp_path):
    folder = tmp_path / "report"
    write_report([ran("old")], folder, "quick")
    with pytest.raises(InputError, match="exists already; give --force"):
        require_replaceable(folder, force=False)
    require_replaceable(folder, force=True)
    write_report([ran("new")], folder, "quick")
    assert sorted(p.name for p in folder.iterdir()) == ["index.html", "new.nc"]
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_folder_with_anything_else_is_never_replaced(tmp_path):
    folder = tmp_path / "report"
    write_report([ran()], folder, "quick")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files than a report"):
        require_replaceable(folder, force=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_text("<html>mine</html>")
    with pytest.raises(InputError, match="holds other files than a report"):
        require_replaceable(other, force=True)
    with pytest.raises(InputError, match="is not a folder"):
        require_replaceable(other / "index.html", force=True)
    with pytest.raises(InputError, match="its folder cannot be written"):
        require_replaceable(tmp_path / "none" / "report", force=True)


def test_a_page_that_cannot_be_made_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="formula"):
        write_report([ran(equation=r"\nosuchcommand{a}")], tmp_path / "report", "quick")
    assert list(tmp_path.iterdir()) == []


def test_formulas_are_drawn_with_paths():
    image = formula_svg(r"\frac{\partial u}{\partial t} = D\,\nabla^2 u")
    assert image.startswith(b"<?xml")
    assert b"<text" not in image
    assert image == formula_svg(r"\frac{\partial u}{\partial t} = D\,\nabla^2 u")
