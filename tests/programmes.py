"""Studies with events that several tests run, and what is left of cells that decay in them."""

import numpy as np

# Cells that decay where they stand, at a rate that events change: closed forms.
DECAY = """
title = "cells that decay"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
initial = 1e5
[parameters]
k = "0.5 1/day"
[reactions.death]
consumes = { tumour = 1 }
rate = "k*tumour"
"""
TUMOUR = """
title = "Any study"
[geometry]
{geometry}
[tumour]
[kinetics]
models = ["{model}"]
[time]
end = "4 days"
every = "1 day"
[solver]
tolerance = 1e-11
time_check = false
"""
ORGAN = """
title = "Any study"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[organs.bone_marrow.kinetics]
models = ["{model}"]
[time]
end = "4 days"
every = "1 day"
[solver]
tolerance = 1e-11
"""
BALL = 'shape = "ball"\nradius = "1 mm"\ncells = 3'
BOX = 'shape = "box"\nlengths = ["1 mm", "2 mm"]\ncells = [2, 3]'
PLACES = {"line": TUMOUR, "voxels": TUMOUR, "organ": ORGAN}
KEYS = {"organ": "organs.bone_marrow.kinetics.parameters.k"}
# A mouse with doses that come while events do.
MOUSE = """
title = "A mouse"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
split = [0.25, 0.75]
interval = "36 h"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 8
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "4 days"
every = "1 day"
[solver]
time_check = false
"""
VOXELS = {"geometry": {"shape": "ellipsoid", "semi_axes": ["1 mm"] * 3, "spacing": "0.5 mm"}}


def left(study, record):
    """Return the share of resident cells left at every saved time."""
    if study.table.tumour is None:
        alone = study.prepared
        cells = [alone.organs.amounts(s.body, s.residents)[0] for s in record.states]
        row = alone.kinetics.network.index("tumour")
        return np.array([c[row] for c in cells]) / cells[0][row]
    row = study.kinetics.index("tumour")
    return np.array([s.tumour[row].mean() for s in record.states]) / 1e5
