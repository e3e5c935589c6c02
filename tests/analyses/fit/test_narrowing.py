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


DECAY = """
title = "Decay"
references = []
species.tracer = { role = "signal", unit = "1", long_name = "tracer" }
parameters.loss = { value = "0.1 1/day", source = "assumed", standing = "assumed" }
[reactions.lost]
consumes = { tracer = 1 }
rate = "loss*tracer"
[scenarios.one]
title = "One"
source = "assumed"
standing = "assumed"
end = "10 day"
initial = { tracer = 100.0 }
"""
ERROR = 2.0  # of a value


def straight(folder, days, expression, vary, **more):
    """A line over the tracer, 100 exp(-t/10), fitted to values on it, with what is next."""
    (folder / "decay.toml").write_text(DECAY)
    values = [20.0 + 0.5 * 100 * np.exp(-0.1 * day) for day in days]
    many = len(days)
    columns = {
        "subject": ["one"] * many,
        "time": list(days),
        "time_unit": ["day"] * many,
        "observable": ["line"] * many,
        "value": values,
        "unit": ["1"] * many,
        "replicate": [str(k) for k in range(many)],
    }
    return fit(
        folder / "decay.toml",
        columns,
        vary,
        observables={"line": expression},
        errors={"line": f"normal {ERROR}"},
        starts=2,
        profile=False,
        next_value="until 10 days",
        threads=1,
        **more,
    )


def regressed(days):
    """The covariance of a line's base and slope over the tracer, after values on these days."""
    tracer = 100 * np.exp(-0.1 * np.asarray(days, dtype=float))
    design = np.array([np.ones_like(tracer), tracer]).T
    return ERROR**2 * np.linalg.inv(design.T @ design)


def test_a_value_that_opens_a_direction_makes_known_what_regression_says(tmp_path):
    # Two values on the same day tell one combination of a line's two numbers.
    days = [2.0, 2.0]
    found = straight(
        tmp_path, days, "base + slope*tracer", ["base=linear:[-100, 100]", "slope=linear:[-5, 5]"]
    )
    dataset = found.dataset
    assert np.isnan(dataset["standard_error"].values).all()
    assert np.isnan(dataset["curve_narrowing"].values).all()
    times, opened = dataset["curve_time"].values[0], dataset["curve_opened"].values[:, 0]
    # Another value on that day leaves it open.
    assert np.isnan(opened[:, times == 2.0]).all()
    for place in range(0, len(times), 17):
        expected = np.sqrt(np.diag(regressed([*days, times[place]])))
        np.testing.assert_allclose(opened[:, place], expected, rtol=1e-4)
    last = found.summary_lines()[-2:]
    for name, line, wide in zip(("base", "slope"), last, opened, strict=True):
        best = times[np.nanargmin(wide)]
        said = f"next          {name}: line of one at {best:.4g} day, standard error not known -> "
        assert line == f"{said}{np.nanmin(wide):.3g}"


def test_what_is_known_narrows_while_others_stay_open(tmp_path):
    vary = ["loss=linear:[0.01, 1] 1/day", "one=linear:[-5, 5]", "two=linear:[-5, 5]"]
    found = straight(tmp_path, [1.0, 2.0, 4.0, 8.0], "20 + (one + two)*tracer", vary).dataset
    assert np.isfinite(found["standard_error"].values).tolist() == [True, False, False]
    # No value tells the two apart; the loss narrows as if they were one number.
    assert np.isnan(found["curve_opened"].values).all()
    times = found["curve_time"].values[0]
    days = np.array([1.0, 2.0, 4.0, 8.0])

    def wide(at):
        tracer = 100 * np.exp(-0.1 * at)
        design = np.array([-0.5 * at * tracer, tracer]).T
        return np.linalg.inv(design.T @ design)[0, 0] ** 0.5

    expected = [wide(np.append(days, time)) / wide(days) for time in times]
    np.testing.assert_allclose(found["curve_narrowing"].values[0, 0], expected, rtol=1e-4)


def test_a_value_tells_of_a_scale_and_an_offset_too(tmp_path):
    days = [1.0, 3.0, 4.0]
    line = straight(
        tmp_path, days, "slope*tracer", ["slope=linear:[-5, 5]"], offset=["line"]
    ).dataset
    times = line["curve_time"].values[0]
    before = regressed(days)[1, 1]
    expected = [np.sqrt(regressed([*days, time])[1, 1] / before) for time in times]
    np.testing.assert_allclose(line["curve_narrowing"].values[0, 0], expected, rtol=1e-4)
    # The line is 0.5 (40 + tracer), of which the scale is solved for.
    scaled = straight(
        tmp_path, days, "base + tracer", ["base=linear:[-100, 100]"], scale=["line"]
    ).dataset

    def base(at):
        tracer = 100 * np.exp(-0.1 * np.asarray(at))
        design = np.array([0.5 * np.ones_like(tracer), 40 + tracer]).T
        return np.linalg.inv(design.T @ design)[0, 0] ** 0.5

    expected = [base([*days, time]) / base(days) for time in times]
    np.testing.assert_allclose(scaled["curve_narrowing"].values[0, 0], expected, rtol=1e-4)


def test_a_number_that_changes_nothing_is_not_made_known(tmp_path):
    vary = ["base=linear:[-100, 100]", "initial.tracer=linear:[50, 150]", "gone=linear:[-5, 5]"]
    found = straight(tmp_path, [1.0, 3.0, 4.0], "base + 0.5*tracer + 0*gone", vary)
    assert "next          gone: no one value of what was measured makes it known" in (
        found.summary_lines()
    )
    dataset = found.dataset
    assert np.isfinite(dataset["standard_error"].values).tolist() == [True, True, False]


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
