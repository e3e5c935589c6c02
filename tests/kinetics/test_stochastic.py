"""Exact and hybrid runs against closed forms of birth and death."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError, StepFailed
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.runs.hybrid import BirthDeath, hybrid_runs, per_cell_rates, sample
from cartflow.kinetics.runs.stochastic import exact_runs
from cartflow.kinetics.runs.trajectory import run

MODEL = """
title = "birth and death"
compartment_volume = "1 mL"
[species.cells]
role = "resident"
stochastic_below = "50 cell"
[parameters]
b = "1 1/day"
d = "1.5 1/day"
[reactions.birth]
produces = { cells = 1 }
rate = "b*cells"
[reactions.death]
consumes = { cells = 1 }
rate = "d*cells"
[scenarios.few]
end = "2 days"
initial = { cells = "5 cell" }
[scenarios.many]
end = "8 days"
initial = { cells = "500 cell" }
"""


def made(tmp_path, text=MODEL):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_model(path)


def extinction(b, d, t, cells):
    e = np.exp((b - d) * t)
    return ((d * (e - 1)) / (b * e - d)) ** cells


def within(found, p, runs, deviations=4.0):
    return abs(found - p) <= deviations * np.sqrt(p * (1 - p) / runs)


def test_gillespie_dies_out_as_often_as_the_closed_form_says(tmp_path):
    model = made(tmp_path)
    runs = 2000
    counts = exact_runs(
        model, model.scenario("few"), np.array([0.0, 1.0, 2.0]), runs, np.random.default_rng(7)
    )
    assert counts.numbers.shape == (runs, 3, 1)
    assert (counts.numbers[:, 0, 0] == 5).all()
    assert within(counts.extinct(0), extinction(1.0, 1.5, 2.0, 5), runs)
    mean, var = 5 * np.exp(-1.0), 5 * 5 * np.exp(-1.0) * (1 - np.exp(-1.0))
    assert abs(counts.numbers[:, 2, 0].mean() - mean) <= 4 * np.sqrt(var / runs)


def test_a_seed_gives_the_same_runs(tmp_path):
    model = made(tmp_path)
    one, two, other = (
        exact_runs(model, model.scenario("few"), np.array([1.0]), 5, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.numbers, two.numbers)
    assert (one.numbers != other.numbers).any()


def test_doses_and_survival_at_their_times(tmp_path):
    extra = """
[[scenarios.few.doses]]
species = "cells"
amount = "1000 cell"
time = "1 day"
[[scenarios.few.jumps]]
time = "1.5 day"
multiply = { cells = 0.5 }
"""
    text = MODEL.replace('"1 1/day"', '"0 1/day"').replace('"1.5 1/day"', '"0 1/day"') + extra
    model = made(tmp_path, text)
    counts = exact_runs(
        model, model.scenario("few"), np.array([0.5, 1.2, 2.0]), 50, np.random.default_rng(0)
    ).numbers[:, :, 0]
    assert (counts[:, 0] == 5).all()
    assert (counts[:, 1] == 1005).all()
    assert abs(counts[:, 2].mean() - 502.5) < 5 * np.sqrt(1005 / 4 / 50)


def test_hybrid_agrees_with_the_closed_form(tmp_path):
    model = made(tmp_path)
    runs = 2000
    found = hybrid_runs(model, model.scenario("many"), runs, np.random.default_rng(3))
    assert found.since == pytest.approx(np.log(500 / 50) / 0.5, abs=0.05)
    expected = extinction(1.0, 1.5, 8.0 - found.since, found.numbers[0, 0])
    assert found.probability[-1] == pytest.approx(expected, rel=1e-4)
    assert within(found.extinct(), expected, runs)


def test_hybrid_of_a_population_that_stays_large(tmp_path):
    model = made(tmp_path, MODEL.replace('"1.5 1/day"', '"0.5 1/day"'))
    assert hybrid_runs(model, model.scenario("many"), 3, np.random.default_rng(0)) is None


@pytest.mark.parametrize("scenario", ["slow", "median"])
def test_kimmel_cures_as_often_as_the_closed_form_says(scenario):
    model = load_model("kimmel2021")
    runs = 2000
    found = hybrid_runs(model, model.scenario(scenario), runs, np.random.default_rng(11))
    p = found.probability[-1]
    assert 0.5 < p < 1.0
    assert within(found.extinct(), p, runs)
    # Published: most cures between days 20 and 80, rarely up to 140.
    cures = found.times_of_extinction()
    assert np.mean((cures > 20) & (cures < 80)) > 0.5
    assert np.mean(cures > 140) < 0.01


def test_time_dependent_rates_are_sampled_exactly():
    times = np.linspace(0, 6, 1201)
    rates = BirthDeath(times=times, births=0.8 + 0 * times, deaths=1.2 + 0.8 * np.sin(2 * times))
    runs = 5000
    numbers = sample(rates, 10, 1000, runs, np.random.default_rng(5))
    for place in (300, 700, 1200):
        p = rates.extinction(10)[place]
        assert within(np.mean(numbers[:, place] == 0), p, runs)
    growth = np.exp(rates.growth()[-1])
    spread = numbers[:, -1].std() / np.sqrt(runs)
    assert abs(numbers[:, -1].mean() - 10 * growth) <= 4 * spread


def test_critical_birth_and_death():
    times = np.linspace(0, 2, 11)
    rates = BirthDeath(times=times, births=np.ones(11), deaths=np.ones(11))
    numbers = sample(rates, 1, 100, 5000, np.random.default_rng(2))
    assert within(np.mean(numbers[:, -1] == 0), 2 / 3, 5000)


def once(model, end=1.0, scenario=None, most_events=10**6):
    scenario, generator = model.scenario(scenario), np.random.default_rng(0)
    return exact_runs(model, scenario, np.array([end]), 1, generator, most_events)


def test_a_mass_has_no_whole_numbers():
    with pytest.raises(InputError, match="'il6' is a mass, which has no whole numbers"):
        once(load_model("il6_release"))


def test_hybrid_needs_a_threshold():
    model = load_model("predator_prey")
    with pytest.raises(InputError, match="no species has 'stochastic_below'"):
        hybrid_runs(model, model.scenario(), 1, np.random.default_rng(0))


def test_half_a_cell(tmp_path):
    model = made(tmp_path, MODEL.replace('"5 cell"', '"5.5 cell"'))
    with pytest.raises(InputError, match=r"the start of 5\.5 is no whole number"):
        once(model)


def test_immigration_is_no_birth(tmp_path):
    text = MODEL.replace('"b*cells"', '"b*cells + b*s"')
    species = '[species.s]\nrole = "resident"\ninitial = 1\n[species.cells]'
    model = made(tmp_path, text.replace("[species.cells]", species))
    course = run(model, model.scenario("few"))
    with pytest.raises(InputError, match=r"reactions\.birth: not in proportion to 'cells'"):
        per_cell_rates(course, "cells", np.array([0.0, 1.0]))


def test_too_many_events(tmp_path):
    with pytest.raises(StepFailed, match="more than 100 events in a run"):
        once(made(tmp_path), 8.0, "many", 100)
