"""Three studies on a line, with ten numbers of each and the share by which differences vary it."""

from cartflow.study.study import Study

HEAD = """
title = "{title}"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[solver]
time_check = false
tolerance = 1e-4
"""
# A ball with a perfused shell, chemotaxis and pores; a bolus into the vein and an infusion.
BALL = (
    HEAD.format(title="a ball")
    + """
[[doses]]
cells = "1e6 cells"
[[doses]]
cells = "3e5 cells"
route = "intratumoural"
time = "0.5 days"
duration = "1 h"
[geometry]
shape = "ball"
radius = "2.5 mm"
cells = 10
[geometry.layers]
perfused = ["1.5 mm", "2.5 mm"]
[tumour]
host = "flank"
region = "perfused"
egress_region = "perfused"
[kinetics]
models = ["predator_prey", "chemokine"]
[kinetics.parameters]
chemokine_decay_rate = "0.2 1/h"
[fields.cart]
diffusivity = "2 um^2/min"
[fields.cart.chemotaxis]
attractant = "chemokine"
law = "logarithmic"
sensitivity = "0.02 mm^2/day"
half_saturation = "1e-4 ng/mm^3"
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
law = "measured"
tortuosity = 1.6
[time]
end = "1 day"
every = "0.5 day"
"""
)
# A slab fed by vessels and rim, cells that tire, and an infusion into the vein.
SLAB = (
    HEAD.format(title="a slab")
    + """
[[doses]]
cells = "1e6 cells"
duration = "2 h"
[geometry]
shape = "slab"
length = "2 mm"
cells = 12
[tumour]
host = "flank"
feeding = "both"
boundary = "left"
rim_share = 0.4
plasma_flow = "0.3 mL/min/mL"
[kinetics]
models = ["predator_prey_exhaustion"]
[fields.cart]
diffusivity = "0.02 mm^2/day"
initial = "10 cells/mm^3"
[fields.cart.boundaries.right]
type = "robin"
transfer_coefficient = "0.05 mm/day"
exterior = "20 cells/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[time]
end = "1.5 day"
every = "0.5 day"
"""
)
# A cylinder in which killing begins, cells are halved at once, and the tumour dies out.
MODEL = """
title = "cells that kill from half a day on, halved at a day, and a tumour that dies out"
compartment_volume = "1 mL"
[species.cart]
role = "phenotype"
[species.tumour]
role = "resident"
extinct_below = "3e3 cells"
[parameters]
killing = "0 1/day"
killed_half = "50 cells/mm^3"
growth = "0.5 1/day"
exponent = 1.5
[reactions.growth]
produces = { tumour = 1 }
rate = "growth*tumour"
[reactions.killing]
consumes = { tumour = 1 }
rate = "killing*tumour*(1 + min(1 - 1/(1 + (cart/killed_half)^exponent), 0.9))"
[[switches]]
time = "0.5 day"
parameters = { killing = "8 1/day" }
[[jumps]]
time = "1 day"
multiply = { cart = 0.5 }
"""
CYLINDER = (
    HEAD.format(title="a cylinder")
    + """
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "cylinder"
radius = "2 mm"
length = "3 mm"
cells = 9
[tumour]
host = "flank"
[kinetics]
models = ["model.toml"]
[fields.cart]
diffusivity = "0.02 mm^2/day"
[fields.tumour]
initial = "1e4 cells/mm^3"
diffusivity = "0.001 mm^2/day"
[time]
end = "1.5 day"
every = "0.5 day"
"""
)
NUMBERS = {
    "ball": (
        BALL,
        [
            "doses.0.cells",
            "doses.1.cells",
            "kinetics.killing_rate",
            "kinetics.chemokine_decay_rate",
            "fields.cart.diffusivity",
            "fields.cart.chemotaxis.sensitivity",
            "fields.cart.chemotaxis.half_saturation",
            "trafficking.lung.transmigration_rate",
            "tumour.retention",
            "tissue.porosity",
        ],
    ),
    "slab": (
        SLAB,
        [
            "doses.0.cells",
            "kinetics.killing_rate",
            "fields.cart.diffusivity",
            "fields.cart.initial",
            "fields.cart.boundaries.right.exterior",
            "fields.cart.boundaries.right.transfer_coefficient",
            "tumour.plasma_flow",
            "tumour.rim_share",
            "geometry.length",
            "body.cardiac_output",
        ],
    ),
    "cylinder": (
        CYLINDER,
        [
            "doses.0.cells",
            "kinetics.growth",
            "kinetics.killed_half",
            "kinetics.exponent",
            "fields.cart.diffusivity",
            "fields.tumour.diffusivity",
            "fields.tumour.initial",
            "geometry.radius",
            "body.blood_volume",
            "trafficking.spleen.transmigration_rate",
        ],
    ),
}


def study(name, folder, **settings):
    """Return one of the studies, whose model is written into `folder`."""
    (folder / "model.toml").write_text(MODEL)
    settings = {k.replace("__", "."): v for k, v in settings.items()}
    return Study.from_text(NUMBERS[name][0], folder=folder, settings=settings)
