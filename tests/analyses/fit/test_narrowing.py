"""The value that narrows a number most: what is foretold, against fits with that value added."""

import numpy as np
import pytest

from cartflow.alone.simulate import simulate
from cartflow.analyses.fit.run import fit
from cartflow.cli import main
from cartflow.core.outcome import InputError

SCENARIO = "pbt1_cart_0125"
VARY = ["growth_rate=[0.02, 2] 1/h", "killing_constant=[0.04, 4] 1/h", "crowding=[0.05, 5]"]
COLUMNS = ("subject", "time", "time_unit", "observable", "value", "unit")


def rows(names, times):
    """Values that the model gives, without scatter."""
    course = simulate("brummer2022", SCENARIO).course
    for name in names:
        for time, value in zip(times, course.at(times)[:, course.network.index(name)], strict=True):
            yield ("well", float(time), "day", name, float(value), "1")


def fitted(table, errors, **more):
    columns = dict(zip(COLUMNS, map(list, zip(*sorted(table, key=lambda row: row[1]), strict=True)),
                       strict=True))  # fmt: skip
    shared = {"scenario": SCENARIO, "starts": 1, "profile": False, "threads": 1}
    return fit("brummer2022", columns, VARY, errors=errors, **shared, **more)


@pytest.mark.parametrize("kind", ["lognormal 0.1", "normal 0.02"])
def test_one_more_value_narrows_as_foretold(kind):
    # With these errors the curvature of values on the curve is the information that is expected.
    errors = dict.fromkeys(("tumour", "cart"), kind)
    table = list(rows(("tumour", "cart"), np.linspace(0.5, 5.0, 6)))
    first = fitted(table, errors, next_value=True)
    before = first.dataset
    ratios = before["curve_narrowing"].values
    assert np.all(ratios[:, :, 1:] < 1.0)
    for parameter in range(3):
        curve, point = np.unravel_index(np.nanargmin(ratios[parameter]), ratios.shape[1:])
        name = str(before["curve_observable"].values[curve])
        time = float(before["curve_time"].values[curve, point])
        value = float(before["curve_middle"].values[curve, point])
        after = fitted([*table, ("well", time, "day", name, value, "1")], errors).dataset
        seen = after["standard_error"].values / before["standard_error"].values
        assert seen == pytest.approx(ratios[:, curve, point], rel=5e-3)
        line = first.summary_lines()[parameter - 3]
        assert line.startswith(f"next          {VARY[parameter].split('=')[0]}: {name} of well at ")
        told = float(line.split(" -> ")[1])
        assert told == pytest.approx(float(after["standard_error"].values[parameter]), rel=1e-2)


def test_a_later_value_narrows_as_foretold():
    errors = dict.fromkeys(("tumour", "cart"), "normal 0.02")
    table = list(rows(("tumour", "cart"), np.linspace(0.25, 2.5, 6)))
    before = fitted(table, errors, next_value="until 5 days").dataset
    assert float(before["curve_time"].max()) == 5.0
    ratios = before["curve_narrowing"].values
    late = np.where(before["curve_time"].values > 2.5, ratios[1], np.nan)
    curve, point = np.unravel_index(np.nanargmin(late), late.shape)
    name = str(before["curve_observable"].values[curve])
    time, value = (float(before[k].values[curve, point]) for k in ("curve_time", "curve_middle"))
    after = fitted([*table, ("well", time, "day", name, value, "1")], errors).dataset
    seen = after["standard_error"].values / before["standard_error"].values
    assert seen == pytest.approx(ratios[:, curve, point], rel=5e-3)


@pytest.mark.parametrize("text", ["until", "until 5", "to 5 days", "until 5 mm", "until -1 day"])
def test_until_when_is_asked_for_in_words(text):
    table = list(rows(("tumour", "cart"), np.linspace(0.5, 5.0, 6)))
    with pytest.raises(InputError, match=r"--next: .*write such as 'until 60 days'"):
        fitted(table, {}, next_value=text)


def test_nothing_is_foretold_of_what_has_a_scale_or_stays_open():
    table = list(rows(("tumour",), np.linspace(0.5, 5.0, 6)))
    scaled = fitted(table, {"tumour": "normal 0.05"}, scale=["tumour"], next_value=True)
    assert np.isnan(scaled.dataset["curve_narrowing"].values).all()
    assert "growth_rate: not known, or told by what has a scale" in scaled.summary_lines()[-3]


def test_nothing_is_said_that_was_not_asked_for():
    table = list(rows(("tumour", "cart"), np.linspace(0.5, 5.0, 6)))
    plain = fitted(table, dict.fromkeys(("tumour", "cart"), "lognormal 0.1"))
    assert "curve_narrowing" not in plain.dataset
    assert not any(line.startswith("next") for line in plain.summary_lines())


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (["problem.yaml"], "--next is not known beside a PEtab problem"),
        (["brummer2022", "--random", "crowding"], "--next is not known beside --random"),
        (["brummer2022", "conte2025"], "--next is of one model, to all values"),
        (["brummer2022", "--hold-back", "after 2 days"], "--next is of one model, to all values"),
    ],
)
def test_where_it_is_not_known_it_is_refused(what, said, capsys):
    data = [] if what == ["problem.yaml"] else ["--data", "assay.csv"]
    assert main(["fit", *what, *data, "--next"]) == 2
    assert said in capsys.readouterr().err
