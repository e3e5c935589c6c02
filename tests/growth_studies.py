"""Studies of tumours that grow, which tests begin with, and the kinetics that they name."""

from cartflow.study.study import Study

# Growth by what is fed, a marker that only moves along, CAR T cells, and dead cells.
KINETICS = """
title = "grows by its food"
[species.cart]
role = "phenotype"
unit = "cell/mm^3"
[species.tumour]
role = "resident"
unit = "cell/mm^3"
[species.dead]
role = "resident"
unit = "cell/mm^3"
[species.food]
role = "resident"
unit = "1"
[species.marker]
role = "resident"
unit = "1"
[parameters.growth_rate]
value = "0.3 1/day"
source = "assumed"
standing = "assumed"
[parameters.killing_rate]
value = "0 mm^3/cell/day"
source = "assumed"
standing = "assumed"
[parameters.loss_rate]
value = "0.4 1/day"
source = "assumed"
standing = "assumed"
[parameters.death_rate]
value = "0.2 1/day"
source = "assumed"
standing = "assumed"
[reactions.division]
produces = { tumour = 1 }
rate = "growth_rate*food*(tumour + dead)"
[reactions.killing]
consumes = { tumour = 1 }
produces = { dead = 1 }
rate = "killing_rate*cart*tumour"
[reactions.loss]
consumes = { dead = 1 }
rate = "loss_rate*dead"
[reactions.death]
consumes = { cart = 1 }
rate = "death_rate*cart"
"""
STUDY = """
title = "grows"
[tumour]
[geometry]
shape = "ball"
radius = "1 mm"
cells = 16
[geometry.growth]
cells = ["tumour", "dead"]
[kinetics]
models = ["food.toml"]
[fields.tumour]
initial = "1e5 cells/mm^3"
[fields.food]
initial = "1"
[fields.marker]
initial = "1"
[time]
end = "2 days"
every = "1 day"
[solver]
time_check = false
"""
IN_MOUSE = STUDY.replace(
    "[tumour]\n",
    '[body]\nname = "mouse_28g"\n[trafficking]\nname = "khot2019"\n[tumour]\nhost = "flank"\n'
    '[[doses]]\ncells = "1e6 cells"\n',
)


def growing_study(folder, text=STUDY, **settings):
    """Return a study of a tumour that grows, its kinetics in `folder`."""
    (folder / "food.toml").write_text(KINETICS, encoding="utf-8")
    given = {key.replace("__", "."): value for key, value in settings.items()}
    return Study.from_text(text, folder=folder, settings=given)
