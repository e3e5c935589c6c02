"""A field's start and diffusivity given as arrays: what numbers would do, cell by cell."""

import numpy as np
import pytest

from cartflow import InputError, Study

STUDY = """
title = "Arrays"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[geometry]
shape = "slab"
length = "2 mm"
cells = 20
layers = { near = ["0 mm", "1 mm"], far = ["1 mm", "2 mm"] }
[tumour]
host = "flank"
egress_rate = "0 1/day"
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = { near = "0.02 mm^2/day", far = "0.1 mm^2/day" }
initial = { near = "300 cells/mm^3", far = "0 cells/mm^3" }
[time]
end = "1 day"
every = "0.5 day"
"""
NEAR = np.arange(20) < 10
BOX = """shape = "box"
lengths = ["2 mm", "1 mm"]
cells = [5, 4]
"""


def last(study):
    result = study.run().require_finished()
    return result.tree["tumour/cart"].isel(time=-1).values


def test_arrays_are_the_numbers_of_regions_to_the_bit():
    plain = Study.from_text(
        STUDY,
        settings={
            "fields.cart.diffusivity": "1 mm^2/day",
            "fields.cart.initial": "1 cells/mm^3",
        },
    )
    given = plain.with_field(
        "cart", initial=np.where(NEAR, 300.0, 0.0), diffusivity=np.where(NEAR, 0.02, 0.1)
    )
    np.testing.assert_array_equal(last(given), last(Study.from_text(STUDY)))
    assert given.run().tree.attrs["given_arrays"] == "fields.cart.initial; fields.cart.diffusivity"
    assert "given_arrays" not in plain.run().tree.attrs


def test_a_cosine_decays_as_it_must():
    study = Study.from_text(STUDY, settings={"fields.cart.diffusivity": "0.1 mm^2/day"})
    x = study.geometry.coordinates["x"]
    given = study.with_field("cart", initial=100.0 + 50.0 * np.cos(0.5 * np.pi * x))
    # The second-order mesh's own eigenvalue, 4/h^2 sin^2(k h/2).
    eigenvalue = (2.0 / 0.1 * np.sin(0.25 * np.pi * 0.1)) ** 2
    exact = 100.0 + 50.0 * np.exp(-0.1 * eigenvalue) * np.cos(0.5 * np.pi * x)
    np.testing.assert_allclose(last(given), exact, rtol=1e-6)
    # What else is changed later leaves the arrays where they are.
    again = given.with_settings({"time.every": "0.25 day"})
    np.testing.assert_allclose(last(again), exact, rtol=1e-6)


def test_arrays_may_lie_on_the_grid():
    start = STUDY.index('shape = "slab"')
    text = STUDY[:start] + BOX + STUDY[STUDY.index("[tumour]") :]
    plain = {"fields.cart.diffusivity": "0 mm^2/day", "fields.cart.initial": "1 cells/mm^3"}
    study = Study.from_text(text, settings=plain)
    grid = np.arange(20.0).reshape(study.geometry.active.shape)
    np.testing.assert_array_equal(last(study.with_field("cart", initial=grid)), grid)


@pytest.mark.parametrize(
    ("name", "arrays", "message"),
    [
        ("cat", {"initial": np.ones(20)}, r"with_field: unknown name 'cat'.*'cart'"),
        ("cart", {"initial": np.ones(19)}, r"fields.cart.initial: its shape is \(19,\); needed is"),
        ("cart", {"diffusivity": np.full(20, -1.0)}, "fields.cart.diffusivity: it holds a value"),
        ("cart", {"initial": [np.nan] * 20}, "fields.cart.initial: it holds a value"),
        ("cart", {"initial": "many"}, "fields.cart.initial: no array of numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name, arrays, message):
    with pytest.raises(InputError, match=message):
        Study.from_text(STUDY).with_field(name, **arrays)


def test_arrays_may_hold_no_more_than_a_study_may_say():
    """In the words of a study file, for plain arrays, tensors and arrays that lie somewhere."""
    line = Study.from_text(STUDY)
    words = r"diffusivity: got 2e\+07 mm\^2/day; at most 1e\+07 are possible"
    with pytest.raises(InputError, match=words):
        line.with_field("cart", diffusivity=np.full(20, 2e7))
    with pytest.raises(InputError, match=words):
        _ = Study.from_text(STUDY, settings={"fields.cart.diffusivity": "2e7 mm^2/day"}).prepared
    with pytest.raises(InputError, match=r"initial: got 2e\+15 cell/mm\^3; at most 1e\+15"):
        line.with_field("cart", initial=np.full(20, 2e15))
    assert line.with_field("cart", diffusivity=np.full(20, 1e7)).given
    box = {"shape": "box", "lengths": ["1 mm"] * 3, "cells": [4] * 3}
    study = Study.from_text(STUDY, settings={"geometry": box})
    with pytest.raises(InputError, match=words):
        study.with_field("cart", diffusivity=np.tile(2e7 * np.eye(3), (64, 1, 1)))
    placed = np.full((4, 4, 4), -1.0)
    with pytest.raises(InputError, match=r"diffusivity: 64 voxels.* hold a negative value"):
        study.with_field("cart", diffusivity=(placed, np.diag([0.25, 0.25, 0.25, 1.0])))
