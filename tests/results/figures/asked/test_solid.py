"""A view from outside is drawn where pyvista is, and refused by name elsewhere."""

import sys

import pytest
import xarray as xr
from PIL import Image
from studies import BALL, in_tumour, study

from cartflow.core.outcome import InputError
from cartflow.results.figures.asked.solid import plot_solid
from cartflow.study.study import Study

TEXT = study(in_tumour(BALL.replace("10", "4")), time='end = "1 h"')
BOX = {"geometry": {"shape": "box", "lengths": ["1 mm", "2 mm", "3 mm"], "cells": [2, 3, 4]}}


@pytest.fixture(scope="module")
def box():
    return Study.from_text(TEXT, settings=BOX).run().tree


def test_a_box_is_drawn(box, tmp_path):
    pytest.importorskip("pyvista", reason="pyvista is not installed")
    plot_solid(box, tmp_path / "a.png", field="tumour", day=0.0)
    with Image.open(tmp_path / "a.png") as picture:
        shades = picture.convert("RGB").getcolors(maxcolors=1_000_000)
    assert len(shades) > 50
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_what_is_no_solid_is_refused(box, tmp_path):
    with pytest.raises(InputError, match="field: unknown name 'tumor'"):
        plot_solid(box, tmp_path / "a.png", field="tumor")
    row = xr.DataTree.from_dict({"tumour": box["tumour"].to_dataset().isel(x=0, y=0)})
    with pytest.raises(InputError, match="the tumour is along z alone"):
        plot_solid(row, tmp_path / "a.png")


def test_without_pyvista_it_is_said(box, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvista", None)
    with pytest.raises(InputError, match=r"takes pyvista: pip install cartflow\[view3d\]"):
        plot_solid(box, tmp_path / "a.png")
