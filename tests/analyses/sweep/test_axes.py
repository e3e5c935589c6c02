"""How axes are written, and what is said of those that cannot be."""

import numpy as np
import pytest
from studies import half_a_day

from cartflow import InputError, Study, sweep
from cartflow.analyses.sweep.asked import Asked, prepared
from cartflow.analyses.sweep.axes import read_text
from cartflow.analyses.sweep.choices import Interval

STUDY = half_a_day()


@pytest.fixture(scope="module")
def study():
    return Study.from_text(STUDY)


def test_values_keep_the_unit_they_were_given_in():
    (found,) = read_text("fields.cart.diffusivity=1, 2,4 um^2/min").choices
    assert found.numbers == (1.0, 2.0, 4.0)
    assert found.unit == "um^2/min"
    assert found.settings == ("1.0 um^2/min", "2.0 um^2/min", "4.0 um^2/min")


def test_spaced_values_have_exact_ends_and_few_digits():
    (found,) = read_text("a=log:1:16:5 um^2/min").choices
    assert found.numbers == (1.0, 2.0, 4.0, 8.0, 16.0)
    (found,) = read_text("a=linear:0.1:0.5:5").choices
    assert found.numbers == (0.1, 0.2, 0.3, 0.4, 0.5)
    (found,) = read_text("a=log:1e-3:1e3:7 1/day").choices
    np.testing.assert_allclose(found.numbers, 10.0 ** np.arange(-3, 4), rtol=1e-13)


def test_whole_numbers_and_words_stay_what_they_are():
    assert read_text("geometry.cells=25,50").choices[0].settings == (25, 50)
    assert read_text("solver.extrapolate=true,false").choices[0].settings == (True, False)
    assert read_text("trafficking.name=khot2019,singh2020").choices[0].numbers is None


def test_ranges():
    assert read_text("a.b=log:0.5..2 1/day") == Interval(
        key="a.b", bounds=(0.5, 2.0), unit="1/day", evenly_in_log=True
    )
    assert read_text("a.b=-1..2") == Interval(key="a.b", bounds=(-1.0, 2.0), unit="1")
    assert read_text("a.b") == Interval(key="a.b")


