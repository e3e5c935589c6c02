"""Slices of a tumour in two and three dimensions show product cells and the tumour's own."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cartflow.results.figures.slices import plot_slices
from cartflow.study.study import Study

STUDY = """
title = "boxes"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{ cells = "1e6 cells" }]
geometry = { shape = "box", SIZES }
tumour = { host = "flank" }
kinetics.models = ["predator_prey"]
fields.cart.diffusivity = "2 um^2/min"
fields.tumour.initial = "2e4 cells/mm^3"
time = { end = "2 days", every = "1 day" }
"""
SIZES = {
    "yx": 'lengths = ["1 mm", "2 mm"], cells = [3, 4]',
    "zyx": 'lengths = ["1 mm", "2 mm", "1 mm"], cells = [3, 4, 2]',
}


@pytest.mark.parametrize(("dims", "above", "below"), [("yx", 1, 2), ("zyx", 3, 2)])
def test_both_are_shown_with_the_day(dims, above, below):
    tree = Study.from_text(STUDY.replace("SIZES", SIZES[dims])).run().tree
    figure = Figure()
    FigureCanvasAgg(figure)
    plot_slices(tree, list(dims), figure.subfigures(1, 1))
    maps = [axes for axes in figure.axes if axes.get_title()]
    scales = [axes.get_ylabel() for axes in figure.axes if not axes.get_title()]
    assert len(maps) == above + below
    assert scales == ["CAR T cells (cells/mm³)", "tumour cells (cells/mm³)"]
    assert [axes.get_title().split(",")[0] for axes in maps[above:]] == ["day 0", "day 2"]
    # The mesh drawn last holds the tumour's cells of the last day.
    (mesh,) = maps[-1].collections
    place = {} if dims == "yx" else {"z": 1}
    shown = tree["tumour/tumour"].isel(time=-1, **place).values
    assert mesh.get_array().tolist() == shown.tolist()
