"""What the summary calls things: the place that depths are below, and events that came to pass."""

import pytest
from studies import front_in_a_ball

from cartflow.results.summary import summary_lines
from cartflow.study.study import Study

HOUR = {"time.end": "1 h", "time.every": "1 h"}
SLAB = {"geometry": {"shape": "slab", "length": "1 mm", "cells": 8}}
BOX = {"geometry": {"shape": "box", "lengths": ["1 mm", "1 mm"], "cells": [4, 4]}}


def line_of(tree, name):
    return next(line for line in summary_lines(tree) if line.startswith(name))


@pytest.mark.parametrize(
    ("settings", "place"),
    [({}, "the rim"), (SLAB, "the left surface"), (BOX, "the nearest side")],
    ids=["ball", "slab", "box"],
)
def test_depths_are_below_what_the_geometry_has(settings, place):
    tree = Study.from_text(front_in_a_ball(), settings={**HOUR, **settings}).run().tree
    assert f" mm below {place} (the tumour is" in line_of(tree, "depth")
    name = tree["tumour"]["penetration_depth_all"].attrs["long_name"]
    assert name.startswith(f"depth below {place} ")


@pytest.mark.parametrize(("count", "shown"), [(8, 8), (9, 9), (10, 8), (12, 8)])
def test_events_are_listed_and_one_alone_is_not_left_out(count, shown):
    tree = Study.from_text(front_in_a_ball(), settings=HOUR).run().tree
    tree.attrs["events"] = "; ".join(f"number {k} on day {k}" for k in range(count))
    lines = [line[14:] for line in summary_lines(tree) if line.startswith("event")]
    listed = [f"number {k} on day {k}" for k in range(shown)]
    left = [f"and {count - shown} more"] if count > shown else []
    assert lines == [*listed, *left]
