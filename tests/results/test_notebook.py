"""What a notebook shows of a result: its numbers, its figure, and nothing that runs."""

import base64
import re
from html.parser import HTMLParser

import pytest
from studies import short_study

from cartflow.study.study import Study


class Tags(HTMLParser):
    """The tags of a text, which must close what they open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag not in {"img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def result():
    time = 'end = "1 h"\nevery = "30 min"'
    return Study.from_text(short_study(time=time).replace('"tiny"', '"<b>&"')).run()


def test_a_result_shows_its_numbers_and_figure(result):
    shown = result._repr_html_()
    tags = Tags(shown)
    assert tags.open == []
    assert not {"script", "a", "link", "iframe"} & set(tags.seen)
    assert "&lt;b&gt;&amp;" in shown
    for name, value in result.summary().items():
        assert f"<th>{name}</th><td>{value:.6g}</td>" in shown
    png = base64.b64decode(re.search(r"base64,([^\"]+)", shown).group(1))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")


def test_one_that_cannot_be_drawn_says_why(result):
    damaged = result.with_group("tumour", result.tree["tumour"].to_dataset().drop_vars("cart"))
    shown = damaged._repr_html_()
    assert "<img" not in shown
    assert "<p>" in shown
