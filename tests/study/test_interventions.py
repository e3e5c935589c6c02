"""Named interventions: each does in a study what it says, with its numbers or others."""

import re

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.interventions import intervention_names, load_intervention
from cartflow.study.study import Study

STUDY = """
title = "A tumour in a dish"
geometry = { shape = "ball", radius = "0.5 mm", cells = 6 }
tumour = {}
kinetics.models = ["predator_prey_exhaustion", "matrix_degradation", "dexamethasone"]
kinetics.parameters = { growth_rate = "0 1/h", killing_rate = "0 1/h", death_rate = "0.01 1/day" }
fields.tumour.initial = "2e4 cells/mm^3"
time = { end = "4 days", every = "1 day" }
solver.time_check = false
"""
RATE = "kinetics.parameters.exhaustion_rate"


def run(settings, text=STUDY):
    study = Study.from_text(text, settings=settings)
    result = study.run()
    assert str(result.outcome) == "finished"
    return study, result.tree


def event(name, **more):
    return {"events": [{"intervention": name, "time": "1 day", **more}]}


def test_all_that_ship_are_here():
    assert intervention_names() == [
        "checkpoint_inhibitor",
        "debulking",
        "dexamethasone",
        "ecm_enzyme",
        "lymphodepletion",
        "radiotherapy",
        "steroids",
        "tocilizumab",
    ]
    for name in intervention_names():
        own = load_intervention(name)
        assert all(p.source for p in own.numbers.values())
        used = set(re.findall(r"{(\w+)}", str(own.events)))
        blanks = used - set(own.numbers)
        assert used >= set(own.numbers), name
        assert blanks <= set(own.acts_on), name


def tumour(tree):
    volumes = tree["tumour"]["cell_volume"]
    return np.asarray((tree["tumour"]["tumour"] * volumes).sum("r"))


def test_radiotherapy_and_debulking_leave_what_they_say():
    fractions = {"every": "1 day", "numbers": {"dose": "3 Gy", "alpha": "0.1 1/Gy"}}
    study, tree = run(event("radiotherapy", **fractions))
    left = np.exp(-(0.1 * 3 + 0.015 * 9))
    np.testing.assert_allclose(tumour(tree) / tumour(tree)[0], left ** np.arange(5).clip(0, 3))
    assert study.parameters()["events.0.numbers.dose"].value == 3.0
    assert study.parameters()["events.0.numbers.beta"].source == "pedicini2014"
    assert "pedicini2014" in study.references()
    _, tree = run(event("debulking", acts_on={"region": "rim", "species": ["tumour"]}))
    rim = np.asarray(tree["tumour"]["region_rim"], dtype=bool)
    density = np.asarray(tree["tumour"]["tumour"])
    np.testing.assert_allclose(density[-1] / density[0], np.where(rim, 0.1, 1.0))


def test_an_enzyme_is_gone_with_its_half_life_and_takes_the_matrix_with_it():
    _, tree = run(event("ecm_enzyme", numbers={"dose": "2 ng/mm^3", "half_life": "6 h"}))
    time, rate = np.array([0, 0, 1, 2, 3.0]), 4 * np.log(2.0)
    enzyme, ecm = (np.asarray(tree["tumour"][n])[:, 0] for n in ("enzyme", "ecm"))
    np.testing.assert_allclose(enzyme[2:], 2.0 * np.exp(-rate * time[2:]), rtol=1e-4)
    degraded = 2.0 * 2.0 * (1.0 - np.exp(-rate * time)) / rate
    np.testing.assert_allclose(ecm, np.exp(-degraded), rtol=1e-4)


