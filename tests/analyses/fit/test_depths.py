"""Values at depths: an exact profile and its derivatives, numbers found again, and mistakes."""

import numpy as np
import pytest

from cartflow.alone.forward.plan import Number
from cartflow.analyses.fit.run import fit
from cartflow.analyses.fit.sources.study import study_source
from cartflow.core.outcome import InputError

LENGTH, DIFFUSIVITY, RATE = 2.0, 0.1, 0.5
MEAN, WAVE = 100.0, 60.0
STUDY = f"""
title = "a wave that flattens"
[geometry]
shape = "slab"
length = "{LENGTH} mm"
cells = 100
[tumour]
egress_rate = "0 1/day"
[kinetics]
models = ["logistic_growth"]
parameters.growth_rate = "{RATE} 1/day"
parameters.carrying_capacity = "1e30 cells/mm^3"
[fields.cart]
initial = {{ profile = "start.csv", depth = "mm", value = "dense", unit = "cells/mm^3" }}
diffusivity = "{DIFFUSIVITY} mm^2/day"
[solver]
tolerance = 1e-7
[time]
end = "3 days"
"""
KEYS = ("fields.cart.diffusivity", "kinetics.parameters.growth_rate")
NUMBERS = [
    Number(key=KEYS[0], unit="mm^2/day", low=0.01, high=1.0),
    Number(key=KEYS[1], unit="1/day", low=0.05, high=5.0),
]


def wave(times, depths):
    """Return the exact density and its derivatives to diffusivity and growth rate."""
    rate = (np.pi / LENGTH) ** 2
    part = WAVE * np.cos(np.pi * depths / LENGTH) * np.exp((RATE - rate * DIFFUSIVITY) * times)
    whole = MEAN * np.exp(RATE * times) + part
    return whole, np.array([-rate * times * part, times * whole])


@pytest.fixture
def path(tmp_path):
    depths = np.linspace(0.0, LENGTH, 2001)
    rows = [f"{x},{u}" for x, u in zip(depths, wave(0.0, depths)[0], strict=True)]
    (tmp_path / "start.csv").write_text("mm,dense\n" + "\n".join(rows))
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path / "study.toml"


def test_a_profile_and_its_derivatives_are_the_exact_ones(path):
    times = np.repeat([1.0, 2.5], 3)
    depths = np.tile([0.31, 0.944, 1.7], 2)
    source = study_source(path, {}, exact=True)
    run = source.runner({}, NUMBERS, times, depths)
    found = run.run(np.array([DIFFUSIVITY, RATE]), True)
    value, slopes = wave(times, depths)
    # Of second order in the mesh: a hundred cells, half a wave.
    assert found.values["field_cart"] == pytest.approx(value, rel=2e-4)
    for one, two in zip(found.slopes["field_cart"], slopes, strict=True):
        assert one == pytest.approx(two, rel=2e-3, abs=1e-3 * np.abs(two).max())


def test_derivatives_at_depths_in_a_ball_are_those_of_differences(path):
    ball = {"geometry": {"shape": "ball", "radius": "2 mm", "cells": 40}}
    sources = [study_source(path, ball, exact) for exact in (True, False)]
    times, depths = np.array([0.5, 0.5, 2.0]), np.array([0.02, 1.999, 0.7])
    values = np.array([DIFFUSIVITY, RATE])
    one, two = (s.runner({}, NUMBERS, times, depths).run(values, True) for s in sources)
    assert one.values["field_cart"] == pytest.approx(two.values["field_cart"], rel=1e-12)
    size = np.abs(two.slopes["field_cart"]).max(axis=1, keepdims=True)
    apart = np.abs(one.slopes["field_cart"] - two.slopes["field_cart"])
    assert (apart / size).max() < 1e-4


def table(times, depths, value, **more):
    size = len(value)
    return {
        "subject": ["dish"] * size,
        "time [day]": list(times),
        "depth [mm]": list(depths),
        "observable": ["density"] * size,
        "value": list(value),
        "unit": ["cells/mm^3"] * size,
    } | more