def test_keys_that_vary_together_have_a_name_and_labels():
    axis = read_text("tissue: tight, loose; a.b=1,2 mm; c=x,y")
    assert (axis.name, axis.labels, axis.size) == ("tissue", ("tight", "loose"), 2)
    assert [each.key for each in axis.choices] == ["a.b", "c"]
    assert read_text("t:; a=1,2; b=3,4").labels is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; written is KEY=1,2,4 UNIT"),
        (";;", "is empty"),
        ("=1,2", "'' is no key of a study"),
        ("a b=1,2", "'a b' is no key of a study"),
        ("a=", "a: there are no values"),
        ("a=1,,2", "a: '' is no value"),
        ("a=1,2 mm,3 s", "the values have the units mm, s; give one"),
        ("a=1 mm,2", "the values have the units 1, mm; give one"),
        ("a=nan,1", "nan is not a finite number"),
        ("a=1e999", "inf is not a finite number"),
        ("a=1,2 furlongs^^", "is not a unit"),
        ("a=logs:1:16:5", "'logs:' is no spacing; allowed: linear, log; did you mean 'log'"),
        ("a=log:1:16", "must be log:LOW:HIGH:COUNT and a unit"),
        ("a=log:1:16:5:7", "must be log:LOW:HIGH:COUNT and a unit"),
        ("a=log:0:16:5", "begins at 0; evenly in log it must be above 0"),
        ("a=log:16:1:5", "goes from 16 to 1; it must rise"),
        ("a=log:1:16:5.5 mm", "the count is 5.5; it must be whole, from 2 to 10000"),
        ("a=linear:1:2:1000000000", "the count is 1e\\+09; it must be whole"),
        ("a=log:1 mm:16 mm:5", "the unit comes last, after the count"),
        ("a=linear:x:2:3", "'x' is not a number with a unit"),
        ("a=2..1", "goes from 2 to 1; it must rise"),
        ("a=1 s..2 mm", "the ends have the units s and mm; give one, last"),
        ("a=log:-1..2", "begins at -1; evenly in log"),
        ("a=x..y", "'x' is not a number with a unit"),
        ("a=" + "1," * 60_000, "is longer than 100000 letters; give --table"),
        ("t: x,y; a=1,2,3", "must have as many values: t has 2, a has 3"),
        ("t: x,x; a=1,2", "labels must be different words"),
        ("t: x,y; a=1..2", "need values, not ranges"),
        ("t: x,y", "need values, not ranges"),
        ("a=1,2; a=3,4", "a: a key is given twice"),
        ("a=1\x1b[2J", "is no value|not a unit"),
        ("a=__import__('os').system('true')", "no study|is no value|sweep"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(study, text, message):
    with pytest.raises(InputError, match=message) as error:
        sweep(study, [text])
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1010


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "nothing varies; give --over, --table, --bodies or --trafficking"),
        ({"over": {"kinetics.killing_rat": [1.0]}}, "did you mean 'kinetics.killing_rate'"),
        ({"over": {"fields.cart.difusivity": "1 um^2/min"}}, "did you mean '?.*diffusivity'"),
        ({"over": {"fields.cart.diffusivity": [1.0]}}, "'1' is a plain number, but"),
        ({"over": {"fields.cart.diffusivity": "1 um"}}, "has the dimension length, but length"),
        ({"over": {"geometry.radius": "1..2 mm"}}, "geometry.radius: a range needs --sample N"),
        ({"over": {"geometry.radius": "1,2 mm", "geometry": {"a": {"geometry.radius": "1 mm"}}}},
         "geometry.radius: varies along two axes"),
        ({"over": {"a": {"x": {"b": 1}, "y": {"c": 1}}}}, "a: y must give a value to the key"),
        ({"over": {"a": {}}}, "over: a: has no case; give tables of values by label"),
        ({"over": {"a": 3}}, "got 3; it must be a list of values or text"),
        ({"over": {1: [2]}}, "over: key: got 1; it must be text"),
        ({"bodies": ["mouse_28g", "mouse_28g"]}, "--bodies: .* must be different names"),
        ({"bodies": ["mouse"]}, "body.*mouse.*did you mean"),
        ({"sample": 0}, "--sample: got 0; it must be a whole number from 1"),
        ({"sample": 4, "seed": -1}, "--seed: got -1"),
        ({"sample": 4, "sampling": "sobel"}, "did you mean 'sobol'"),
        ({"sample": 4, "table": {"geometry.radius": ["1 mm"]}}, "either --table or --sample"),
        ({"over": {"geometry.radius": "1,2 mm"}, "outcomes": ["dept"]}, "did you mean 'depth'"),
        ({"over": {"geometry.radius": "1,2 mm"}, "outcomes": []}, "no outcome is chosen"),
        ({"over": {"geometry.radius": "1,2 mm"}, "courses": ["tumour"]}, "--course: unknown name"),
        ({"over": {"time.end": "1,2 day"}, "courses": ["in_tumour"]}, "same times in every member"),
        ({"over": {"doses.0.cells": "1 cell", "kinetics.killing_rate": "linear:1:2:9999 1/day",
                   "geometry.radius": "linear:1:2:9999 mm"}}, "at most 1000000 are possible"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(study, asked, message):
    with pytest.raises(InputError, match=message):
        sweep(study, **asked)


def test_axes_are_named_by_the_last_word_or_the_whole_key(study):
    over = {
        "doses.0.cells": "1e6 cells",
        "fields.cart.diffusivity": "1 um^2/min",
        "fields.cart.hindrance.tortuosity": [1.0],
        "tissue.hindrance.tortuosity": [1.0],
        "time.end": "1 day",
    }
    task = prepared(study, Asked(over=over, bodies=["mouse_28g"], trafficking=["khot2019"]))
    assert [axis.name for axis in task.plan.axes] == [
        "body", "trafficking", "doses_0_cells", "diffusivity",
        "fields_cart_hindrance_tortuosity", "tissue_hindrance_tortuosity", "end",
    ]  # fmt: skip


def test_what_it_takes_in_memory_is_said_and_bounded(study):
    over = {
        "kinetics.killing_rate": "linear:1:2:1000 1/day",
        "geometry.radius": "linear:1:2:900 mm",
    }
    asked = Asked(over=over, outcomes=["depth"])
    task = prepared(study, asked)
    assert task.layout.bytes(task.plan.count) == 900_000 * 108
    long = study.with_settings({"time.every": "2 s"})
    with pytest.raises(InputError, match=r"numbers each take 156 GB of memory; at most 4 GB"):
        prepared(long, Asked(over=over, courses=["in_tumour"], outcomes=["depth"]))
