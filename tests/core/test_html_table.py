"""Tables for notebooks: every text is shown, none acts; and what the nouns show with them."""

from xml.etree import ElementTree

import numpy as np
import pytest

from cartflow.core.html_table import html_table
from cartflow.geometries.shapes.ball import hollow_ball
from cartflow.kinetics.files.load import load_model
from cartflow.pbpk.files.load import load_body


def test_texts_are_shown_as_they_are():
    text = html_table("<b>x</b>", [["a & b", "1 < 2"]], ["", "which"])
    table = ElementTree.fromstring(text)
    assert [c.text for c in table.iter("th")] == [None, "which", "a & b"]
    assert table.find("p/b").text == "<b>x</b>"
    assert [c.text for c in table.iter("td")] == ["1 < 2"]


def test_a_body_shows_every_organ_as_it_is_stated():
    body = load_body("mouse_28g")
    rows = list(ElementTree.fromstring(body._repr_html_()).iter("tr"))[1:]
    found = {row.find("th").text: [c.text for c in row.iter("td")] for row in rows}
    assert list(found) == body.organ_names()
    assert found["liver"][0] == body.organs["liver"].volume.stated
    assert len(repr(body)) < 200


def test_a_geometry_shows_the_areas_that_act():
    shown = ElementTree.fromstring(
        hollow_ball(radius=2.0, inner_radius=1.0, cells=20)._repr_html_()
    )
    rows = {row.find("th").text: row.find("td").text for row in shown.iter("tr")}
    assert float(rows["boundary rim"].split()[0]) == pytest.approx(16 * np.pi, rel=1e-5)
    assert float(rows["boundary wall"].split()[0]) == pytest.approx(4 * np.pi, rel=1e-5)


def test_a_model_shows_its_equations():
    model = load_model("predator_prey")
    assert model._repr_latex_() == model.network._repr_latex_()
    assert len(repr(model)) < 200
