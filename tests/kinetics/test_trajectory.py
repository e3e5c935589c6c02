"""Courses through events: extinction, jumps, short infusions, against closed forms."""

import numpy as np
import pytest

from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.files.local_model import local_model
from cartflow.kinetics.runs.timeline import timeline
from cartflow.kinetics.runs.trajectory import Trajectory, run
from cartflow.kinetics.runs.watched import watched_pieces

DECAY = """
title = "decay"
[species.cart]
role = "phenotype"
{species}
[species.tumour]
role = "resident"
[parameters]
death_rate = "{rate}"
[reactions.death]
consumes = {{ cart = 1 }}
rate = "death_rate*cart"
{more}
[scenarios.one]
end = "40 days"
initial = {{ cart = "{initial} cell/mm^3" }}
{doses}
"""
DOSE = """
[[scenarios.one.doses]]
species = "cart"
amount = "100 cell/mm^3"
time = "30 days"
duration = "{}"
"""


def course(tmp_path, species="", more="", doses="", rate="0.1 1/day", initial=0):
    path = tmp_path / "mine.toml"
    path.write_text(
        DECAY.format(species=species, more=more, doses=doses, rate=rate, initial=initial)
    )
    model = load_model(path)
    return run(model, model.scenario(), accounts=True)


@pytest.mark.parametrize("duration", ["1 ns", "10 ns", "1 us", "1 s", "1 h", "10 days"])
def test_an_infusion_of_any_length_gives_all_its_cells(tmp_path, duration):
    found = course(tmp_path, doses=DOSE.format(duration))
    days = {"ns": 1e-9, "us": 1e-6, "s": 1.0, "h": 3600.0, "days": 86400.0}
    number, unit = duration.split()
    length = float(number) * days[unit] / 86400.0
    # c(T) = r/k (exp(-k (T - end)) - exp(-k (T - start)))
    exact = 100 / length / 0.1 * np.exp(-0.1 * (10 - length)) * -np.expm1(-0.1 * length)
    assert found.at(40.0)[0, 0] == pytest.approx(exact, rel=1e-8)
    assert found.accounts(40.0)[0, 0].sum() == pytest.approx(100, rel=1e-12)


def test_what_starts_from_nothing_dies_out_when_it_falls_again(tmp_path):
    # Cells appear at a decaying rate and die: c = s t exp(-k t), that falls to c0 at a known time.
    more = """
[reactions.entry]
produces = { cart = 1 }
rate = "death_rate*tumour"
[reactions.loss]
consumes = { tumour = 1 }
rate = "death_rate*tumour"
"""
    path = tmp_path / "mine.toml"
    start = '0 cell/mm^3", tumour = "100'
    species = 'extinct_below = "1 cell/mm^3"'
    path.write_text(
        DECAY.format(species=species, more=more, doses="", rate="1 1/day", initial=start)
    )
    model = load_model(path)
    found = run(model, model.scenario(), accounts=True)
    ends = [p.end for p in found.pieces]
    assert len(ends) == 2
    assert 100 * ends[0] * np.exp(-ends[0]) == pytest.approx(1, rel=1e-6)
    # The rest of the entry goes on from nothing: exactly so many are there a day later.
    after = ends[0] + 1.0
    exact = 100 * np.exp(-after) * 1.0
    assert found.at(after)[0, 0] == pytest.approx(exact, rel=1e-6)
    born, died = found.accounts(after)[0, 1:3, 0]
    assert born - died == pytest.approx(exact, rel=1e-6)


def test_a_start_at_the_threshold_is_no_error(tmp_path):
    found = course(tmp_path, species='extinct_below = "5 cell/mm^3"', initial=5)
    assert found.at(1.0)[0, 0] == 0
    assert found.accounts(1.0)[0, 2, 0] == pytest.approx(5)


JUMPS = """
[[jumps]]
time = "10 days"
multiply = { cart = 0.25 }
[[switches]]
time = "20 days"
parameters = { death_rate = "0.3 1/day" }
"""


def test_jumps_and_switches_of_a_model_act_in_every_scenario(tmp_path):
    found = course(tmp_path, more=JUMPS, initial=80)
    assert found.at(15.0)[0, 0] == pytest.approx(20 * np.exp(-1.5), rel=1e-9)
    assert found.at(40.0)[0, 0] == pytest.approx(20 * np.exp(-2 - 6), rel=1e-8)
    assert found.accounts(10.0)[0, 2, 0] == pytest.approx(80 - 20 * np.exp(-1), rel=1e-9)


def test_a_jump_below_the_threshold_is_the_end(tmp_path):
    species = 'extinct_below = "10 cell/mm^3"'
    found = course(tmp_path, species=species, more=JUMPS, initial=80)
    assert found.at(10.0)[0, 0] == 0
    assert found.accounts(40.0)[0, 2, 0] == pytest.approx(80, rel=1e-9)


