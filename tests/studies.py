"""The short study that tests begin with: a mouse, a dose, a small ball of tumour.

Text and not tables: what is read is a study file's.
"""

DOSE = '[[doses]]\ncells = "1e6 cells"'
BALL = 'shape = "ball"\nradius = "1 mm"\ncells = 10'
MOVING = '[fields.cart]\ndiffusivity = "2 um^2/min"'
FAST = MOVING.replace("2 um", "20 um")
GROWING = '[fields.tumour]\ninitial = "2e4 cells/mm^3"'


def study(*parts, time, title="tiny", top="", doses=DOSE, model="khot2019"):
    """Return a study of a mouse from its other `parts` and `time`; `top` are keys above all."""
    head = f'title = "{title}"\n{top}[body]\nname = "mouse_28g"\n[trafficking]\nname = "{model}"'
    return _lines(head, doses, *parts, f"[time]\n{time}")


def in_tumour(
    geometry=BALL,
    *,
    models='"predator_prey"',
    fields=f"{MOVING}\n{GROWING}",
    tumour="",
):
    """Return a study's parts of a tumour: geometry, vessels, kinetics, fields."""
    vessels = f'[tumour]\nhost = "flank"\n{tumour}'
    return f"[geometry]\n{geometry}\n{vessels}[kinetics]\nmodels = [{models}]\n{fields}"


def short_study(*, time, **changed):
    """Return the short study with another `time`, and what else `in_tumour` takes."""
    return study(in_tumour(**changed), time=time)


def half_a_day():
    """Return a study of four shells and half a day, of which many members can be run."""
    ball = 'shape = "ball"\nradius = "2 mm"\ncells = 4'
    time = 'end = "0.5 day"\nevery = "0.5 day"'
    return study(in_tumour(ball), title="Half a day", time=time)


def front_in_a_ball(
    *parts, geometry="", fields=f"{FAST}\n{GROWING}", time='end = "4 days"', **changed
):
    """Return a study of cells that spread from a dose in the tumour, with other `parts`."""
    ball = f'shape = "ball"\nradius = "1.5 mm"\ncells = 24\n{geometry}'.rstrip()
    inside = in_tumour(ball, fields=fields, **changed)
    doses = '[[doses]]\nroute = "intratumoural"\ncells = "1e5 cells"'
    return study(inside, *parts, title="a front in a ball", doses=doses, time=time)


def two_doses(*, end, trafficking="khot2019", model="predator_prey"):
    """Return a study of a dose by vein and one into the tumour, to the day `end`."""
    inside = '[[doses]]\ncells = "3e5 cells"\nroute = "intratumoural"\ntime = "2 days"'
    return study(
        in_tumour(
            'shape = "ball"\nradius = "2 mm"\ncells = 12',
            models=f'"{model}"',
            fields=f'[fields.cart]\ndiffusivity = "0.02 mm^2/day"\n{GROWING}',
            tumour='injection_region = "all"\n',
        ),
        title="Two doses",
        doses=f'{DOSE}\n{inside}\nduration = "1 h"',
        model=trafficking,
        time=f'end = "{end} days"',
    )


def _lines(*parts):
    return "\n" + "\n".join(part for part in parts if part) + "\n"
