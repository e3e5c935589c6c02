"""Compiled runs of a model alone: states against LSODA's, derivatives against differences."""

import numpy as np
import pytest

from cartflow.alone.forward.plan import Number
from cartflow.alone.forward.run import forward
from cartflow.alone.settings import chosen_scenario
from cartflow.core.outcome import InputError
from cartflow.kinetics.files.load import load_model
from cartflow.kinetics.runs.trajectory import run


def numbers_of(model, scenario, keys):
    """Numbers about their values in a scenario, in internal units."""
    found, values = [], []
    for key in keys:
        kind, _, rest = key.partition(".")
        if kind == "initial":
            value = scenario.initial[rest].value
            unit = scenario.initial[rest].unit
        elif kind == "doses":
            dose = scenario.events[0]
            number = dose.amount if rest.endswith("amount") else dose.moment.time
            value, unit = number.value, number.unit
        else:
            number = scenario.parameters.get(key, model.network.parameters[key])
            value, unit = number.value, number.unit
        found.append(Number(key=key, unit=unit, low=0.5 * value, high=2.0 * value))
        values.append(value)
    return found, np.array(values)


CASES = [
    (
        "brummer2022",
        "pbt1_cart_0125",
        ["growth_rate", "killing_constant", "death_rate", "initial.tumour"],
        np.linspace(0.1, 5.7, 9),
    ),
    # A dose that moves, and cells that die out: both move what comes after.
    (
        "barros2021",
        "hdlm2_elimination",
        ["doses.0.amount", "doses.0.time", "killing_constant"],
        np.array([10.0, 41.9, 43.0, 50.0, 90.0, 200.0]),
    ),
]


@pytest.mark.parametrize(("name", "scenario", "keys", "times"), CASES)
def test_states_and_derivatives_are_those_of_fine_runs(name, scenario, keys, times):
    model = load_model(name)
    chosen = chosen_scenario(model, scenario, {})
    numbers, values = numbers_of(model, chosen, keys)
    states, slopes = forward(model, scenario, {}, numbers).run(values, times)
    expected = run(model, chosen).present(times)
    size = expected.max(axis=0)
    assert states == pytest.approx(expected, rel=1e-6, abs=1e-9 * size.max())
    without, none = forward(model, scenario, {}, numbers).run(values, times, slopes=False)
    assert np.array_equal(without, states)
    assert none.shape == (0, *states.shape)
    fine = forward(model, scenario, {}, numbers, tolerance=1e-11)

    def at(k, part):
        moved = values.copy()
        moved[k] *= 1.0 + part
        return fine.run(moved, times, slopes=False)[0]

    for k, value in enumerate(values):
        step = 1e-4
        close, far = at(k, step) - at(k, -step), at(k, 2 * step) - at(k, -2 * step)
        difference = (8.0 * close - far) / (12.0 * step * value)
        allowed = 2e-6 * np.abs(difference).max(axis=0)
        assert np.all(np.abs(slopes[k] - difference) <= allowed + 1e-6 * size / value)


def test_units_of_numbers_are_those_that_are_given():
    model = load_model("barros2021")
    per_day = [Number(key="growth_rate", unit="1/day", low=0.01, high=0.1)]
    per_hour = [Number(key="growth_rate", unit="1/h", low=0.01 / 24, high=0.1 / 24)]
    times = np.array([5.0, 40.0])
    one, slope = forward(model, None, {}, per_day).run(np.array([0.05]), times)
    two, other = forward(model, None, {}, per_hour).run(np.array([0.05 / 24]), times)
    # The tumour; of T cells there is nothing but round-off yet.
    assert one[:, 2] == pytest.approx(two[:, 2], rel=1e-10)
    assert 24 * slope[..., 2] == pytest.approx(other[..., 2], rel=1e-9)


def test_what_has_no_derivatives_and_what_bends_is_refused():
    model = load_model("barros2021")
    late = [Number(key="doses.0.time", unit="day", low=10.0, high=1000.0)]
    with pytest.raises(InputError, match=r"doses\.0\.time: within its range it changes"):
        forward(model, None, {}, late)
