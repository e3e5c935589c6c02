"""The two studies that are solved again: their files, with the number of cells left open."""

from __future__ import annotations

SLAB = """
title = "A slab whose matrix the cells degrade"
[body]
name = "mouse_28g"
[trafficking]
name = "singh2020"
[[doses]]
cells = "3e6 cells"
[geometry]
shape = "slab"
length = "2 mm"
cells = {cells}
[tumour]
host = "flank"
feeding = "rim"
boundary = "left"
[kinetics]
models = ["predator_prey", "matrix_degradation"]
[kinetics.parameters]
enzyme_secretion_rate = "1e-2 ng/cell/day"
[fields.cart]
diffusivity = "0.02 mm^2/day"
open_gain = 4
initial = "100 cells/mm^3"
[fields.cart.hindrance]
law = "maxwell"
[fields.cart.boundaries.right]
type = "robin"
transfer_coefficient = "0.05 mm/day"
exterior = "20 cells/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[fields.enzyme]
diffusivity = "10 um^2/s"
[fields.enzyme.boundaries.left]
type = "fixed_value"
value = "0 ng/mm^3"
[tissue]
porosity = 0.2
open_porosity = 0.4
matrix = "ecm"
[tissue.hindrance]
law = "archie"
exponent = 1.58
[time]
end = "7 day"
save = ["0.25 day", "1 day", "3 day"]
"""

BALL = """
title = "A ball whose rim has vessels, and cells that climb a chemokine"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "3e6 cells"
[geometry]
shape = "ball"
radius = "2 mm"
cells = {cells}
[geometry.layers]
perfused = ["1.2 mm", "2 mm"]
[tumour]
host = "flank"
feeding = "vessels"
region = "perfused"
egress_region = "perfused"
[kinetics]
models = ["predator_prey", "chemokine"]
[kinetics.parameters]
chemokine_decay_rate = "0.2 1/h"
[fields.cart]
diffusivity = "4 um^2/min"
[fields.cart.chemotaxis]
attractant = "chemokine"
law = "receptor"
sensitivity = "20 mm^5/ng/day"
half_saturation = "2e-2 ng/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[fields.chemokine]
diffusivity = "100 um^2/s"
[fields.chemokine.boundaries.rim]
type = "fixed_value"
value = "0 ng/mm^3"
[tissue]
porosity = 0.2
[tissue.hindrance]
tortuosity = 1.6
[time]
end = "7 day"
save = ["0.25 day", "1 day", "3 day"]
"""
