"""Numbers that nobody has measured: found, and named in few words."""

from cartflow.core.assumed import assumed, assumed_in, in_words
from cartflow.core.dataset import parameter_group
from cartflow.core.parameters import parameter


def _number(standing, source="shah2012"):
    return parameter({"value": "2 mL", "source": source, "standing": standing}, "mm^3")


NUMBERS = {
    "body.brain.volume": _number("measured"),
    "body.liver.volume": _number("assumed"),
    "doses.0.cells": _number("assumed", "study"),
    "tumour.volume": _number("assumed", "assumed"),
}


def test_what_a_network_makes_of_assumed_numbers_is_not_named_again():
    made = {**NUMBERS, "network.liver.extravascular_volume": _number("assumed")}
    assert assumed(made) == assumed(NUMBERS)
    assert sorted(assumed_in(parameter_group(made))) == assumed(NUMBERS)


def test_assumed_are_all_but_the_studys_own():
    assert assumed(NUMBERS) == ["body.liver.volume", "tumour.volume"]
    assert sorted(assumed_in(parameter_group(NUMBERS))) == assumed(NUMBERS)


def test_words_gather_what_is_alike():
    names = ["body.haematocrit", *(f"body.{o}.volume" for o in ("gut", "skin", "bone"))]
    assert in_words(names) == "body: volume of 3 parts, haematocrit"
    assert in_words(["tumour.retention", "body.gut.volume"]) == (
        "tumour: retention; body: gut.volume"
    )
    assert in_words([f"kinetics.{letter}" for letter in "abcdefgh"]).endswith("f, and 2 more")
    marrow = [f"body.bone_marrow.{name}" for name in ("volume", "blood_flow", "lymph_flow")]
    assert in_words(marrow) == "body: 3 numbers of bone_marrow"
    assert in_words([]) == "none"
