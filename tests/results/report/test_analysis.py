"""The page of an analysis: its numbers are the file's, nothing is fetched, no text acts."""

import json
from html.parser import HTMLParser

import numpy as np
import xarray as xr

from cartflow.cli import main
from cartflow.results.report.analysis import analysis_report

HOSTILE = "</script><script>alert(1)</script> & <img src=x onerror=alert(2)>"


class Page(HTMLParser):
    """The tables of a page, row by row, and its elements."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.inside = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside in ("td", "th"):
            self.rows[-1].append(data)


def dataset():
    depth = np.arange(6.0).reshape(2, 3) / 7.0
    speeds = xr.Variable("speed", [1.0, 2.0, 4.0], {"unit_as_given": "um/min"})
    return xr.Dataset(
        {
            "depth": (("radius", "speed"), depth, {"units": "mm"}),
            "status": (("radius", "speed"), np.full((2, 3), "finished")),
            "course": (("radius", "time"), np.linspace(3.0, 9.0, 1202).reshape(2, 601)),
            "residual": ((), 1.5e-15),
        },
        coords={"radius": [1.0, 2.0], "speed": speeds},
        attrs={"title": "sweep", "settings": json.dumps({"a.b": "2 mm"}), "study": "x = 1"},
    )


def test_every_small_number_is_in_a_table_and_of_large_ones_the_ends():
    page = Page(analysis_report(dataset(), "sweep.nc", b"png"))
    start = page.rows.index(["radius", "speed (um/min)", "depth (mm)", "status"])
    expected = [
        [f"{r:g}", f"{s:g}", f"{(3 * i + j) / 7:.6g}", "finished"]
        for i, r in enumerate([1, 2])
        for j, s in enumerate([1, 2, 4])
    ]
    assert page.rows[start + 1 : start + 7] == expected
    assert ["1.5e-15"] in page.rows
    assert ["course", "3", "6", "9"] in [[c for c in row if c] for row in page.rows]


def test_what_was_changed_is_said_and_nothing_is_fetched():
    text = analysis_report(dataset(), "sweep.nc", b"png")
    assert "<dt>a.b</dt><dd>&quot;2 mm&quot;</dd>" in text
    for tag, attrs in Page(text).tags:
        assert tag not in {"link", "iframe", "object", "embed", "base", "script"}
        assert "href" not in attrs
        assert attrs.get("src", "data:").startswith("data:")


def test_no_text_of_a_file_acts():
    spoilt = dataset().rename({"depth": HOSTILE}).assign_attrs(title=HOSTILE, note=HOSTILE)
    page = Page(analysis_report(spoilt, HOSTILE, b"png"))
    tags = [tag for tag, _ in page.tags]
    assert "script" not in tags
    assert tags.count("img") == 1


def test_the_command_takes_what_any_command_wrote(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["simulate", "predator_prey", "--out", "alone.nc"]) == 0
    capsys.readouterr()
    assert main(["report", "alone.nc"]) == 0
    assert capsys.readouterr().out == "written       alone.html\n"
    page = Page((tmp_path / "alone.html").read_text(encoding="utf-8"))
    with xr.open_dataset("alone.nc", group="species") as species:
        last = [f"{float(value):.6g}" for value in species.isel(time=-1).data_vars.values()]
    assert any(row[1:] == last for row in page.rows)
    dataset().to_netcdf("other.nc")
    assert main(["report", "other.nc"]) == 2
    assert not (tmp_path / "other.html").exists()
