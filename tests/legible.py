"""Whether a figure can be read: texts that overlap, texts cut off, panels that show nothing."""

from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg

_SLACK = 1.0  # pixels that boxes of text may share: they are wider than their letters


def faults(figure):
    """Return lines about what cannot be read in a figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    shown = [axes for axes in _axes(figure) if axes.get_visible() and axes.axison]
    texts = [(axes, text) for axes in shown for text in _texts(axes)]
    boxes = [(axes, text, text.get_window_extent()) for axes, text in texts]
    found = [f"empty: {axes.get_title()!r}" for axes in shown if not _drawn(axes)]
    found += [
        f"overlap: {a.get_text()!r} and {b.get_text()!r}"
        for (_, a, one), (_, b, other) in combinations(boxes, 2)
        if _overlap(one, other)
    ]
    whole = figure.bbox
    found += [
        f"cut off: {text.get_text()!r}"
        for _, text, box in boxes
        if box.x0 < -_SLACK
        or box.y0 < -_SLACK
        or box.x1 > whole.x1 + _SLACK
        or box.y1 > whole.y1 + _SLACK
    ]
    return found


def _axes(figure):
    return figure.axes


def _texts(axes):
    """Return title, labels and the tick labels within the limits."""
    found = [axes.title, axes.xaxis.label, axes.yaxis.label]
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        found += [
            tick.label1
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
            if low <= tick.get_loc() <= high and tick.label1.get_visible()
        ]
    return [text for text in found if text.get_text().strip() and text.get_visible()]


def _drawn(axes):
    return bool(axes.lines or axes.collections or axes.images or axes.patches or axes.texts)


def _overlap(one, other):
    return (
        min(one.x1, other.x1) - max(one.x0, other.x0) > _SLACK
        and min(one.y1, other.y1) - max(one.y0, other.y0) > _SLACK
    )
