"""The report: every number is the file's, nothing is fetched, and no text of a file acts."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from cartflow.cli import main
from cartflow.results.report.depths import fields_over_depth
from cartflow.results.report.page import report
from cartflow.results.summary import summary_lines
from cartflow.study.study import Study

HOSTILE = "</script><script>alert(1)</script> & <img src=x onerror=alert(2)>"
STUDY = """
title = "A slab, reported"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{ cells = "1e6 cells" }]
geometry = { shape = "slab", length = "2 mm", cells = 20 }
tumour = { host = "flank" }
kinetics.models = ["predator_prey"]
fields.cart.diffusivity = "2 um^2/min"
fields.tumour.initial = "2e4 cells/mm^3"
time = { end = "1 day", every = "12 h" }
"""


class Page(HTMLParser):
    """What a browser would make of a page: its elements, and the texts of cells and scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.now = [], {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.now = tag

    def handle_endtag(self, tag):
        self.now = ""

    def handle_data(self, data):
        self.texts.setdefault(self.now, []).append(data)


@pytest.fixture(scope="module")
def tree():
    return Study.from_text(STUDY).run().tree


@pytest.fixture(scope="module")
def text(tree):
    return report(tree, "slab.nc")


def test_its_numbers_are_those_of_the_file(tree, text):
    page = Page(text)
    cells = page.texts["td"]
    for name, value in tree["parameters"].to_dataset().data_vars.items():
        place = cells.index(value.attrs["long_name"])
        assert cells[place + 1] == f"{float(value):.6g}", name
    balance = tree["balance"].to_dataset()
    for name in ("infused", "born", "died", "in_tumour", "residual"):
        assert cells[cells.index(name) + 1] == f"{float(balance[name][-1, 0]):.6g}"
    assert page.texts["dd"][: len(summary_lines(tree))] == [
        line[13:].strip() for line in summary_lines(tree)
    ]


def test_nothing_is_fetched_and_it_is_small(text):
    page = Page(text)
    for tag, attrs in page.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        for name in ("src", "href"):
            assert (
                attrs.get(name, "data:").startswith("data:image/png;base64,") or name not in attrs
            )
    policy = next(a["content"] for t, a in page.elements if "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert len(text) < 3_000_000


def test_the_slider_shows_the_fields(tree, text):
    found = json.loads(re.search(r'id="profiles">(.*?)</script>', text, re.S).group(1))
    tumour = tree["tumour"].to_dataset()
    assert found["times"] == [0.0, 0.5, 1.0]
    assert found["depths"] == pytest.approx(tumour["depth"].values, rel=1e-4)
    assert [f["name"] for f in found["fields"]] == ["CAR T cells", "tumour cells"]
    for field, name in zip(found["fields"], ("cart", "tumour"), strict=True):
        np.testing.assert_allclose(field["values"], tumour[name].values, rtol=1e-3)


def test_means_over_depth_keep_the_cells():
    box = STUDY.replace(
        'shape = "slab", length = "2 mm", cells = 20',
        'shape = "box", lengths = ["1 mm", "2 mm", "1 mm"], cells = [5, 8, 5]',
    )
    tumour = Study.from_text(box).run().tree["tumour"].to_dataset()
    found = fields_over_depth(tumour)
    depth, volume = tumour["depth"].values.ravel(), tumour["cell_volume"].values.ravel()
    assert found["depths"] == sorted(set(found["depths"]))
    weights = [volume[np.isclose(depth, d, rtol=1e-4)].sum() for d in found["depths"]]
    assert sum(weights) == pytest.approx(volume.sum())
    for field, name in zip(found["fields"], ("cart", "tumour"), strict=True):
        cells = float((tumour[name][-1] * tumour["cell_volume"]).sum())
        assert np.dot(field["values"][-1], weights) == pytest.approx(cells, rel=1e-3)


def test_no_text_of_a_file_acts(tree):
    spoilt = tree.copy(deep=True)
    spoilt.attrs |= {"title": HOSTILE, "study": HOSTILE, "settings": json.dumps({"a": HOSTILE})}
    spoilt["tumour/cart"].attrs["long_name"] = HOSTILE
    spoilt["parameters"].to_dataset()["kinetics_killing_rate"].attrs["note"] = HOSTILE
    page = Page(report(spoilt, "slab.nc"))
    assert [tag for tag, _ in page.elements if tag == "script"] == ["script", "script"]
    assert len([tag for tag, _ in page.elements if tag == "img"]) == 1
    assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)


def test_the_command(tree, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    tree.to_netcdf("slab.nc")
    assert main(["report", "slab.nc"]) == 0
    assert capsys.readouterr().out == "written       slab.html\n"
    assert (tmp_path / "slab.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert main(["report", "slab.nc"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["report", "slab.nc", "--force"]) == 0
    assert main(["report", "slab.nc", "--out", "slab.nc", "--force"]) == 2
    assert main(["report", "nothing.nc"]) == 2
    del tree["balance"]
    tree.to_netcdf("less.nc")
    assert main(["report", "less.nc"]) == 2
    assert not (tmp_path / "less.html").exists()
