"""Fits of data made by the models themselves: estimates, intervals, what is open, what is kept."""

import json

import numpy as np
import pytest
import xarray as xr

from cartflow.alone.simulate import simulate
from cartflow.analyses.fit.run import fit
from cartflow.cli import main
from cartflow.core.outcome import InputError

VARY = [
    "growth_rate=[0.02, 2] 1/h",
    "crowding=[0.05, 5]",
    "killing_constant=[0.04, 4] 1/h",
    "stimulation_constant=[0.004, 0.4] 1/h",
    "death_rate=[0.002, 0.2] 1/h",
]
TRUTH = [0.230303627, 0.558779003, 0.399998831, 0.046346801, 0.023015543]
SCENARIO = "pbt1_cart_0125"


def table(observables, times, seed, spread=0.1, subject="well", settings=None):
    """Simulated values with log-normal scatter, of the killing assay's model."""
    course = simulate("brummer2022", SCENARIO, settings).course
    random = np.random.default_rng(seed)
    columns = {k: [] for k in ("subject", "time", "time_unit", "observable", "value", "unit")}
    for name in observables:
        values = course.at(times)[:, course.network.index(name)]
        values = values * np.exp(spread * random.standard_normal(len(times)))
        for time, value in zip(times, values, strict=True):
            row = (subject, float(time), "day", name, float(value), "1")
            for column, cell in zip(columns.values(), row, strict=True):
                column.append(cell)
    return columns


@pytest.fixture(scope="module")
def both():
    return table(["tumour", "cart"], np.linspace(0.2, 5.7, 25), 3)


@pytest.fixture(scope="module")
def fitted(both):
    return fit("brummer2022", both, VARY, scenario=SCENARIO, starts=3, threads=2)


def test_estimates_are_near_the_truth_and_intervals_hold_it(fitted):
    dataset = fitted.dataset
    estimate = dataset["estimate"].values[:5]
    away = np.log(estimate / TRUTH) / dataset["relative_error"].values[:5]
    assert np.abs(away).max() < 3.0
    low, high = dataset["interval_95"].values[:5].T
    assert np.sum((low < TRUTH) & (high > TRUTH)) >= 4
    assert np.all(dataset["start_converged"].values == 1)
    assert np.ptp(dataset["start_loss"].values) < 1e-5
    assert fitted.dataset.attrs["rank"] == 7


def test_the_likelihood_is_that_of_log_normal_values(fitted):
    from scipy import stats

    dataset = fitted.dataset
    sigma = {"tumour": fitted.estimates["sd of tumour"], "cart": fitted.estimates["sd of cart"]}
    spread = np.array([sigma[name] for name in dataset["observable"].values])
    law = stats.lognorm(spread, scale=dataset["predicted"].values)
    expected = -2.0 * law.logpdf(dataset["value"].values).sum()
    assert dataset.attrs["minus_two_log_likelihood"] == pytest.approx(expected, rel=1e-10)
    assert dataset.attrs["aic"] == pytest.approx(expected + 14.0)
    assert dataset.attrs["bic"] == pytest.approx(expected + 7.0 * np.log(50))
    # The best size of errors is the root of the mean square of residuals.
    for name in sigma:
        assert (dataset["residual"].values[dataset["observable"].values == name] ** 2).mean() == (
            pytest.approx(1.0, rel=1e-3)
        )


def test_gradient_and_curvature_are_those_of_differences(fitted):
    problem, inner = fitted.problem, fitted.best.inner + 0.05
    here = problem.evaluate(inner)
    for k in range(len(inner)):
        moved = np.eye(len(inner))[k] * 1e-5
        up, down = (problem.evaluate(inner + way * moved, False).loss for way in (1, -1))
        assert here.gradient[k] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-3)


def test_threads_change_no_bit_and_the_seed_repeats(both, fitted):
    again = fit("brummer2022", both, VARY, scenario=SCENARIO, starts=3, threads=1)
    for name in ("start_estimate", "estimate", "profile_rise", "curve_low"):
        assert np.array_equal(again.dataset[name], fitted.dataset[name], equal_nan=True), name


def test_differences_in_place_of_derivatives_come_to_the_same(both, fitted):
    rough = fit("brummer2022", both, VARY, scenario=SCENARIO, starts=1, profile=False, exact=False)
    assert list(rough.estimates.values()) == pytest.approx(
        list(fitted.estimates.values()), rel=1e-3
    )


def test_a_scale_is_solved_for_and_what_it_hides_is_named():
    alone = {"initial.cart": 0.0}
    data = table(["tumour"], np.linspace(0.1, 3.0, 20), 8, settings=alone)
    data["value"] = [3.5e4 * value for value in data["value"]]
    data["unit"] = ["photons per second"] * 20
    vary = ["growth_rate=[0.02, 2] 1/h", "crowding=[0.05, 5]", "initial.tumour=[0.05, 5]"]
    more = {"scenario": SCENARIO, "settings": alone, "starts": 3}
    found = fit("brummer2022", data, vary, scale=["tumour"], profile=False, **more)
    # Logistic growth, seen with a scale alone: capacity and start are known as a product.
    assert found.dataset.attrs["rank"] == 3
    assert found.dataset.sizes["open"] == 1
    assert (
        "crowding x initial.tumour: only their product is known"
        in (found.dataset.attrs["not_known"])
    )
    assert np.isnan(found.dataset["standard_error"].values[1:3]).all()
    assert np.isfinite(found.dataset["standard_error"].values[0])
    lines = "\n".join(found.summary_lines())
    assert "not known     crowding x initial.tumour" in lines


