"""A solute that cells take up within seconds, in steps of half an hour."""

import numpy as np

from cartflow.study.study import Study

MODEL = """
title = "cells that take up oxygen"
[species.tumour]
role = "resident"
[species.oxygen]
role = "solute"
unit = "ng/mm^3"
[parameters]
uptake = { value = "2.5e-4 mm^3/cell/min", source = "assumed", standing = "assumed" }
[reactions.uptake]
consumes = { oxygen = 1 }
rate = "uptake*tumour*oxygen"
"""
STUDY = """
title = "a spheroid and its oxygen"
[tumour]
[geometry]
shape = "ball"
radius = "0.15 mm"
cells = 15
[kinetics]
models = ["one.toml"]
[fields.oxygen]
initial = "38 ng/mm^3"
diffusivity = "1e5 um^2/min"
[fields.oxygen.boundaries.rim]
type = "fixed_value"
value = "38 ng/mm^3"
[fields.tumour]
as = "cells"
[fields.tumour.start]
lattice = "close_packed"
within = "145 um"
spacing = "16 um"
[cells]
step = "30 min"
[time]
end = "1 h"
every = "30 min"
"""


def test_it_settles_to_the_profile_around_the_cells(tmp_path):
    (tmp_path / "one.toml").write_text(MODEL)
    result = Study.from_text(STUDY, folder=tmp_path).run()
    assert result.tree.attrs["outcome"] == "finished"
    number = int(result.tree["cells/row_size"][-1])
    assert number > 4000
    # Helmholtz within the lattice, Laplace in the shell around it, 38 at the rim.
    edge, rim = 0.145, 0.15
    width = np.sqrt(0.1 / (2.5e-4 * number / (4 / 3 * np.pi * edge**3)))
    steep = 1.0 / np.tanh(edge / width) / width - 1.0 / edge
    at_edge = 38.0 / (1.0 + steep * edge**2 * (1.0 / edge - 1.0 / rim))
    r = (np.arange(14) + 0.5) * 0.01
    expected = at_edge * edge / r * np.sinh(r / width) / np.sinh(edge / width)
    found = result.tree["tumour/oxygen"].values[-1, :14]
    np.testing.assert_allclose(found, expected, rtol=0.02)
