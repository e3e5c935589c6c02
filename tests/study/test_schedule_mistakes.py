"""Natural mistakes in events, courses and earlier results: each is answered in one line."""

import re

import numpy as np
import pytest
import xarray as xr

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

STUDY = """
title = "A mouse"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[geometry]
shape = "ball"
radius = "2 mm"
cells = 4
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey", "chemokine"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.chemokine]
diffusivity = "100 um^2/s"
[fields.chemokine.boundaries.rim]
type = "fixed_value"
value = "0 ng/mm^3"
[tissue]
porosity = 0.2
[time]
end = "4 days"
every = "1 day"
"""
FILES = {
    "good": "day,k\n0,1\n4,2\n",
    "empty": "",
    "head": "day,k\n",
    "word": "day,k\n0,1\n# left out\n1,high\n4,2\n",
    "nan": "day,k\n0,1\n4,nan\n",
    "blank": "day,k\n0,1\n4,\n",
    "negative": "day,k\n0,1\n4,-1\n",
    "falls": "day,k\n0,1\n2,1\n1,1\n4,1\n",
    "twice": "day,k\n0,1\n2,1\n2,2\n4,1\n",
    "late": "day,k\n1,1\n4,1\n",
    "short": "day,k\n0,1\n2,1\n",
    "semicolons": "day;k\n0;1\n4;2\n",
    "more": "day,k\n0,1,5\n4,2\n",
    "t": "t,k\n0,1\n4,2\n",
    "columns": "day,k,k\n0,1,1\n4,2,2\n",
    "quote": 'day,k\n0,"1\n4,2\n',
}
K = "kinetics.parameters.killing_rate"
SET = {K: "0 1/h"}


def on_day_1(**event):
    return {"events": [{"time": "1 day", **event}]}


def event(**table):
    return {"events": [{"set": SET, **table}]}


def when(condition):
    return event(when=condition)


def course(name, key=K, **more):
    table = {"course": f"{name}.csv", "time": "day", "value": "k", "unit": "1/h"}
    return {key: {k: v for k, v in {**table, **more}.items() if v is not None}}


def at_once(what, **table):
    return on_day_1(**{what: table})


RAYS = {"dose": "2 Gy", "alpha": "0.1 1/Gy", "beta": "0.01 1/Gy^2", "species": ["tumour"]}

