"""What a solute does within minutes, in steps of cells of half an hour: the account is right.

A fast solute settles within the first step; what it left behind meanwhile is what a run tells.
"""

import numpy as np
import pytest

from cartflow.study.study import Study

BINDING = """
title = "a drug that binds in pairs, and decays"
[species.tumour]
role = "resident"
[species.drug]
role = "solute"
unit = "ng/mm^3"
[species.bound]
role = "solute"
unit = "ng/mm^3"
[parameters]
bind = { value = "1e4 mm^3/ng/day", source = "assumed", standing = "assumed" }
decay = { value = "0 1/day", source = "assumed", standing = "assumed" }
[reactions.bind]
consumes = { drug = 1 }
produces = { bound = 1 }
rate = "bind*drug*drug"
[reactions.decay]
consumes = { drug = 1 }
rate = "decay*drug"
"""
STUDY = """
title = "few cells beside a fast drug"
[tumour]
[geometry]
shape = "ball"
radius = "0.5 mm"
cells = 20
[kinetics]
models = ["binding.toml"]
[fields.drug]
initial = "1 ng/mm^3"
[fields.tumour]
as = "cells"
initial = "100 cells/mm^3"
[cells]
step = "30 min"
[time]
end = "1 h"
every = "30 min"
"""
FROM_THE_RIM = {
    "fields.drug": {
        "diffusivity": "100 um^2/s",
        "boundaries": {"rim": {"type": "fixed_value", "value": "1 ng/mm^3"}},
    },
    "kinetics.parameters": {"bind": "100 mm^3/ng/day", "decay": "200 1/day"},
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "binding.toml").write_text(BINDING)
    return tmp_path


def amounts(result, name):
    tumour = result.tree["tumour"].to_dataset()
    return (tumour[name] * tumour["cell_volume"]).sum(tumour[name].dims[1:]).values


@pytest.mark.parametrize("step", ["30 min", "3 min"])
def test_what_binds_within_seconds_is_the_closed_form(folder, step):
    """du/dt = -b u^2 from 1: of it b t / (1 + b t) is bound."""
    result = Study.from_text(STUDY, folder=folder, settings={"cells.step": step}).run()
    volume = float(result.tree["tumour/cell_volume"].sum())
    bound = amounts(result, "bound") / volume
    t = np.array([1, 2]) / 48
    np.testing.assert_allclose(bound[1:], 1e4 * t / (1 + 1e4 * t), rtol=2e-3)
    np.testing.assert_allclose((amounts(result, "drug") / volume + bound), 1.0, rtol=1e-12)


def test_what_enters_by_the_rim_binds_as_much_as_beside_a_density(folder):
    """The same equations beside tumour cells as a density, whose steps have a tolerance."""
    cells = Study.from_text(STUDY, folder=folder, settings=FROM_THE_RIM).run()
    text = STUDY.replace('as = "cells"\n', "").replace('[cells]\nstep = "30 min"\n', "")
    density = Study.from_text(text, folder=folder, settings=FROM_THE_RIM).run()
    for name in ("bound", "drug"):
        expected = amounts(density, name)[1:]
        np.testing.assert_allclose(amounts(cells, name)[1:], expected, rtol=1e-3)
