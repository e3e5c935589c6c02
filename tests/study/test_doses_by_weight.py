"""Doses per body weight, their cap, and shares of phenotypes."""

import numpy as np
import pytest

from cartflow import Study, sweep
from cartflow.analyses.compare import compare
from cartflow.core.outcome import InputError

STUDY = """
title = "A dose by weight"
[body]
name = "human_male"
[trafficking]
name = "khot2019"
[[doses]]
cells = "2e6 cells/kg"
[time]
end = "1 day"
every = "1 day"
"""


SOURCED = {"value": "1e6 cells/kg", "source": "stein2019", "standing": "transcribed"}


def infused(settings, text=STUDY):
    study = Study.from_text(text, settings=settings)
    return [(dose.phenotype, dose.cells) for dose in study.prepared.doses]


@pytest.mark.parametrize(
    ("settings", "cells"),
    [
        ({}, 2e6 * 73),
        ({"body.weight": "90 kg"}, 2e6 * 90),
        ({"doses.0.maximum": "1e8 cells"}, 1e8),
        ({"body.weight": "45 kg", "doses.0.maximum": "1e8 cells"}, 9e7),
        ({"doses.0.cells": "3e3 cells/g"}, 3e6 * 73),
        ({"doses.0.cells": SOURCED}, 73e6),
        ({"doses.0.cells": "1e8 cells"}, 1e8),
        ({"body.name": "child_5y"}, 2e6 * 19),
    ],
)  # fmt: skip
def test_cells_by_weight(settings, cells):
    assert infused(settings)[0][1] == pytest.approx(cells, rel=1e-14)


def test_a_dose_in_parts_and_by_shares():
    found = infused({"doses.0.split": [0.25, 0.75], "doses.0.interval": "6 h"})
    assert [cells for _, cells in found] == pytest.approx([36.5e6, 109.5e6])
    found = infused({"doses.0.shares": {"memory": 1.0, "effector": 3.0}})
    assert dict(found) == pytest.approx({"memory": 36.5e6, "effector": 109.5e6})


def test_a_sweep_over_doses_by_weight_of_a_study_in_cells():
    study = Study.from_text(STUDY, settings={"doses.0.cells": "1e8 cells"})
    found = sweep(study, {"doses.0.cells": ["1e6 cells/kg", "2e6 cells/kg"]}, outcomes=["infused"])
    np.testing.assert_allclose(found["infused"], [73e6, 146e6])


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"doses.0.cells": "-1e6 cells/kg"}, "doses.0.cells: .* must be greater than 0"),
        ({"doses.0.cells": "1e6 cells/mm"}, "doses.0.cells: .* has the dimension cells/length"),
        ({"doses.0.maximum": "1e8"}, "doses.0.maximum: .* cells is needed"),
        ({"doses.0.shares": {"memory": 0.0}}, "doses.0.shares: are all 0"),
        ({"doses.0.shares": {"m": 1.0}, "doses.0.phenotype": "m"}, "has no effect beside"),
    ],
)  # fmt: skip
def test_doses_that_cannot_be(settings, match):
    with pytest.raises(InputError, match=match):
        infused(settings)


def test_without_a_body_there_is_no_weight():
    text = """
title = "A depot"
[[doses]]
route = "intratumoural"
cells = "1e6 cells/kg"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 2
[tumour]
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "2 um^2/min"
[time]
end = "1 day"
"""
    with pytest.raises(InputError, match=r"doses.0.cells: .* per body weight, and there is no"):
        _ = Study.from_text(text).prepared


def test_bodies_are_compared_at_their_own_sizes(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY)
    with pytest.raises(InputError, match=r"body.weight: bodies are compared at their own sizes"):
        compare(tmp_path / "study.toml", ["child_5y"], settings={"body.weight": "80 kg"})