def test_an_estimated_gain_is_as_good_as_a_scale(both):
    data = table(["tumour", "cart"], np.linspace(0.2, 5.7, 20), 8)
    more = {"scenario": SCENARIO, "starts": 1, "profile": False}
    one = fit("brummer2022", data, VARY, scale=["tumour"], **more)
    text = {"tumour": "gain*tumour"}
    two = fit("brummer2022", data, [*VARY, "gain=[0.1, 10]"], observables=text, **more)
    scale = json.loads(one.dataset.attrs["scales"])["tumour"][0]
    assert two.estimates["gain"] == pytest.approx(scale, rel=1e-3)
    assert two.dataset.attrs["aic"] == pytest.approx(one.dataset.attrs["aic"], abs=1e-4)
    names = [name for name in one.estimates if name in two.estimates]
    errors = [f.dataset["standard_error"].sel(parameter=names).values for f in (one, two)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-2)


def test_each_subject_may_have_a_number_of_its_own(both):
    parts = [
        table(["tumour", "cart"], np.linspace(0.3, 5.7, 12), s, subject=f"w{s}") for s in (1, 2)
    ]
    data = {key: parts[0][key] + parts[1][key] for key in parts[0]}
    found = fit(
        "brummer2022",
        data,
        ["growth_rate=[0.05, 1] 1/h", "death_rate=[0.002, 0.2] 1/h"],
        scenario=SCENARIO,
        each=["growth_rate"],
        starts=2,
        profile=False,
    )
    assert list(found.estimates)[:3] == [
        "growth_rate of w1",
        "growth_rate of w2",
        "death_rate",
    ]
    assert all(0.15 < found.estimates[f"growth_rate of w{s}"] < 0.35 for s in (1, 2))


def test_doses_of_a_table_take_the_place_of_the_scenarios():
    scenario, killing = "hdlm2_escape", 3.715843e-6
    given = {"doses.0.amount": "5e5 cell", "doses.0.time": "30 day"}
    times = np.array([10.0, 29.0, 31.0, 35.0, 45.0, 60.0])
    course = simulate("barros2021", scenario, given).course
    cells = course.at(times)[:, course.network.index("tumour")] * 1000.0
    data = {
        "ID": ["1"] * 7,
        "TIME [day]": [30.0, *times.tolist()],
        "DV [cell]": ["", *cells.tolist()],
        "AMT [cell]": [5e5, *[""] * 6],
        "EVID": [1, *[0] * 6],
    }
    found = fit(
        "barros2021",
        data,
        ["killing_constant=[1e-7, 1e-4] 1/cell/day"],
        scenario=scenario,
        names={"DV": "tumour_total"},
        dose_into="cart",
        errors={"tumour_total": "lognormal 0.1"},
        starts=2,
        profile=False,
    )
    assert found.estimates["killing_constant"] == pytest.approx(killing, rel=1e-5)
    assert np.abs(found.dataset["residual"].values).max() < 1e-3
    with pytest.raises(InputError, match="say into which species: --dose-into NAME"):
        fit("barros2021", data, ["killing_constant"], names={"DV": "tumour_total"})


def test_the_command_writes_all_that_repeats_it(folder, capsys, both):
    rows = ["subject,time [day],observable,value,unit"]
    rows += [f"{s},{t!r},{n},{v!r},{u}" for s, t, _, n, v, u in zip(*both.values(), strict=True)]
    (folder / "data.csv").write_text("\n".join(rows))
    vary = [part for text in VARY[:2] for part in ("--vary", text)]
    command = ["fit", "brummer2022", "--scenario", SCENARIO, "--data", "data.csv", *vary]
    command += ["--starts", "2", "--quiet"]
    assert main(command) == 0
    out, _ = capsys.readouterr()
    assert out.splitlines()[-1] == "written       brummer2022_fit.nc, brummer2022_fit.png"
    with xr.open_dataset("brummer2022_fit.nc") as kept:
        assert kept["value"].values.tolist() == both["value"]
        assert kept.attrs["seed"] == 1
        assert json.loads(kept.attrs["vary"]) == VARY[:2]
        assert kept.attrs["model"] == "brummer2022"
    drawn = (folder / "brummer2022_fit.png").read_bytes()
    assert main(["plot", "brummer2022_fit.nc", "--out", "again.png"]) == 0
    assert (folder / "again.png").read_bytes() == drawn
    assert main(command) == 2


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        (["growth=[1, 2] 1/h"], "has no such number.*did you mean 'growth_rate'"),
        (["growth_rate=[2, 1] 1/h"], "it must rise"),
        (["growth_rate=[1, 2] cell"], "dimension"),
        (["growth_rate=1 to 2"], "written is KEY="),
        (["growth_rate=[0, 1] 1/h", "growth_rate"], "is given twice"),
        (["growth_rate=log:[0, 1] 1/h"], "must be above 0"),
    ],
)
def test_what_cannot_be_varied(both, vary, said):
    with pytest.raises(InputError, match=said):
        fit("brummer2022", both, vary, scenario=SCENARIO)