AT_ONCE = [
    (at_once("remove"), "key 'events.0.remove.fraction' is missing"),
    (at_once("remove", fraction=90), "events.0.remove.fraction: '90' is not above 0 and at most 1"),
    (at_once("remove", fraction=0), "'0' is not above 0 and at most 1"),
    (at_once("remove", fraction="1 mm"), "has the dimension length, but a plain number is needed"),
    (
        at_once("remove", fraction=1, region="cor"),
        "remove.region: unknown name 'cor'; allowed: all",
    ),
    (at_once("remove", fraction=1, species=["tumor"]), "did you mean 'tumour'?"),
    (at_once("remove", fraction=1, species="tumour"), "remove.species: Input should be a list"),
    (at_once("remove", fraction=1, species=[]), "a list of at least 1, not of 0"),
    (at_once("remove", fraction=1, species=["cart", "cart"]), "a species is named twice"),
    (at_once("remove", fraction=1, fields=["cart"]), "unknown key 'events.0.remove.fields'; allow"),
    (
        at_once("remove", fraction=1, compartment="blood"),
        "remove.compartment: unknown name 'blood'",
    ),
    (at_once("remove", fraction=1, compartment="venous", region="all"), "not both"),
    (at_once("remove", fraction=1, compartment="venous", species=["tumour"]), "allowed: cart"),
    (at_once("irradiate", **{**RAYS, "dose": "2"}), "but absorbed dose is needed (such as '1 Gy')"),
    (at_once("irradiate", **{**RAYS, "dose": "-2 Gy"}), "'-2 Gy' is below 0"),
    (at_once("irradiate", **{**RAYS, "alpha": "0.1 Gy"}), "but 1/absorbed dose is needed"),
    (at_once("irradiate", **{k: v for k, v in RAYS.items() if k != "beta"}), "beta' is missing"),
    (
        at_once("irradiate", **{**RAYS, "fractions": 5}),
        "unknown key 'events.0.irradiate.fractions'",
    ),
    (at_once("add", species="cart", amount="1 cell"), "is a product; give it as a dose"),
    (at_once("add", species="chemokine", amount="5"), "'5' is a plain number"),
    (at_once("add", species="chemokine", amount="0 ng"), "'0 ng' must be greater than 0"),
    (at_once("add", species="chemokin", amount="1 ng"), "did you mean 'chemokine'?"),
    (at_once("add", species="chemokine"), "key 'events.0.add.amount' is missing"),
    (at_once("add", species="chemokine", amount="1 ng", compartment="venous"), "allowed: cart"),
    (on_day_1(remove={"fraction": 1}, irradiate=RAYS), "has both 'remove' and 'irradiate'"),
]
MISTAKES = [
    *AT_ONCE,
    (event(), "events.0: key 'time' is missing; an event has 'time', 'every' or 'when'"),
    (event(time="7 days"), "events.0.time: '7 days' is not before time.end '4 days'"),
    (event(time="4 days"), "so nothing changes"),
    (event(time="7"), "'7' is a plain number, but time is needed"),
    (event(tim="1 day"), "unknown key 'events.0.tim'; allowed: acts_on, add"),
    ({"events": {"time": "1 day", "set": SET}}, "events: Input should be a list"),
    (on_day_1(), "events.0: changes nothing; give 'set', 'multiply', 'remove', 'i"),
    (on_day_1(set={"kinetics.parameters.kiling_rate": 0}), "did you mean 'kinetics.parameters.kil"),
    (on_day_1(set={"kinetics.killing_rate": "0 1/h"}), "did you mean 'kinetics.parameters.kil"),
    (on_day_1(set={"fields.cart.difusivity": 0}), "did you mean 'fields.cart.diffusivity'"),
    (on_day_1(set={"fields.tumour.diffusivity": 0}), "unknown name 'fields.tumour.diffusivity'"),
    (on_day_1(set={K: "0 mm"}), f"events.0.set.{K}: '0 mm' has the dimension length"),
    (on_day_1(set={K: "-1 1/h"}), "'-1 1/h' is below 0"),
    (on_day_1(set={K: "0"}), "a plain number, but 1/time is needed"),
    (on_day_1(multiply={K: "0.5 1/h"}), "but a plain number is needed"),
    (on_day_1(multiply={K: -1}), f"events.0.multiply.{K}: '-1' is below 0"),
    (on_day_1(set=SET, multiply={K: 2}), f"'{K}' is both set and multiplied"),
    (on_day_1(set={**SET, "kinetics": {"parameters": {"killing_rate": 0}}}), "stands there twice"),
    (on_day_1(set={"geometry.radius": "1 mm"}), "cannot change in a run: the geometry stays"),
    (on_day_1(set={"time.end": "9 days"}), "cannot change in a run: the times of a run"),
    (on_day_1(set={"doses.0.cells": "1 cell"}), "give it a table [[doses]]"),
    (on_day_1(set={"fields.tumour.initial": 0}), "a start is over once the run goes on"),
    (on_day_1(set={"tissue.porosity": 0.5}), "what is dissolved is counted in it"),
    (on_day_1(set={"body.blood_volume": "1 mL"}), "cells in blood are counted in that volume"),
    (on_day_1(set={"solver.tolerance": 1e-3}), "how a run is stepped stays as it is"),
    (on_day_1(set={"tumour.vascular_fraction": 0.1}), "counted in that volume"),
    (on_day_1(set={"tumour.host": "brain"}), "unknown name 'tumour.host'"),
    (on_day_1(set={K: {"course": "good.csv"}}), "unknown key 'course'"),
    (event(every="1 day", until="5 days"), "'5 days' is after time.end '4 days'"),
    (event(time="2 days", every="1 day", until="1 day"), "is before the first time '2 days'"),
    (event(time="1 day", until="2 days"), "events.0.until: has no effect without 'every'"),
    (event(every="0 days"), "events.0.every: '0 days' must be greater than 0"),
    (event(every="1 ms"), "comes to pass more than 10000 times"),
    (event(time="1 day", after="1 day"), "events.0.after: has no effect without 'when'"),
    (event(when="tumour < 1 cell", time="1 day"), "events.0.time: has no effect beside 'when'"),
    (when("tumor < 1e6 cells"), "did you mean 'tumour'?"),
    (when("tumour below 1e6"), "'tumour below 1e6' is not as in \"tumour < 1e6 cells\""),
    (when("tumour <= 1e6 cells"), "is not as in"),
    (when("tumour < 1e6 mm"), "events.0.when: '1e6 mm' has the dimension length"),
    (when("tumour < 0 cells"), "'0 cells' must be greater than 0"),
    (when("cart in bood < 1/uL"), "did you mean 'blood'?"),
    (when("tumour in blood < 1/uL"), "unknown name 'tumour'; allowed: cart"),
    (when("peak cart in blood"), "is not as in"),
    (when("peak of cart in bood"), "did you mean 'blood'?"),
    (when("peak of car in blood"), "unknown name 'car'; allowed: cart"),
    (event(when="peak of cart", since="4 days"), "events.0.since: '4 days' is not before time.end"),
    (event(time="1 day", since="1 day"), "events.0.since: has no effect without 'when'"),
    (course("no"), "no.csv: cannot be read (No such file or directory)"),
    (course("empty"), "empty.csv: holds no rows of numbers"),
    (course("head"), "head.csv: holds no rows of numbers"),
    (course("word"), "word.csv: row 4, column 'k': 'high' is not a number"),
    (course("nan"), "nan.csv: row 3, column 'k': 'nan' is not a finite number"),
    (course("blank"), "blank.csv: row 3, column 'k': '' is not a number"),
    (course("negative"), f"{K}: its value at 4 day is below 0"),
    (course("falls"), "falls.csv: its times do not rise: after 2 comes 1 day"),
    (course("twice"), "twice.csv: its times do not rise: after 2 comes 2 day"),
    (course("late"), "late.csv: begins at 1 day, after the start of the run"),
    (course("short"), "short.csv: ends at 2 day, before time.end (4 day)"),
    (course("semicolons"), "semicolons.csv: its columns are not parted by commas"),
    (course("more"), "more.csv: row 2 has 3 columns, the first 2"),
    (course("t"), "t.csv: column: unknown name 'day'; allowed: k, t"),
    (course("columns"), "columns.csv: has two columns 'k'"),
    (course("quote"), "quote.csv: row 2: unexpected end of data"),
    (course("good", unit="mm"), "has the dimension length, but 1/time is needed"),
    (course("good", unit=None), "key 'unit' is missing; it is that of the values"),
    (course("good", time=None), "key 'time' is missing; it names the column of times"),
    (course("good", value=None), "key 'value' is missing; it names the column of values"),
    (course("good", value="kk"), "unknown name 'kk'; allowed: day, k; did you mean 'k'?"),
    (course("good", time="k"), "key 'time_unit' is missing; the column 'k' does not say its unit"),
    (course("good", time_unit="cm"), "time_unit: 'cm' is no unit of time"),
    (course("good", interpolation="cubic"), "'linear', 'step' or 'pchip' (got 'cubic')"),
    (course("good", tme="day"), "unknown key 'tme'; allowed: course, interpolation"),
    (course("good", course=3), "course: 3 is neither a path nor an xarray.DataArray"),
    (course("good", course="/dev/zero"), "course: '/dev/zero' leads out of the study's folder"),
    (course("good", course="../good.csv"), "course: '../good.csv' leads out of the study's fold"),
    (event(time="1 day", every="6 h", set={}, multiply={K: 1e99}), "inf 1/day is not a finite"),
    (course("good", course="."), "cannot be read (Is a directory)"),
    (course("good", key="geometry.radius", unit="mm"), "geometry.radius: cannot change in a run"),
    (course("good", key="time.end", unit="day"), "time.end: cannot change in a run"),
    (course("good", key="fields.cart.initial", unit="cell/mm^3"), "a start is over"),
    ({**course("good"), **event(time="1 day")}, "cannot change in a run: it has a course"),
    ({"fields.cart.initial": {"result": "no.nc"}}, "no.nc: there is no such file"),
    ({"fields.cart.initial": {"result": "good.csv"}}, "good.csv: not a result of cartflow"),
    ({"fields.cart.initial": {"result": "a.nc", "tme": 1}}, "unknown key 'tme'; allowed: result"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("courses")
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.mark.parametrize(("settings", "message"), MISTAKES, ids=[m for _, m in MISTAKES])
def test_a_mistake_is_answered_in_one_line(folder, settings, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        _ = Study.from_text(STUDY, folder=folder, settings=settings).prepared
    assert str(error.value).startswith("study: ")


def test_an_event_may_not_change_what_a_model_switches(tmp_path):
    model = """
    title = "killing that begins"
    [species.cart]
    role = "phenotype"
    [parameters]
    k = "0 1/day"
    begin = "1 day"
    [reactions.death]
    consumes = { cart = 1 }
    rate = "k*cart"
    [[switches]]
    time = "begin"
    parameters = { k = "1 1/day" }
    """
    (tmp_path / "model.toml").write_text(model)
    for name, value in (("k", "2 1/day"), ("begin", "2 days")):
        settings = {
            "kinetics.models": ["model.toml"],
            "fields": {},
            "events": [{"time": "1 day", "set": {f"kinetics.parameters.{name}": value}}],
        }
        with pytest.raises(InputError, match=f"{name} cannot change in a run: its model switches"):
            _ = Study.from_text(STUDY, folder=tmp_path, settings=settings).prepared


def test_an_array_given_in_place_of_a_number_is_left_alone():
    settings = {"events": [{"time": "1 day", "multiply": {"fields.cart.diffusivity": 2}}]}
    study = Study.from_text(STUDY, settings=settings).with_field("cart", diffusivity=np.ones(4))
    with pytest.raises(InputError, match="an array was given in its place"):
        _ = study.prepared


def test_an_array_without_times_or_unit_is_refused():
    plain = xr.DataArray([1.0, 2.0], dims="time", attrs={"units": "1/h"})
    timed = xr.DataArray([1.0, 2.0], dims="time").assign_coords(
        time=("time", [0.0, 4.0], {"units": "day"})
    )
    for array, message in ((plain, "with the times as coordinate"), (timed, "'unit' is missing")):
        with pytest.raises(InputError, match=message):
            _ = Study.from_text(STUDY, settings={K: {"course": array}}).prepared
    study = Study.from_text(STUDY, settings={K: {"course": timed, "unit": "1/h"}})
    assert study.parameters()["kinetics.killing_rate"].value == pytest.approx(24.0, rel=0.02)
