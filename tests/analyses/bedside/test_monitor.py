"""A patient's posterior against closed forms, fine quadrature, and simulated patients."""

import numpy as np
import pytest
from scipy import stats

from cartflow import InputError, fit_mixed, monitor
from cartflow.alone.forward.run import Forward
from cartflow.cli import main
from cartflow.core.dataset import read_tree

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
NORMAL = """
[population.varied."initial.tracer"]
distribution = "normal"
mean = 100
sd = 15
[errors]
tracer = "normal 8"
"""
PAIR = """
[population.varied.loss]
distribution = "log-normal"
median = "0.1 1/day"
log_sd = 0.6
[population.varied.initial]
tracer = { distribution = "log-normal", median = 100, log_sd = 0.4 }
[[population.correlations]]
between = ["loss", "initial.tracer"]
coefficient = -0.5
[errors]
tracer = "lognormal 0.25"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "decay.toml").write_text(DECAY)
    (tmp_path / "normal.toml").write_text(NORMAL)
    (tmp_path / "pair.toml").write_text(PAIR)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(values, times, name="one", **more):
    count = len(values)
    columns = {
        "subject": [name] * count,
        "time [day]": list(times),
        "observable": ["tracer"] * count,
        "value": list(values),
        "unit": ["1"] * count,
    }
    return columns | {key: [value] * count for key, value in more.items()}


def weighted(dataset, name, k=0):
    """Mean and standard deviation of a number after the values."""
    weights = dataset["draw_weight"].values[k]
    values = dataset["draw_value"].values[k, :, dataset["parameter"].values.tolist().index(name)]
    mean = weights @ values
    return mean, np.sqrt(weights @ (values - mean) ** 2)


def test_a_line_with_normal_errors_has_its_closed_form(folder):
    times, values = np.array([1.0, 4.0, 9.0]), np.array([110.0, 80.0, 45.0])
    found = monitor(
        "decay.toml", table(values, times), "20 day", population_file="normal.toml", draws=3000
    ).dataset
    design = np.exp(-0.1 * times)
    variance = 1.0 / (1.0 / 15.0**2 + np.sum(design**2) / 8.0**2)
    mean = variance * (100.0 / 15.0**2 + design @ values / 8.0**2)
    got_mean, got_sd = weighted(found, "initial.tracer")
    size = float(found["effective_size"].values[0])
    assert abs(got_mean - mean) < 4.0 * np.sqrt(variance / size)
    assert abs(got_sd / np.sqrt(variance) - 1.0) < 4.0 / np.sqrt(2.0 * size)
    days = found["time"].values
    wide = 1.6448536 * np.sqrt(variance) * np.exp(-0.1 * days)
    for part, side in (("low", -1.0), ("high", 1.0)):
        wanted = mean * np.exp(-0.1 * days) + side * wide
        away = (found[f"course_{part}"].values[0, 0] - wanted) / wide
        # A 5 % quantile's own error is 2.1 standard deviations over the root of the draws.
        assert np.abs(away).max() < 4.0 * 2.1 / 1.645 / np.sqrt(size)


def on_a_grid(values, times, lloq=None, points=801):
    """The posterior of the pair of log-normal numbers on a fine grid: logs and weights."""
    axes = [np.linspace(-6.0, 6.0, points)] * 2
    one, two = np.meshgrid(*axes, indexing="ij")
    loss = np.log(0.1) + 0.6 * one
    start = np.log(100.0) + 0.4 * two
    square = (one**2 + one * two + two**2) / 0.75  # correlation -0.5
    logs = -0.5 * square
    for value, time in zip(values, times, strict=True):
        middle = start - np.exp(loss) * time
        if lloq is not None and value < lloq:
            logs += stats.norm.logcdf((np.log(lloq) - middle) / 0.25)
        else:
            logs -= 0.5 * ((np.log(value) - middle) / 0.25) ** 2
    weights = np.exp(logs - logs.max())
    return np.exp(loss), np.exp(start), weights / weights.sum()


@pytest.mark.parametrize("lloq", [None, 30.0])
def test_two_numbers_have_the_posterior_of_quadrature(folder, lloq):
    times, values = [2.0, 5.0, 8.0], [90.0, 40.0, 22.0]
    more = {} if lloq is None else {"lloq": lloq}
    found = monitor(
        "decay.toml",
        table(values, times, **more),
        "30 day",
        population_file="pair.toml",
        below=["tracer=5"],
        draws=3000,
    ).dataset
    loss, start, weights = on_a_grid(values, times, lloq)
    size = float(found["effective_size"].values[0])
    for name, grid in (("loss", loss), ("initial.tracer", start)):
        mean = np.sum(weights * grid)
        sd = np.sqrt(np.sum(weights * (grid - mean) ** 2))
        got_mean, got_sd = weighted(found, name)
        assert abs(got_mean - mean) < 4.0 * sd / np.sqrt(size), name
        assert got_sd == pytest.approx(sd, rel=0.1), name
    # It falls below 5 on the day ln(start/5)/loss.
    by = found["chance_by"].values[0, 0]
    for place in (90, 120, 150, 180):
        day = found["time"].values[place]
        truth = np.sum(weights[np.log(start / 5.0) / loss <= day])
        assert abs(by[place] - truth) < 4.0 * found["chance_by_error"].values[0, 0, place] + 2e-3


def test_without_values_that_tell_anything_the_prior_stays(folder):
    found = monitor(
        "decay.toml",
        table([100.0], [0.0]),
        "10 day",
        population_file="pair.toml",
        errors={"tracer": "lognormal 1000"},
        draws=1000,
        below=["tracer=30"],
    ).dataset
    before, after = found["prior_chance_by"].values[0, 0, -1], found["chance_by"].values[0, 0, -1]
    assert abs(before - after) < 4.0 * np.hypot(
        found["chance_by_error"].values[0, 0, -1], found["prior_chance_by_error"].values[0, 0, -1]
    )
    assert found["prior_median"].values[0] == pytest.approx([0.1, 100.0])
    assert found["prior_high"].values[0] == pytest.approx(
        [0.1 * np.exp(0.6 * 1.6448536), 100.0 * np.exp(0.4 * 1.6448536)]
    )


def test_seeds_repeat_to_the_bit_for_any_threads_and_beside_others(folder):
    both = table([90.0, 40.0], [2.0, 5.0])
    other = table([60.0, 50.0], [2.0, 5.0], name="two")
    joined = {key: both[key] + other[key] for key in both}
    given = {"population_file": "pair.toml", "draws": 400, "seed": 7}
    one = monitor("decay.toml", joined, "10 day", threads=1, **given).dataset
    four = monitor("decay.toml", joined, "10 day", threads=4, **given).dataset
    alone = monitor("decay.toml", other, "10 day", threads=2, **given).dataset
    for name in one.data_vars:
        np.testing.assert_array_equal(one[name].values, four[name].values)
    np.testing.assert_array_equal(one["draw_weight"].values[1], alone["draw_weight"].values[0])


def covered(patients, draws, seed):
    """Simulated patients of the prior: whether bands hold, chances and what came."""
    random = np.random.default_rng(seed)
    root = np.linalg.cholesky(np.array([[1.0, -0.5], [-0.5, 1.0]]))
    scores = random.standard_normal((patients, 2)) @ root.T
    loss, start = 0.1 * np.exp(0.6 * scores[:, 0]), 100.0 * np.exp(0.4 * scores[:, 1])
    times = np.array([1.0, 4.0])
    columns = {}
    for k in range(patients):
        truth = start[k] * np.exp(-loss[k] * times)
        rows = table(truth * np.exp(0.25 * random.standard_normal(2)), times, name=f"p{k}")
        columns = {key: columns.get(key, []) + rows[key] for key in rows}
    found = monitor(
        "decay.toml",
        columns,
        "20 day",
        population_file="pair.toml",
        below=["tracer=10"],
        draws=draws,
    ).dataset
    days = found["time"].values[[60, 120, 180]]
    true = start[:, None] * np.exp(-loss[:, None] * days)
    low, high = (found[f"course_{p}"].values[:, 0][:, [60, 120, 180]] for p in ("low", "high"))
    return (true >= low) & (true <= high), found["chance_by"].values[:, 0, -1], true[:, -1] < 10.0


def require_calibrated(inside, chance, came):
    patients = len(came)
    # Of 90 % bands, within what chance does to as many patients (1 in 1000).
    least, most = stats.binom.interval(0.999, patients, 0.9)
    for day in inside.T:
        assert least <= day.sum() <= most
    # Events come as often as foretold, in all and weighted by what was foretold (Spiegelhalter).
    spread = np.sqrt(np.sum(chance * (1.0 - chance)))
    assert abs(np.sum(came - chance)) < 3.5 * spread
    weight = 1.0 - 2.0 * chance
    score = np.sum((came - chance) * weight)
    assert abs(score) < 3.5 * np.sqrt(np.sum(weight**2 * chance * (1.0 - chance)))


def test_patients_of_the_prior_are_told_with_the_right_confidence(folder):
    require_calibrated(*covered(40, 300, 11))


@pytest.fixture
def closed_form(monkeypatch):
    """Runs without slopes in closed form: half a million are stepped in an hour, so in minutes."""
    stepped, compared = Forward.run, []

    def run(self, values, times, slopes=True):
        if slopes:
            return stepped(self, values, times, slopes)
        start, stretches = self.plan.at(values)
        states = start * np.exp(-stretches[0].parameters[0] * times)[:, None]
        if len(compared) < 5:
            compared.append(stepped(self, values, times, False)[0])
            np.testing.assert_allclose(states, compared[-1], rtol=1e-6)
        return states, np.empty((0, *states.shape))

    monkeypatch.setattr(Forward, "run", run)


@pytest.mark.slow
def test_many_patients_of_the_prior_are_told_with_the_right_confidence(folder, closed_form):
    inside, chance, came = covered(400, 1000, 12)
    require_calibrated(inside, chance, came)
    for low in np.linspace(0.0, 0.8, 5):
        here = (chance >= low) & (chance < low + 0.2)
        spread = np.sqrt(np.sum(chance[here] * (1.0 - chance[here])))
        assert abs(np.sum(came[here] - chance[here])) < 3.5 * spread


def test_a_fit_is_a_population(folder):
    random = np.random.default_rng(4)
    columns = {}
    times = np.array([1.0, 4.0, 8.0])
    for k in range(10):
        weight = 50.0 + 5.0 * k
        loss = 0.1 * (weight / 70.0) ** 0.75 * np.exp(0.3 * random.standard_normal())
        truth = 100.0 * np.exp(-loss * times) * np.exp(0.1 * random.standard_normal(3))
        rows = table(truth, times, name=f"s{k}", weight=f"{weight} kg")
        columns = {key: columns.get(key, []) + rows[key] for key in rows}
    fitted = fit_mixed(
        "decay.toml",
        columns,
        ["loss=[0.01, 1] 1/day"],
        ["loss"],
        covariates={"loss": ["(weight/70)^0.75"]},
        points=1,
        starts=1,
        simulations=0,
    )
    fitted.write("cohort.nc")
    more = {"population_file": "cohort.nc", "draws": 200}
    found = monitor("decay.toml", table([95.0], [1.0], weight="140 kg"), "10 day", **more).dataset
    typical = fitted.estimates["loss"] * 2.0**0.75
    assert found["prior_median"].values[0] == pytest.approx([typical])
    assert found["deviation"].values == pytest.approx(fitted.dataset["omega"].values)
    sd = fitted.estimates["sd of tracer"]
    assert found.attrs["errors"] == f'{{"tracer": "lognormal {sd!r}"}}'
    fitted.dataset.drop_vars("omega").to_netcdf("spoilt.nc")
    with pytest.raises(InputError, match=r"spoilt.nc: lacks what a population's fit holds"):
        monitor(
            "decay.toml", table([95.0], [1.0]), "10 day", **more | {"population_file": "spoilt.nc"}
        )
    with pytest.raises(InputError, match="covariate"):
        monitor("decay.toml", table([95.0], [1.0]), "10 day", **more)
    with pytest.raises(InputError, match="is a fit of 'decay', and not of 'brummer2022'"):
        monitor("brummer2022", table([95.0], [1.0], weight="70 kg"), "10 day", **more)


def test_the_command_writes_draws_and_says_what_it_is(folder, capsys):
    rows = table([90.0, 40.0], [2.0, 5.0])
    lines = [",".join(rows)] + [",".join(map(str, row)) for row in zip(*rows.values(), strict=True)]
    (folder / "patient.csv").write_text("\n".join(lines))
    words = ["monitor", "decay.toml", "--data", "patient.csv", "--until", "20 days", "--quiet"]
    words += ["--population", "pair.toml", "--below", "tracer=5", "--draws", "200"]
    assert main(words) == 0
    assert "not for treatment decisions" in capsys.readouterr().out
    attrs = read_tree(folder / "decay_monitor.nc").attrs
    assert attrs["comment"] == "research only, not for treatment decisions"
    assert main(["plot", "decay_monitor.nc", "--out", "again.png"]) == 0
    assert main(["report", "decay_monitor.nc"]) == 0
    assert "not for treatment decisions" in (folder / "decay_monitor.html").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"until": "1 day"}, "is before the last value of data, on day 5"),
        ({"until": "20 mm"}, "--until: '20 mm' has the dimension"),
        ({"until": -3}, "--until -3: must be above 0"),
        ({"population_file": None}, "how patients differ is needed once"),
        ({"spread": ["loss=0.5"]}, "how patients differ is needed once"),
        ({"population_file": "none.toml"}, "none.toml"),
        ({"population_file": None, "spread": ["loss"]}, "written is KEY=CV"),
        ({"population_file": None, "spread": ["loss=-1"]}, "no coefficient of variation above 0"),
        ({"population_file": None, "spread": ["los=0.5"]}, "did you mean 'loss'"),
        ({"population_file": None, "spread": ["loss=0.5"]}, "give --error 'tracer=lognormal 0.3'"),
        ({"errors": {"tracer": "lognormal"}}, "give --error 'tracer=lognormal 0.3'"),
        ({"errors": {"blood": "lognormal 1"}}, "has no observable 'blood'"),
        ({"below": ["tracer"]}, "--below tracer: written is QUANTITY=VALUE UNIT"),
        ({"below": ["trace=1"]}, "did you mean 'tracer'"),
        ({"above": ["tracer=1 cell"]}, "is in 'cell'"),
        ({"relapse": ["tracer=0"]}, "the threshold must be above 0"),
        ({"draws": 10}, "draws: got 10; it must be a whole number from 200"),
        ({"correlations": ["loss,kill=0.5"]}, "'kill' does not differ between patients"),
        ({"correlations": ["loss=0.5"]}, "written is A,B=COEFFICIENT"),
        ({"correlations": {"loss,initial.tracer": 1.5}}, "lie between -1 and 1"),
        ({"scenario": "two"}, "two"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder, change, message):
    given = {"until": "20 day", "population_file": "pair.toml", "draws": 200} | change
    with pytest.raises(InputError, match=message):
        monitor("decay.toml", table([90.0, 40.0], [2.0, 5.0]), **given)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[population]\nvaried = {}", "holds no number"),
        ('[population.varied.kill]\ndistribution = "normal"', "has no such number"),
        ('[population.varied.loss]\ndistribution = "uniform"', "known here are log-normal"),
        (
            '[population.varied.loss]\ndistribution = "log-normal"\nmedian = "1 mm"\ncv = 1',
            "population.varied.loss.median",
        ),
        (
            '[population.varied.loss]\ndistribution = "log-normal"\nmedian = "1 1/day"',
            "'cv' or 'log_sd'",
        ),
    ],
)
def test_what_is_wrong_in_a_population_file_is_said(folder, text, message):
    (folder / "bad.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        monitor("decay.toml", table([90.0], [2.0]), "20 day", population_file="bad.toml")