def test_dexamethasone_does_to_cells_what_the_assays_fit_says():
    _, tree = run(event("dexamethasone"))
    half_life, time = 3.33, np.array([0, 0, 24, 48, 72.0])
    met = half_life / np.log(2.0) * (1.0 - np.exp(-np.log(2.0) / half_life * time))
    np.testing.assert_allclose(tumour(tree) / tumour(tree)[0], np.exp(0.25724035 * met), rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "key", "factor"),
    [
        ("checkpoint_inhibitor", RATE, 0.3),
        ("tocilizumab", "kinetics.parameters.proliferation_rate", 1.2),
        ("steroids", "kinetics.parameters.proliferation_rate", 1.0),
    ],
)
def test_a_factor_holds_for_as_long_as_it_says(name, key, factor):
    settings = event(name, numbers={"duration": "36 h"})
    study, tree = run(settings)
    first, second = tree.attrs["events"].split("; ")
    short = key.replace(".parameters", "")
    assert first == f"{short} times {factor} at 1 day"
    assert second == f"{short} times {1 / factor:.6g} at 2.5 day"
    value = study.parameters()[short].value
    for fired, times in (((0,), factor), ((0, 1), 1.0)):
        network = study.events.after(fired).kinetics
        assert network.parameters[key.split(".")[-1]].value == pytest.approx(value * times)
    short_run = {**settings, "time.end": "2 days"}
    assert len(run(short_run)[1].attrs["events"].split("; ")) == 1


def test_lymphodepletion_takes_normal_cells_and_interleukin_7_rises():
    text = STUDY.replace(
        '"predator_prey_exhaustion", "matrix_degradation", "dexamethasone"', '"il7_sink"'
    )
    text = re.sub(r"kinetics.parameters = .*\n|fields.tumour.*\n", "", text)
    start = {
        "fields.normal.initial": "4000 cells/mm^3",
        "fields.il7.initial": "2e-6 ng/mm^3",
    }
    _, tree = run({**start, **event("lymphodepletion")}, text)
    normal, il7 = (np.asarray(tree["tumour"][n])[:, 0] for n in ("normal", "il7"))
    assert il7[1] == pytest.approx(2e-6, rel=1e-6)
    assert normal[1] == pytest.approx(400, rel=1e-6)
    assert il7[-1] > 3 * il7[0]
    assert float(tree["exchange"]["taken_normal"][-1]) == pytest.approx(
        3600 * 4 / 3 * np.pi * 0.5**3
    )


MISTAKES = [
    (event("dexametasone"), "did you mean 'dexamethasone'?"),
    (event("debulking", numbers={"fration": 0.5}), "events.0.numbers: unknown name 'fration'"),
    (event("debulking", numbers={"fraction": "5 mm"}), "events.0.numbers.fraction: '5 mm' has the"),
    (event("debulking", numbers={"fraction": 2}), "events.0.remove.fraction: '2' is not above 0"),
    (event("debulking", acts_on={"organ": "liver"}), "events.0.acts_on: unknown name 'organ'"),
    (event("debulking", acts_on={"region": "cor"}), "unknown name 'cor'; allowed: all, core"),
    (event("debulking", set={RATE: "0 1/day"}), "events.0.set: has no effect beside intervention"),
    (event("radiotherapy", acts_on={"species": ["cells"]}), "unknown name 'cells'"),
    (event("tocilizumab", acts_on={"rate": "kinetics.rate"}), "unknown name 'kinetics.rate'"),
    (event("no.toml"), "no.toml"),
    ({"events": [{"intervention": "debulking"}]}, "events.0: key 'time' is missing"),
    ({"events": [{"time": "1 day", "numbers": {"a": 1}}]}, "numbers: has no effect without"),
    (event("checkpoint_inhibitor", numbers={"factor": 0}), "'0' must be greater than 0"),
]


@pytest.mark.parametrize(("settings", "message"), MISTAKES, ids=[m for _, m in MISTAKES])
def test_a_mistake_is_answered_in_one_line(settings, message):
    with pytest.raises(InputError, match=re.escape(message)) as error:
        _ = Study.from_text(STUDY, settings=settings).prepared
    assert str(error.value).startswith("study: ")


def test_an_intervention_of_ones_own(tmp_path):
    (tmp_path / "cut.toml").write_text(
        'title = "cut"\nevents = [{ remove = { fraction = "{part}" } }]\n'
        'acts_on = { species = ["tumour"] }\nnumbers = { part = 0.25 }\n'
    )
    settings = event(
        "cut.toml", numbers={"part": {"value": 0.5, "source": "s", "standing": "measured"}}
    )
    tree = Study.from_text(STUDY, folder=tmp_path, settings=settings).run().tree
    assert tumour(tree)[-1] / tumour(tree)[0] == pytest.approx(0.5)
