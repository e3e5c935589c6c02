"""The check that figures can be read notices what cannot."""

from legible import faults
from matplotlib.figure import Figure


def figure():
    made = Figure(figsize=(4, 3), layout="constrained")
    axes = made.subplots()
    axes.plot([0, 1], [0, 1])
    axes.set_title("right")
    return made, axes


def test_a_good_figure_has_no_faults():
    assert faults(figure()[0]) == []


def test_ticks_that_overlap_are_noticed():
    made, axes = figure()
    axes.set_xticks([0.1, 0.12], ["one hundred", "two hundred"])
    assert faults(made) == ["overlap: 'one hundred' and 'two hundred'"]


def test_so_are_those_between():
    made, axes = figure()
    axes.set_xticks([0.1], ["one hundred"])
    axes.set_xticks([0.12], ["two hundred"], minor=True)
    assert faults(made) == ["overlap: 'one hundred' and 'two hundred'"]


def test_a_text_beyond_the_edge_is_noticed():
    made, axes = figure()
    axes.set_title("a title that is far longer than the figure is wide, whatever the letters are")
    (fault,) = faults(made)
    assert fault.startswith("cut off: 'a title")


def test_an_empty_panel_is_noticed():
    made, axes = figure()
    axes.lines[0].remove()
    assert faults(made) == ["empty: 'right'"]