def test_numbers_are_found_again_and_each_time_has_its_curve(path):
    times, depths = np.repeat([1.0, 2.0, 3.0], 7), np.tile(np.linspace(0.1, 1.9, 7), 3)
    found = fit(
        path,
        table(times, depths, wave(times, depths)[0]),
        {KEYS[0]: "[0.02, 0.5] mm^2/day", KEYS[1]: "[0.1, 2] 1/day"},
        observables={"density": "field_cart"},
        errors={"density": "normal 5"},
        starts=2,
        profile=False,
        next_value=True,
    )
    assert found.estimates[KEYS[0]] == pytest.approx(DIFFUSIVITY, rel=2e-3)
    assert found.estimates[KEYS[1]] == pytest.approx(RATE, rel=1e-3)
    data = found.dataset
    assert data.sizes["curve"] == 3
    for k, time in enumerate((1.0, 2.0, 3.0)):
        curve = data.isel(curve=k)
        assert set(curve["curve_time"].values) == {time}
        exact = wave(time, curve["curve_depth"].values)[0]
        assert curve["curve_middle"].values == pytest.approx(exact, rel=2e-3)
    # The next value, worked out from the exact slopes: a linear model with two numbers.
    known = np.linalg.inv(wave(times, depths)[1] @ wave(times, depths)[1].T / 25.0)
    ratios = data["curve_narrowing"].values
    for k, time in enumerate((1.0, 2.0, 3.0)):
        slope = wave(time, data["curve_depth"].values[k])[1] / 5.0
        moved = known @ slope
        left = 1.0 - moved**2 / (1.0 + (slope * moved).sum(axis=0)) / np.diag(known)[:, None]
        assert ratios[:2, k] == pytest.approx(np.sqrt(left), rel=2e-3)
    words = [line for line in found.summary_lines() if line.startswith("next")]
    assert all(" at 3 day and " in line for line in words)


@pytest.mark.parametrize(
    ("columns", "observable", "message"),
    [
        ({"depth [mm]": [0.1, ""]}, "field_cart", "row 2: .* its depth is needed"),
        ({"depth [mm]": [0.1, 0.2]}, "in_tumour", "as much at every depth; .* field_cart"),
        ({"depth [mm]": [0.1, 2.3]}, "field_cart", "2.3 mm; the tumour is 2 mm deep"),
        ({"depth [mm]": [0.1, -0.2]}, "field_cart", "row 2, column 'depth': -0.2 is above the rim"),
        ({"depth [mm]": [0.1, 0.1]}, "field_cart", "repeats row 1: .* observable, depth and time"),
        (
            {"depth": [0.1, 0.2], "depth [mm]": None},
            "field_cart",
            "call the column 'depth \\[mm\\]'",
        ),
        ({"depth [h]": [0.1, 0.2], "depth [mm]": None}, "field_cart", "row 1, column 'depth': .*h"),
    ],
)
def test_mistakes_are_named(path, columns, observable, message):
    data = table([1.0, 1.0], [0.1, 0.2], [3.0, 4.0], **columns)
    data = {name: cells for name, cells in data.items() if cells is not None}
    with pytest.raises(InputError, match=message) as error:
        fit(path, data, [f"{KEYS[0]}=[0.02, 0.5] mm^2/day"], observables={"density": observable})
    assert "\n" not in str(error.value)


def test_a_model_has_no_depth():
    data = table([1.0, 2.0], [0.1, 0.2], [3.0, 4.0])
    with pytest.raises(InputError, match=r"as much at every depth; .* nothing that is simulated"):
        fit(
            "logistic_growth", data, ["growth_rate=[0.1, 2] 1/day"], observables={"density": "cart"}
        )


def test_places_as_deep_as_others_are_refused(path):
    hollow = {
        "geometry": {"shape": "hollow_ball", "radius": "2 mm", "inner_radius": "1 mm", "cells": 20}
    }
    data = table([1.0, 2.0], [0.1, 0.2], [3.0, 4.0])
    with pytest.raises(InputError, match="several places of this tumour are as deep"):
        fit(
            path,
            data,
            [f"{KEYS[0]}=[0.02, 0.5] mm^2/day"],
            observables={"density": "field_cart"},
            settings=hollow,
        )
