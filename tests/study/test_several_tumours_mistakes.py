"""Natural mistakes in studies of several tumours: each is answered in one line with its key."""

import pytest
from studies import GROWING, MOVING, study

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

TOP = f"""[geometry]
shape = "ball"
radius = "1 mm"
cells = 4
[kinetics]
models = ["predator_prey"]
{MOVING}
{GROWING}
"""
TWO = '[tumours]\nhost = "flank"\n[tumours.left]\n[tumours.right]\n'


def given(*parts, settings=None, tumours=TWO, top=TOP):
    text = study(top, tumours, *parts, time='end = "1 h"')
    return Study.from_text(text, name="two.toml", settings=settings).prepared


def dose(**keys):
    return {"doses": [{"cells": "1e6 cells", **keys}]}


def event(**keys):
    return {"events": [{"time": "30 min", **keys}]}


KILLING = "kinetics.parameters.killing_rate"
MISTAKES = {
    "unknown host": (
        {"tumours.left.host": "flnak"},
        r"two.toml: tumours.left.host: unknown organ 'flnak'.*flank",
    ),
    "host shared": ({"tumours.host": "flnak"}, r"two.toml: tumours.host: unknown organ 'flnak'"),
    "beside [tumour]": ({"tumour.host": "flank"}, r"two.toml: tumour: stands beside \[tumours\]"),
    "name with a dash": (
        {"tumours.left-flank": {"host": "flank"}},
        "the name 'left-flank' is none: a letter, then letters, digits and _",
    ),
    "name taken": ({"tumours.blood2": 3}, "unknown key 'tumours.blood2'; .*'blood'"),
    "name of another place": ({"tumours.venous": {}}, "the name 'venous' is taken"),
    "misspelt shared key": ({"tumours.hots": "flank"}, "unknown key 'tumours.hots'.*'host'"),
    "misspelt own key": ({"tumours.left.hots": "flank"}, "key 'tumours.left.hots'.*'host'"),
    "geometry shared at the wrong place": (
        {"tumours.geometry": {"radius": "2 mm"}},
        r"tumours.geometry: what all tumours share of it stands in \[geometry\]",
    ),
    "wrong unit of its own": (
        {"tumours.left.geometry.radius": "2 h"},
        "two.toml: tumours.left.geometry.*radius: .*'2 h'",
    ),
    "fields as cells": (
        {"fields.cart.as": "cells"},
        "two.toml: fields.cart.as: fields are not cells beside several tumours yet",
    ),
    "wrong unit for all": ({"geometry.radius": "2 h"}, r"two.toml: geometry.*radius: .*'2 h'"),
    "wrong field of its own": (
        {"tumours.left.fields.crat": {"diffusivity": "1 um^2/min"}},
        "tumours.left.fields: unknown name 'crat'.*'cart'",
    ),
    "wrong field for all": ({"fields.crat.initial": 0}, "two.toml: fields: unknown name 'crat'"),
    "wrong parameter": (
        {"tumours.right.kinetics.parameters": {"kill": "1 1/h"}},
        "tumours.right.kinetics.*kill",
    ),
    "dose without its tumour": (
        dose(route="intratumoural"),
        "doses.0.tumour: is missing; 'intratumoural' is into one of left, right",
    ),
    "dose into no such tumour": (
        dose(route="intratumoural", tumour="lefd"),
        "doses.0.tumour: unknown name 'lefd'.*'left'",
    ),
    "dose by vein into one": (
        dose(tumour="left"),
        "doses.0.tumour: has no effect with route = 'intravenous'",
    ),
    "route to a host that none has": (
        dose(route="carotid_artery"),
        "doses.0.route: 'carotid_artery' is for a tumour in brain, and there is none",
    ),
    "event without its tumour": (
        event(set={KILLING: "0 1/h"}),
        f"events.0.set.{KILLING}: of which tumour\\? write 'tumours.left.{KILLING}'",
    ),
    "event of a flow without its tumour": (
        event(multiply={"tumour.plasma_flow": 2}),
        "of which tumour\\? write 'tumours.left.plasma_flow'",
    ),
    "removal without its tumour": (
        event(remove={"fraction": 0.5}),
        "events.0.remove: key 'tumour' is missing; one of left, right, or 'compartment'",
    ),
    "removal in no such tumour": (
        event(remove={"fraction": 0.5, "tumour": "lefd"}),
        "events.0.remove.tumour: unknown name 'lefd'.*'left'",
    ),
    "tumour beside a compartment": (
        event(remove={"fraction": 0.5, "tumour": "left", "compartment": "venous"}),
        "events.0.remove.tumour: has no effect beside 'compartment'",
    ),
    "condition without its tumour": (
        {"events": [{"when": "tumour < 1e3 cells", "set": {f"tumours.left.{KILLING}": "0 1/h"}}]},
        "events.0.when: which tumour\\? write 'tumour in left'; there are left, right",
    ),
    "volumes in an event": (
        event(set={"tumours.left.vascular_fraction": 0.1}),
        "cannot change in a run: cells in the vessels are counted in that volume",
    ),
    "blood as given": (
        {"tumours.left.blood": {"course": "b.csv", "time": "day", "value": "c", "unit": "1/uL"}},
        "tumours.left.blood: several tumours share a body",
    ),
    "kinetics without what travels": (
        {"tumours.right.kinetics": {"models": ["multiphasic"]}},
        "tumours.left.kinetics: 'injected' of tumours.right travels and would enter this tumour",
    ),
    "node of one of two in a host": (
        {"tumours.left.own_node": True},
        "tumours.left.own_node: tumours.right shares its host",
    ),
    "larger than the host can feed": (
        {"tumours.right.geometry.radius": "14 mm"},
        "tumours.right: it needs .* mL/h of",
    ),
    "organ kinetics in one": (
        {"organs.tumour_left": {"kinetics": {"models": ["none"]}}},
        "organs.tumour: the tumour's own kinetics",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake(mistake):
    settings, said = MISTAKES[mistake]
    with pytest.raises(InputError, match=said) as found:
        given(settings=settings)
    assert "\n" not in str(found.value)
    assert str(found.value).startswith("two.toml: ")


@pytest.mark.parametrize(
    ("tumours", "top", "said"),
    [
        ("[tumours]\n", TOP, "tumours: names no tumour"),
        ("[tumours.left]\n[tumours.right]\n", TOP, "key 'tumours.left.host' is missing"),
        (TWO, TOP.partition("[kinetics]")[0], "key 'kinetics' is missing"),
        (TWO, TOP.replace('shape = "ball"\n', ""), "geometry.shape' is missing"),
        ("[[tumours]]\nhost = 'flank'\n", TOP, "tumours: Input should be a table"),
    ],
)
def test_a_mistake_in_the_whole(tumours, top, said):
    with pytest.raises(InputError, match=said):
        given(tumours=tumours, top=top)


NAMED = """[[events]]
time = "30 min"
set = { "tumours.flank.kinetics.parameters.killing_rate" = "0 1/h" }
remove = { fraction = 0.5, tumour = "flank", region = "core" }
[[events]]
when = "tumour in flank < 1e3 cells"
multiply = { tumours.flank.plasma_flow = 2 }
"""
DOSES = '[[doses]]\ncells = "1e6 cells"\nroute = "intratumoural"'


def test_one_with_a_name_may_be_named_in_doses_and_events():
    tumours, one = '[tumours]\nhost = "flank"\n[tumours.flank]', '[tumour]\nhost = "flank"'
    plain = NAMED.replace("tumours.flank.plasma", "tumour.plasma").replace("tumours.flank.", "")
    plain = plain.replace(' tumour = "flank",', "").replace(" in flank", "")
    named = DOSES + '\ntumour = "flank"'
    time = 'end = "1 h"'
    found = Study.from_text(study(TOP, tumours, NAMED, doses=named, time=time))
    other = Study.from_text(study(TOP, one, plain, doses=DOSES, time=time))
    assert found.table == other.table
    assert found.tumours == {}


def test_what_is_shared_and_what_is_apart():
    own = """[tumours]
host = "flank"
retention = 2
[tumours.left]
host = "liver"
[tumours.left.geometry]
cells = 8
[tumours.left.fields.cart]
initial = { rim = "1 cells/mm^3", core = "2 cells/mm^3" }
[tumours.right.geometry]
shape = "slab"
length = "2 mm"
cells = 5
[tumours.right.kinetics.parameters]
killing_rate = "0.2 1/h"
"""
    top = TOP.replace("[fields.cart]", '[fields.cart]\ninitial = "3 cells/mm^3"')
    found = Study.from_text(study(top, own, time='end = "1 h"')).tumours
    left, right = found["left"].table, found["right"].table
    assert (left.tumour.host, right.tumour.host) == ("liver", "flank")
    assert left.tumour.retention.value == right.tumour.retention.value == 2
    assert (left.geometry.radius.value, left.geometry.cells) == (1.0, 8)
    assert (right.geometry.shape, right.geometry.length.value) == ("slab", 2.0)
    assert left.fields["cart"].initial == {"rim": "1 cells/mm^3", "core": "2 cells/mm^3"}
    assert left.fields["cart"].diffusivity == right.fields["cart"].diffusivity
    assert found["right"].kinetics.parameters["killing_rate"].stated == "0.2 1/h"
    assert found["left"].kinetics.parameters["killing_rate"].stated != "0.2 1/h"
