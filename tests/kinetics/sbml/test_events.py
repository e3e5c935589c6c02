"""Events of others against closed forms: triggers, delays, priorities, what is set and when."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError, StepFailed
from cartflow.kinetics.runs import watched
from cartflow.kinetics.runs.trajectory import run
from cartflow.kinetics.sbml.reading import read_foreign

EXACT = {"rtol": 1e-8, "atol": 1e-9}


def decaying(sbml, *events, parameters=()):
    return sbml.document(
        species=sbml.species("S", "initialConcentration='10'"),
        parameters=[sbml.parameter("k", 0.5), sbml.parameter("n", 0, "false"), *parameters],
        reactions=sbml.reaction("r", "S ->", "k*S"),
        events=events,
    )


def test_a_time(course, sbml):
    text = decaying(sbml, sbml.event("e", "time >= 1", {"S": "S/2 + 3"}))
    before = 10 * np.exp(-0.5)
    found = course(text, [0.999999, 1.0, 3.0], "S")[:, 0]
    exact = [10 * np.exp(-0.4999995), before / 2 + 3, (before / 2 + 3) * np.exp(-1.0)]
    np.testing.assert_allclose(found, exact, **EXACT)


def test_a_threshold_again_and_again(course, sbml):
    text = decaying(sbml, sbml.event("e", "S < 1", {"S": "10", "n": "n + 1"}))
    period = np.log(10.0) / 0.5
    times = np.array([0.5, 1.0, 2.0, 5.5]) * period
    found = course(text, times + 1e-9, "S", "n")
    np.testing.assert_allclose(found[:, 1], [0, 1, 2, 5])
    np.testing.assert_allclose(found[[0, 3], 0], np.sqrt(10.0), rtol=1e-7)


@pytest.mark.parametrize(("before", "n"), [("true", 0), ("false", 1)])
def test_what_is_true_at_the_start(course, sbml, before, n):
    text = decaying(sbml, sbml.event("e", "time >= 0", {"n": "n + 1"}, before=before))
    np.testing.assert_allclose(course(text, [0.0, 1.0], "n")[:, 0], n)


@pytest.mark.parametrize(("at_trigger", "time"), [("true", 1.0), ("false", 3.0)])
def test_a_delay_and_whose_values(course, sbml, at_trigger, time):
    text = decaying(
        sbml, sbml.event("e", "time >= 1", {"n": "S"}, delay="2", at_trigger=at_trigger)
    )
    exact = [0, 0, 10 * np.exp(-0.5 * time)]
    np.testing.assert_allclose(course(text, [1.0, 2.99, 3.0], "n")[:, 0], exact, **EXACT)


@pytest.mark.parametrize(("persistent", "n"), [("true", 1), ("false", 0)])
def test_a_trigger_that_turns_false_while_the_event_waits(course, sbml, persistent, n):
    text = decaying(
        sbml,
        sbml.event("e", "time >= 1 && time < 2", {"n": "1"}, delay="1.5", persistent=persistent),
    )
    np.testing.assert_allclose(course(text, [3.0], "n")[:, 0], n)


@pytest.mark.parametrize(("first", "last"), [("2", 20), ("0.5", 10)])
def test_the_higher_priority_comes_first(course, sbml, first, last):
    events = [
        sbml.event("one", "time >= 1", {"n": "10"}, priority=first),
        sbml.event("two", "time >= 1", {"n": "20"}, priority="1"),
    ]
    np.testing.assert_allclose(course(decaying(sbml, *events), [1.0], "n")[:, 0], last)


def test_equals_come_by_lot_and_in_one_order(course, sbml):
    events = [
        sbml.event("one", "time >= 1", {"n": "10"}),
        sbml.event("two", "time >= 1", {"n": "20"}),
    ]
    text = decaying(sbml, *events)
    found = [float(course(text, [2.0], "n")[0, 0]) for _ in range(3)]
    assert found[0] in {10.0, 20.0}
    assert len(set(found)) == 1


def test_values_at_the_time_of_the_trigger_of_two_at_once(course, sbml):
    events = [
        sbml.event("one", "time >= 1", {"n": "m"}),
        sbml.event("two", "time >= 1", {"m": "n"}),
    ]
    text = decaying(sbml, *events, parameters=[sbml.parameter("m", 7, "false")])
    np.testing.assert_allclose(course(text, [1.5], "n", "m")[0], [7, 0])


def test_one_event_sets_all_at_once(course, sbml):
    text = decaying(
        sbml,
        sbml.event("swap", "time >= 1", {"n": "m", "m": "n"}),
        parameters=[sbml.parameter("m", 7, "false")],
    )
    np.testing.assert_allclose(course(text, [1.5], "n", "m")[0], [7, 0])


def test_a_place_that_is_set_keeps_the_amount(course, sbml):
    text = sbml.document(
        places=sbml.place(size="2", constant="false"),
        species=sbml.species("S", "initialConcentration='6'"),
        events=sbml.event("e", "time >= 1", {"c": "8"}),
    )
    np.testing.assert_allclose(course(text, [0.5, 1.5], "S")[:, 0], [6.0, 1.5], **EXACT)


def test_a_condition_that_only_touches_its_threshold(course, sbml):
    # x = sin(t) is above the threshold for 2.8e-4 around each of its 16 peaks in 100.
    text = sbml.document(
        parameters=[sbml.parameter(n, v, "false") for n, v in [("x", 0), ("v", 1), ("n", 0)]],
        rules=sbml.rate("x", "v") + sbml.rate("v", "-x"),
        events=sbml.event("peak", "x > 0.99999999", {"n": "n + 1"}),
    )
    np.testing.assert_allclose(course(text, [100.0], "n")[0], 16)


def test_a_slow_crossing_is_one(course, sbml):
    text = sbml.document(
        parameters=[sbml.parameter("x", 1, "false"), sbml.parameter("n", 0, "false")],
        rules=sbml.rate("x", "-1e-14"),
        events=sbml.event("e", "x < 1 - 1e-13", {"n": "n + 1"}),
    )
    np.testing.assert_allclose(course(text, [20.0], "n")[0], 1)


def test_a_rate_that_jumps(course, sbml):
    text = sbml.document(
        parameters=[sbml.parameter("x", 0, "false"), sbml.parameter("y", 1, "false")],
        rules=sbml.rate("x", "piecewise(1000, time > 2 && time < 2.000001, 0)")
        + sbml.rate("y", "piecewise(-y, x > 0.0005, 0)"),
    )
    found = course(text, [1.0, 5.0], "x", "y")
    np.testing.assert_allclose(found[:, 0], [0.0, 1e-3], rtol=1e-9)
    np.testing.assert_allclose(found[1, 1], np.exp(-3 + 5e-7), rtol=1e-9)


def test_a_branch_without_value_beyond_the_jump(course, sbml):
    # dx/dt = -sqrt(x) until 0.04, where x = (1 - t/2)^2 is at t = 1.6; then -0.2.
    text = sbml.document(
        parameters=sbml.parameter("x", 1, "false"),
        rules=sbml.rate("x", "piecewise(-sqrt(x - 0.04), x > 0.04, -0.2)"),
    )
    found = course(text, [1.0, 3.0], "x")
    start = np.sqrt(0.96)
    np.testing.assert_allclose(found[0, 0], 0.04 + (start - 0.5) ** 2, rtol=1e-8)
    np.testing.assert_allclose(found[1, 0], 0.04 - 0.2 * (3 - 2 * start), rtol=1e-5)


@pytest.mark.parametrize(
    ("trigger", "changes", "more", "message"),
    [
        ("time >= 1", {"k": "1"}, {}, "event e: 'k': it is constant"),
        ("S == 1", {"n": "1"}, {}, "event e: equality of what changes all the time"),
        ("S", {"n": "1"}, {}, "event e: 'S' is taken as true or false"),
        ("time >= 1", {"n": "delay(S, 1)"}, {}, "event e: the formula part 'delay' is not read"),
    ],
)
def test_events_that_are_refused(tmp_path, sbml, trigger, changes, more, message):
    (tmp_path / "f.xml").write_text(decaying(sbml, sbml.event("e", trigger, changes, **more)))
    with pytest.raises(InputError, match=message):
        read_foreign(tmp_path / "f.xml")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"trigger": "S < 9", "changes": {"n": "1"}, "delay": "-1"}, "its delay is -1 days"),
        ({"trigger": "S < 9", "changes": {"n": "1/n"}}, "e: it sets 'n' to what is not a finite"),
        ({"trigger": "S < 9", "changes": {"S": "9"}}, "more than 300 events"),
    ],
)
def test_events_that_stop_a_run(course, sbml, event, message, monkeypatch):
    monkeypatch.setattr(watched, "_MOST_PIECES", 300)
    text = decaying(sbml, sbml.event("e", event.pop("trigger"), event.pop("changes"), **event))
    with pytest.raises(StepFailed, match=message):
        course(text, [3.0], "S")


def test_events_that_never_end_at_one_time(course, sbml):
    events = [
        sbml.event("up", "n < 1", {"n": "2"}, before="false"),
        sbml.event("down", "n > 1", {"n": "0"}),
    ]
    with pytest.raises(StepFailed, match="more than 1000 events at one time"):
        course(decaying(sbml, *events), [3.0], "n")


def test_a_pending_event_beyond_the_end_does_nothing(tmp_path, sbml):
    (tmp_path / "f.xml").write_text(
        decaying(sbml, sbml.event("e", "time >= 1", {"n": "1"}, delay="1000"))
    )
    model = read_foreign(tmp_path / "f.xml").model
    course = run(model, model.scenario())
    assert course.at([100.0])[0, model.network.index("n")] == 0.0
