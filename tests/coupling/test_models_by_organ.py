"""Different models in different organs: each happens where it is said, and nowhere else."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.study.study import Study

BODY = """
title = "Any study"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{ cells = "1e6 cells" }]
time = { end = "3 days", every = "1 day" }
solver.tolerance = 1e-10
"""
TURN = """
title = "cells that turn"
[species.cart]
role = "phenotype"
[species.{name}]
role = "resident"
initial = 1e3
unit = "{unit}"
[parameters.k]
value = "{k}"
source = "assumed"
standing = "assumed"
[reactions.turning]
{side} = {{ {name} = 1 }}
rate = "{rate}"
[reactions.death]
consumes = {{ cart = 1 }}
rate = "0.1*k*cart"
"""


def model(path, name, side, k="0.5 1/day", unit="cell/mm^3", rate=None):
    text = TURN.format(name=name, side=side, k=k, unit=unit, rate=rate or f"k*{name}")
    path.write_text(text)


def in_organs(**models):
    return {f"organs.{organ}.kinetics.models": each for organ, each in models.items()}


def test_closed_forms_where_a_model_acts_and_nothing_where_it_does_not(tmp_path):
    model(tmp_path / "falls.toml", "tumour", "consumes")
    model(tmp_path / "grows.toml", "normal", "produces", k="2 1/day")
    settings = in_organs(bone_marrow=["falls.toml"], spleen=["grows.toml"], liver=["falls.toml"])
    settings["organs.liver.kinetics.parameters.k"] = "1 1/day"
    study = Study.from_text(BODY, folder=tmp_path, settings=settings)
    tree = study.run().tree
    body, time = tree["body"], np.arange(4.0)
    tumour, normal = body["density_tumour"].values.T, body["density_normal"].values.T
    np.testing.assert_allclose(tumour[0], 1e3 * np.exp(-0.5 * time), rtol=1e-8)
    np.testing.assert_allclose(normal[1], 1e3 * np.exp(2.0 * time), rtol=1e-8)
    np.testing.assert_allclose(tumour[2], 1e3 * np.exp(-1.0 * time), rtol=1e-8)
    assert not tumour[1].any()
    assert not normal[[0, 2]].any()
    balance = tree["balance"]
    assert float(np.abs(balance["residual_total"]).max()) <= 1e-12 * 1e6
    numbers = study.parameters()
    assert numbers["organs.spleen.kinetics.k"].value == 2.0
    assert not any("acts_here" in name for name in numbers)


def test_they_are_one_model_whose_rates_are_zero_elsewhere(tmp_path):
    first = ["predator_prey"]
    second = ["b_cells"]
    zero = {
        "bone_marrow": ("b_supply", "b_death_rate", "b_killing_constant", "cart_death_rate"),
        "spleen": ("growth_rate", "killing_rate", "proliferation_rate", "death_rate"),
    }
    units = {"b_supply": "cell/mm^3/day", "b_killing_constant": "mm^3/cell/day"}
    settings = in_organs(bone_marrow=[*first, *second], spleen=[*first, *second])
    for organ, names in zero.items():
        key = f"organs.{organ}.kinetics.parameters"
        settings |= {f"{key}.{name}": f"0 {units.get(name, '1/day')}" for name in names}
    settings["organs.bone_marrow.kinetics.parameters.b_proliferation_rate"] = "0 1/day"
    start = {"organs.bone_marrow.initial.tumour": "2e4 cells/mm^3"}
    union = Study.from_text(BODY, settings={**settings, **start}).run().tree["body"]
    apart = in_organs(bone_marrow=first, spleen=second)
    other = Study.from_text(BODY, settings={**apart, **start}).run().tree["body"]
    np.testing.assert_allclose(other["cells"].values, union["cells"].values, rtol=1e-7, atol=1e-6)
    for name, site in (("tumour", 0), ("b_cell", 1)):
        a, b = (each[f"density_{name}"].values[:, site] for each in (other, union))
        np.testing.assert_allclose(a, b, rtol=1e-7)


def test_events_and_jumps_act_in_the_organ_that_they_name(tmp_path):
    model(tmp_path / "falls.toml", "tumour", "consumes")
    model(tmp_path / "grows.toml", "normal", "produces", k="2 1/day")
    settings = in_organs(bone_marrow=["falls.toml"], spleen=["grows.toml"])
    settings["events"] = [
        {"time": "1 day", "set": {"organs.spleen.kinetics.parameters.k": "0 1/day"}},
        {"time": "2 days", "remove": {"fraction": 0.5, "compartment": "spleen_tissue"}},
    ]
    body = Study.from_text(BODY, folder=tmp_path, settings=settings).run().tree["body"]
    normal = body["density_normal"].values[:, 1]
    np.testing.assert_allclose(
        normal / 1e3, np.exp(2) * np.array([np.exp(-2), 1, 0.5, 0.5]), rtol=1e-8
    )
    tumour = body["density_tumour"].values[:, 0]
    np.testing.assert_allclose(tumour, 1e3 * np.exp(-0.5 * np.arange(4)), rtol=1e-8)


def test_what_cannot_stand_side_by_side_is_refused(tmp_path):
    model(tmp_path / "one.toml", "tumour", "consumes")
    rate = "k*tumour*tumour"
    model(tmp_path / "unit.toml", "tumour", "consumes", k="1 mm^3/cell/day", rate=rate)
    model(tmp_path / "role.toml", "tumour", "consumes", unit="1")
    text = TURN.replace("0.1*k*cart", "k*cart*cart").format(
        name="tumour", side="consumes", k="1 mm^3/cell/day", unit="cell/mm^3", rate=rate
    )
    (tmp_path / "unit.toml").write_text(text)
    for other, message in (
        ("unit.toml", "organs.spleen.kinetics: 'k' is in mm.3/cell/day, but in 1/day in another"),
        ("role.toml", "organs.spleen.kinetics: 'tumour' is a resident in 1, but a resident in"),
    ):
        settings = in_organs(bone_marrow=["one.toml"], spleen=[other])
        with pytest.raises(InputError, match=message):
            _ = Study.from_text(BODY, folder=tmp_path, settings=settings).prepared
    settings = in_organs(bone_marrow=["predator_prey"], spleen=["b_cells"])
    for key, message in (
        ("organs.spleen.kinetics.parameters.killing_rate", "organs.spleen.kinetics.*killing_rate"),
        ("organs.spleen.initial.tumour", "organs.spleen.initial: unknown name 'tumour'"),
    ):
        with pytest.raises(InputError, match=message):
            _ = Study.from_text(BODY, settings={**settings, key: "1 1/day"}).prepared


def test_what_is_killed_by_organ_is_what_is_missing_there():
    settings = in_organs(liver=["off_tumour"], lung=["off_tumour"], bone_marrow=["predator_prey"])
    for organ, share in (("liver", 0.2), ("lung", 0.0)):
        key = f"organs.{organ}"
        settings |= {
            f"{key}.initial.healthy": "1e5 cells/mm^3",
            f"{key}.kinetics.parameters.recovery_rate": "0 1/day",
            f"{key}.kinetics.parameters.exposed_share": share,
        }
    body = Study.from_text(BODY, settings=settings).run().tree["body"]
    healthy, killed = body["density_healthy"].values, body["density_killed"].values
    np.testing.assert_allclose((healthy + killed)[:, :2], 1e5, rtol=1e-9)
    assert killed[-1, 0] > 1.0
    assert not killed[:, 1].any()