def test_nothing_below_zero_is_printed(capsys):
    # Round-off of a fast decay ends at some -1e-22; what is a signal may be far below zero.
    assert main(["simulate", "hardiansyah2019"]) == 0
    assert main(["simulate", "brummer2022"]) == 0
    assert " -" not in capsys.readouterr().out
    assert main(["simulate", "yiu2012"]) == 0
    assert "at the end -0.000150503" in capsys.readouterr().out


def made(tmp_path, name, text):
    path = tmp_path / f"{name}.toml"
    path.write_text(text)
    return load_model(path)


def test_what_acts_beside_reactions_is_combined(tmp_path):
    text = DECAY.format(species="", more=JUMPS, doses="", rate="0.1 1/day", initial=1)
    plain = made(tmp_path, "a", text)
    other = text.replace('role = "phenotype"', 'role = "phenotype"\nextinct_below = "3 cell/mm^3"')
    other = other.replace("reactions.death", "reactions.other_death")
    both = local_model([plain, made(tmp_path, "b", other)])
    assert [change.time for change in both.changes()] == [10.0, 20.0]
    assert both.changes()[0].factors == {"cart": 0.0625}
    assert both.extinction["cart"].value == 3.0
    assert both.numbers()["extinction.cart"].stated == "3 cell/mm^3"
    assert both.numbers()["events.0.death_rate"].value == 0.3
    with pytest.raises(InputError, match=r"switches: 'death_rate' becomes '0.3 1/day' and"):
        local_model([plain, made(tmp_path, "c", other.replace("0.3 1", "0.4 1"))]).changes()
    third = other.replace("3 cell/mm^3", "4 cell/mm^3").replace("other_death", "third")
    with pytest.raises(InputError, match=r"extinct_below '3 cell/mm.3' in one network, '4 cell"):
        local_model([made(tmp_path, "b", other), made(tmp_path, "d", third)])


def test_a_threshold_in_cells_stays_one_of_the_whole():
    thresholds = local_model([load_model("barros2021")]).extinction
    assert {(p.value, p.unit) for p in thresholds.values()} == {(1e-6, "cell")}
    assert load_model("barros2021").extinction["cart"].value == pytest.approx(1e-9)


def test_what_dies_out_within_less_than_a_digit_of_the_time(tmp_path):
    """Killed at 1e26 per day the cells are gone within 1e-25 day of the dose, not after the run."""
    model = made(
        tmp_path,
        "fast",
        """
title = "very many cells on day 1"
[species.cart]
role = "phenotype"
unit = "cell/mm^3"
[species.tumour]
role = "resident"
unit = "cell/mm^3"
extinct_below = "1 cell/mm^3"
[parameters]
killing = "1 mm^3/cell/day"
growth = "0.5 1/day"
[reactions.growth]
produces = { tumour = 1 }
rate = "growth*tumour"
[reactions.killing]
consumes = { tumour = 1 }
rate = "killing*cart*tumour"
[scenarios.one]
end = "2 day"
initial = { tumour = "100 cell/mm^3" }
[[scenarios.one.doses]]
species = "cart"
amount = "1e26 cell/mm^3"
time = "1 day"
""",
    )
    cells = run(model, model.scenario()).at(np.array([0.999, 1.0 + 1e-9, 2.0]))
    assert cells[:, 0] == pytest.approx([0.0, 1e26, 1e26], rel=1e-12)
    assert cells[:, 1] == pytest.approx([100.0 * np.exp(0.4995), 0.0, 0.0], rel=1e-8)


def test_a_reaction_far_faster_than_the_run_is_long_is_found_its_first_step(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        """
title = "a pair that meets at once"
[species.first]
role = "signal"
unit = "1"
initial = 1e12
[species.second]
role = "signal"
unit = "1"
initial = 1e12
[parameters]
meeting = "1e3 1/day"
[reactions.pairs]
consumes = { first = 1, second = 1 }
rate = "meeting*first*second"
[scenarios.one]
end = "1 day"
"""
    )
    model = load_model(path)
    plan = timeline(model, model.scenario())
    watched = Trajectory(network=plan.network, pieces=watched_pieces(model, plan, 1e-10))
    times = np.array([1e-15, 1e-9, 1e-3, 1.0])
    # dn/dt = -k n^2: n = n0/(1 + n0 k t)
    exact = 1e12 / (1.0 + 1e15 * times)
    found = run(model, model.scenario())
    np.testing.assert_allclose(found.at(times)[:, 0], exact, rtol=1e-6)
    # Where rates may jump, a state is followed to 1e-20 of its largest.
    np.testing.assert_allclose(watched.at(times)[:, 0], exact, rtol=1e-6, atol=1e-8)
