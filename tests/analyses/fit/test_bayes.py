"""Samples of posteriors against closed forms, integration on a grid, priors, and themselves."""

import json
import sys

import numpy as np
import pytest
import xarray as xr
from legible import faults
from scipy import stats

from cartflow.alone.simulate import simulate
from cartflow.analyses.fit.bayes.measures import measures
from cartflow.analyses.fit.bayes.run import fit_bayes
from cartflow.analyses.fit.bayes.words import warnings_of
from cartflow.analyses.fit.run import fit
from cartflow.cli import main
from cartflow.core.outcome import InputError, RunStopped
from cartflow.results.figures.posterior import posterior_figure, prior_density

SCENARIO = "pbt1_cart_0125"
START, GROWTH, CROWDING = 0.4633, 0.230303627, 0.558779003  # of the model's file, hours
COLUMNS = ("subject", "time", "time_unit", "observable", "value", "unit")
ALONE = {"scenario": SCENARIO, "settings": {"initial.cart": 0.0}, "threads": 2}
LONG = {"draws": 600, "warm_up": 250}


def logistic(hours, growth, crowding):
    """Tumour cells without CAR T cells: x' = growth x (1 - crowding x)."""
    return START / (crowding * START + (1 - crowding * START) * np.exp(-growth * hours))


def table(times, values, observable="tumour", unit="1"):
    """Values of one well at times in days."""
    rows = [("well", float(t), "day", observable, float(v), unit)
            for t, v in zip(times, values, strict=True)]  # fmt: skip
    return dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


def scattered(times, seed, spread=0.1):
    random = np.random.default_rng(seed)
    times = np.asarray(times)
    return logistic(24 * times, GROWTH, CROWDING) * np.exp(
        spread * random.standard_normal(times.shape)
    )


def parameter(dataset, name, what):
    return float(dataset[what].sel(parameter=name))


@pytest.fixture(scope="module")
def grown():
    times = np.linspace(0.05, 1.2, 12)
    return times, scattered(times, 4)


VARY = ["growth_rate=[0.05, 1] 1/h", "crowding=[0.1, 2]"]


@pytest.fixture(scope="module")
def sampled(grown):
    errors = {"tumour": "lognormal 0.1"}
    return fit_bayes("brummer2022", table(*grown), VARY, errors=errors, **LONG, **ALONE)


def test_a_linear_model_with_normal_errors_has_its_conjugate_posterior():
    times = np.linspace(0.1, 1.5, 6)
    plain = logistic(24 * times, GROWTH, CROWDING)
    random = np.random.default_rng(2)
    values = 2.0 * plain + 0.5 + 0.3 * random.standard_normal(6)
    vary = ["gain=linear:[-2, 5]", "base=linear:[-3, 2]"]
    found = fit_bayes(
        "brummer2022",
        table(times, values, "signal"),
        vary,
        observables={"signal": "gain*tumour + base"},
        errors={"signal": "normal 0.3"},
        priors=True,
        **LONG,
        **ALONE,
    ).dataset
    design = np.array([plain, np.ones(6)]).T
    prior = np.diag([(2 * 1.959964 / 7) ** 2, (2 * 1.959964 / 5) ** 2])
    covariance = np.linalg.inv(design.T @ design / 0.09 + prior)
    mean = covariance @ (design.T @ values / 0.09 + prior @ [1.5, -0.5])
    for k, name in enumerate(("gain", "base")):
        sd = covariance[k, k] ** 0.5
        away = parameter(found, name, "mean") - mean[k]
        assert abs(away) < 4 * parameter(found, name, "error_of_mean")
        # The sd of an sd is sd/sqrt(2n); draws of the bulk are worth n of it.
        size = parameter(found, name, "effective_tail")
        assert parameter(found, name, "sd_of_samples") == pytest.approx(
            sd, rel=4 / (2 * size) ** 0.5
        )
    flat = found["sample"].values.reshape(-1, 2)
    seen = np.corrcoef(flat.T)[0, 1]
    assert seen == pytest.approx(covariance[0, 1] / np.sqrt(np.prod(np.diag(covariance))), abs=0.02)
    assert found.attrs["divergences"] == 0


def on_a_grid(times, values, spread):
    """Return log-values of growth and crowding, and their posterior by even chances there."""
    one, two = (np.linspace(*np.log(ends), 801) for ends in ((0.05, 1.0), (0.1, 2.0)))
    growth, crowding = np.meshgrid(np.exp(one), np.exp(two), indexing="ij")
    loss = np.zeros_like(growth)
    for time, value in zip(times, values, strict=True):
        loss += 0.5 * (np.log(value / logistic(24 * time, growth, crowding)) / spread) ** 2
    chance = np.exp(loss.min() - loss)
    return (one, two), chance / chance.sum()


def test_a_posterior_is_that_of_integration_on_a_grid(grown, sampled):
    grid, chance = on_a_grid(*grown, 0.1)
    for k, name in enumerate(("growth_rate", "crowding")):
        marginal = chance.sum(axis=1 - k)
        value = np.exp(grid[k])
        mean = float(marginal @ value)
        sd = float(marginal @ (value - mean) ** 2) ** 0.5
        found = sampled.dataset.sel(parameter=name)
        assert abs(float(found["mean"]) - mean) < 4 * float(found["error_of_mean"])
        assert float(found["sd_of_samples"]) == pytest.approx(sd, rel=0.08)
        # Each percentile of the samples is where the grid has that share.
        share = np.interp(np.log(found["percentile"].values), grid[k], np.cumsum(marginal))
        wanted = found["percentage"].values / 100
        size = float(found["effective_tail"])
        assert np.abs(share - wanted).max() < 4 * np.sqrt(0.25 / size)
    assert sampled.dataset.attrs["divergences"] == 0
    assert sampled.dataset["r_hat"].values.max() < 1.01


def test_where_data_say_nothing_the_prior_is_left(grown):
    # Without CAR T cells nothing that is measured changes with what they do.
    vary = [
        "killing_constant=[0.04, 4] 1/h",
        "death_rate=[0.002, 0.2] 1/h",
        "stimulation_constant=linear:[0.02, 0.08] 1/h",
    ]
    found = fit_bayes(
        "brummer2022",
        table(*grown),
        vary,
        prior={"death_rate": "[0.01, 0.05] 1/h", "stimulation_constant": "[0.03, 0.07] 1/h"},
        errors={"tumour": "lognormal 0.1"},
        **LONG,
        **ALONE,
    ).dataset
    z = 1.959963984540054

    def normal(low, high, first, last):
        middle, sd = 0.5 * (low + high), (high - low) / (2 * z)
        return stats.truncnorm((first - middle) / sd, (last - middle) / sd, middle, sd)

    laws = {
        "killing_constant": (np.log, stats.uniform(np.log(0.04), np.log(100))),
        "death_rate": (np.log, normal(*np.log([0.01, 0.05]), *np.log([0.002, 0.2]))),
        "stimulation_constant": (np.asarray, normal(0.03, 0.07, 0.02, 0.08)),
    }
    for name, (scale, law) in laws.items():
        samples = scale(found["sample"].sel(parameter=name).values.ravel())
        size = min(parameter(found, name, what) for what in ("effective_bulk", "effective_tail"))
        distance = stats.kstest(samples, law.cdf).statistic
        assert distance < 1.95 / np.sqrt(size), name  # one in a thousand
    assert found["prior_origin"].values.tolist() == ["--vary", "--prior", "--prior"]


def test_a_published_range_holds_95_percent_and_is_said():
    course = simulate("leon_triana2021_gbm").course
    names = course.network.species_names
    which = names.index("tumour") if "tumour" in names else 0
    unit = course.network.species[which].unit
    value = course.at(np.array([0.0]))[0, which]
    data = table([0.0, 1e-6], [value, value], names[which], unit)
    found = fit_bayes(
        "leon_triana2021_gbm",
        data,
        ["inactivation_rate"],
        errors={names[which]: "lognormal 0.5"},
        **LONG,
        threads=2,
    ).dataset
    middle, sd = 0.495, 0.99 / (2 * 1.959964)
    law = stats.truncnorm(-middle / sd, 4.0, middle, sd)  # not below 0, which its range is not
    samples = found["sample"].values.ravel()
    size = float(found["effective_bulk"].values[0])
    assert stats.kstest(samples, law.cdf).statistic < 1.95 / np.sqrt(size)
    assert found["prior_origin"].values[0].startswith("published range; ")
    assert "normal, 95 % within 0 to 0.99 1/day, cut at 0" in found.attrs["priors_in_words"]


def test_with_many_data_it_is_as_the_curvature_of_the_likelihood_says():
    times = np.linspace(0.05, 1.4, 40)
    data = table(times, scattered(times, 7, 0.05))
    more = {"errors": {"tumour": "lognormal 0.05"}, "starts": 1, **ALONE}
    best = fit("brummer2022", data, VARY, profile=False, **more).dataset
    found = fit_bayes("brummer2022", data, VARY, **LONG, **more).dataset
    logs = np.log(found["sample"].values.reshape(-1, 2))
    spread = logs.std(axis=0)
    assert spread == pytest.approx(best["relative_error"].values, rel=0.07)
    away = (logs.mean(axis=0) - np.log(best["estimate"].values)) / spread
    assert np.abs(away).max() < 0.15


def test_slopes_of_the_density_are_those_of_differences(sampled):
    density = sampled.density
    z = np.array([0.7, -1.3])
    _, slopes = density.at(z)
    for k in range(2):
        step = np.eye(2)[k] * 1e-5
        up, down = (density.at(z + way * step)[0] for way in (1, -1))
        assert slopes[k] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-4)
    inner = density.inner(z)
    assert density.coordinates(inner) == pytest.approx(z)


def test_threads_change_no_bit_and_the_seed_repeats(grown):
    more = {k: v for k, v in ALONE.items() if k != "threads"} | {"draws": 40, "warm_up": 60}
    one, two, other = (
        fit_bayes("brummer2022", table(*grown), VARY, threads=t, seed=s, **more).dataset
        for t, s in ((1, 5), (4, 5), (2, 6))
    )
    assert one.identical(two.assign_attrs(history=one.attrs["history"]))
    assert not np.array_equal(one["sample"].values, other["sample"].values)


def test_the_dataset_says_what_was_sampled(sampled):
    dataset = sampled.dataset
    assert dict(dataset["sample"].sizes) == {"chain": 4, "draw": 600, "parameter": 2}
    assert dataset["percentile"].values == pytest.approx(
        np.percentile(dataset["sample"].values.reshape(-1, 2), [2.5, 5, 50, 95, 97.5], axis=0).T
    )
    low, high = (dataset[name].values for name in ("curve_low", "curve_high"))
    assert np.all(low[:, 1:] < high[:, 1:])
    assert np.all(dataset["curve_new_low"].values < low)
    assert dataset.attrs["failed_runs"] == 0
    assert dataset.attrs["runs"] >= dataset["steps"].values.sum()
    assert sampled.samples["crowding"].shape == (4, 600)
    lines = sampled.summary_lines()
    assert lines[0] == "sampled       brummer2022 to 12 values of 1 subject"
    assert "prior         growth_rate: even in the logarithm from 0.05 to 1 1/h (--vary)" in lines
    assert not any(line.startswith("warning") for line in lines)


def test_the_figure_can_be_read_and_shows_decades(sampled):
    dataset = sampled.dataset
    assert faults(posterior_figure(dataset)) == []
    random = np.random.default_rng(1)
    wide = dataset["sample"] * 10 ** random.uniform(-2, 2, dataset["sample"].shape)
    figure = posterior_figure(dataset.assign(sample=wide, lowest=dataset["lowest"] * 1e-3))
    assert faults(figure) == []
    labels = [axes.get_xlabel() for axes in figure.get_axes()]
    assert "log10 of growth_rate (1/h)" in labels


def test_the_priors_drawn_have_the_area_one(sampled):
    for k in range(2):
        one = sampled.dataset.isel(parameter=k)
        for known in ([np.nan, np.nan], [0.2, 0.4]):
            law = one.assign(prior_95=("end", known))
            at = np.linspace(float(one["lowest"]), float(one["highest"]), 20001)
            assert np.trapezoid(prior_density(law, at), at) == pytest.approx(1.0, rel=1e-4)


@pytest.mark.lowest
def test_the_expected_density_of_a_new_value_is_that_of_leaving_out(grown, sampled):
    # By the grid, for each value with the others alone.
    times, values = grown
    found = np.empty(len(times))
    for k in range(len(times)):
        rest = np.arange(len(times)) != k
        (one, two), chance = on_a_grid(times[rest], values[rest], 0.1)
        growth, crowding = np.meshgrid(np.exp(one), np.exp(two), indexing="ij")
        law = stats.lognorm(0.1, scale=logistic(24 * times[k], growth, crowding))
        found[k] = np.log((chance * law.pdf(values[k])).sum())
    attrs = sampled.dataset.attrs
    assert attrs["elpd_loo"] == pytest.approx(found.sum(), abs=0.1)
    # sqrt(n V) with V over n - 1 (Vehtari, Gelman, Gabry 2017, equation 23).
    error = np.sqrt(len(found) * found.var(ddof=1))
    assert attrs["elpd_loo_error"] == pytest.approx(error, rel=0.03)


@pytest.mark.lowest
def test_effective_sizes_of_independent_draws_are_their_number():
    independent = np.random.default_rng(1).normal(size=(4, 5000, 1))
    found = measures(np.concatenate([independent, np.repeat(independent, 4, axis=1)[:, :5000]], 2))
    for size in (found.bulk, found.tail):
        assert size[0] == pytest.approx(20_000, rel=0.1)
        assert size[1] == pytest.approx(5_000, rel=0.1)  # each four times
    assert found.r_hat == pytest.approx(1, abs=2e-3)


def test_bands_of_new_values_hold_what_is_measured_again(sampled):
    dataset = sampled.dataset
    place = int(np.argmin(np.abs(dataset["curve_time"].values[0] - 0.6)))
    time = float(dataset["curve_time"].values[0, place])
    flat = dataset["sample"].values.reshape(-1, 2)
    random = np.random.default_rng(1)
    new = logistic(24 * time, *flat.T) * np.exp(0.1 * random.standard_normal(len(flat)))
    low, high = np.percentile(new, [5, 95])
    assert float(dataset["curve_new_low"][0, place]) == pytest.approx(low, rel=0.01)
    assert float(dataset["curve_new_high"][0, place]) == pytest.approx(high, rel=0.01)


def test_what_speaks_against_the_samples_is_said_in_plain_words(sampled):
    dataset = sampled.dataset
    assert warnings_of(dataset) == []
    poor = dataset.assign(
        r_hat=dataset["r_hat"] + [0.5, 0.0], effective_tail=0 * dataset["effective_tail"] + 12.0
    ).assign_attrs(divergences=3, deepest=2)
    shape = poor["pareto_shape"].copy()
    shape[0] = 0.9
    said = warnings_of(poor.assign(pareto_shape=shape))
    for start, line in zip(
        (
            "chains disagree about growth_rate (R-hat 1.5",
            "few effective samples of growth_rate and crowding (12; 400 are wanted)",
            "3 draws diverged",
            "2 draws ended at the longest path",
            "elpd leans on 1 of the values",
        ),
        said,
        strict=True,
    ):
        assert line.startswith(start)


@pytest.mark.parametrize(
    ("vary", "more", "said"),
    [
        (["death_rate"], {}, r"is 0.5524 1/day \(transcribed, brummer2022\), without a range; no "),
        (["death_rate=[2, 1] 1/h"], {}, "it must rise"),
        (["growth=[1, 2] 1/h"], {}, "has no such number.*did you mean 'growth_rate'"),
        (VARY, {"prior": {"growth": "[1, 2] 1/h"}}, "--prior: what is estimated.*'growth_rate'"),
        (VARY, {"prior": {"crowding": "0.3"}}, "--prior crowding: .*written is"),
        (VARY, {"prior": {"crowding": "[0.5, 0.5]"}}, "--prior crowding: goes from 0.5 to 0.5"),
        (VARY, {"prior": {"crowding": "linear:[0.5, 0.6]"}}, "its scale is that of --vary"),
        (VARY, {"prior": {"crowding": "[-1, 1]"}}, "on a logarithmic scale it must be above 0"),
        (VARY, {"prior": {"crowding": "[3, 4]"}}, "lies outside of --vary, 0.1 to 2"),
        (
            VARY,
            {"prior": {"growth_rate": "[0.1, 0.2] 1/day"}},
            "is in '1/day', its --vary in '1/h'",
        ),
        (VARY, {"prior": {"sd of tumour": "[0.1, 0.2] cell"}}, "it is estimated in '1'"),
        (VARY, {"chains": 1}, "chains"),
        (VARY, {"draws": 3}, "draws"),
        (VARY, {"warm_up": -1}, "warm_up"),
        ([], {"errors": {"tumour": "lognormal 0.1"}}, "nothing is varied"),
    ],
)
def test_mistakes_are_one_line(grown, vary, more, said):
    with pytest.raises(InputError, match=said) as raised:
        fit_bayes("brummer2022", table(*grown), vary, **ALONE, **more)
    assert "\n" not in str(raised.value)


def test_a_value_outside_of_the_published_range_is_refused(grown):
    more = {"settings": {"growth_rate": "0.9 1/day"}}
    course = simulate("kimmel2021").course
    species = course.network.species[0]
    data = table([0.0, 1.0], [1.0, 1.0], species.name, species.unit)
    with pytest.raises(InputError, match=r"outside its published range 0\.01 to 0\.5"):
        fit_bayes("kimmel2021", data, ["growth_rate"], **more)


def test_without_the_library_the_answer_is_one_line(grown, monkeypatch):
    monkeypatch.setitem(sys.modules, "nutpie", None)
    with pytest.raises(InputError, match=r"--bayes needs nutpie; .* 'cartflow\[bayes\]'"):
        fit_bayes("brummer2022", table(*grown), VARY, **ALONE)


def test_an_error_within_a_chain_is_told_and_ends_all(grown, monkeypatch):
    from cartflow.analyses.fit.bayes import density

    def broken(self, z):
        raise RunStopped("as a test")

    monkeypatch.setattr(
        density, "beginnings", lambda one, ended, chains, seed: [np.ones(2)] * chains
    )
    monkeypatch.setattr("cartflow.analyses.fit.bayes.run.beginnings", density.beginnings)
    monkeypatch.setattr(density.Density, "at", broken)
    with pytest.raises(RunStopped, match="as a test"):
        fit_bayes("brummer2022", table(*grown), VARY, **ALONE)


def written(folder, grown):
    rows = ["subject,time [day],observable,value,unit"]
    rows += [f"well,{t!r},tumour,{v!r},1" for t, v in zip(*map(np.ndarray.tolist, grown),
                                                          strict=True)]  # fmt: skip
    (folder / "data.csv").write_text("\n".join(rows))
    vary = [part for text in VARY for part in ("--vary", text)]
    return ["fit", "brummer2022", "--scenario", SCENARIO, "--data", "data.csv", *vary,
            "--set", "initial.cart=0", "--quiet", "--bayes"]  # fmt: skip


def test_the_command_writes_what_is_drawn_and_reported_again(folder, capsys, grown):
    command = [*written(folder, grown), "--prior", "sd of tumour=[0.05, 0.3]"]
    command += ["--draws", "40", "--warm-up", "60", "--chains", "2"]
    assert main(command) == 0
    out, _ = capsys.readouterr()
    assert (
        out.splitlines()[-1] == "written       brummer2022_posterior.nc, brummer2022_posterior.png"
    )
    assert "sd of tumour: log-normal, 95 % within 0.05 to 0.3 (--prior)" in out
    with xr.open_dataset("brummer2022_posterior.nc") as kept:
        assert kept.sizes["chain"] == 2
        assert kept.sizes["draw"] == 40
        assert json.loads(kept.attrs["prior"]) == {"sd of tumour": "[0.05, 0.3]"}
    drawn = (folder / "brummer2022_posterior.png").read_bytes()
    assert main(["plot", "brummer2022_posterior.nc", "--out", "again.png"]) == 0
    assert (folder / "again.png").read_bytes() == drawn
    assert main(["report", "brummer2022_posterior.nc"]) == 0
    assert main(command) == 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--scale", "tumour"], "a scale solved for at its best is not sampled; vary a number of"),
        (["--offset", "tumour"], "an offset solved for at its best is not sampled"),
        (["--random", "growth_rate"], "has one subject; random effects need several"),
        (["--hold-back", "after 1 day"], "--hold-back is not known beside --bayes"),
        (["--next"], "--next is not known beside --bayes"),
        (["--petab", "folder"], "--petab is not known beside --bayes"),
        (["--no-profiles"], "--no-profiles is not known beside --bayes"),
        (["--prior", "crowding"], "--prior crowding: give NAME=..."),
    ],
)
def test_what_is_not_known_beside_it_is_refused(folder, capsys, grown, more, said):
    assert main([*written(folder, grown), *more]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1
    assert [path.name for path in folder.iterdir() if path.suffix in (".nc", ".png")] == []


def test_its_options_need_it(folder, capsys, grown):
    command = written(folder, grown)[:-1]
    for option in (["--draws", "10"], ["--prior", "crowding=[1, 2]"]):
        assert main([*command, *option]) == 2
        assert "is of samples; give --bayes" in capsys.readouterr().err


def test_an_interrupt_ends_it_with_nothing_written(folder, capsys, grown, monkeypatch):
    from cartflow.analyses.fit.bayes import chains

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(chains, "_awaited", interrupted)
    assert main([*written(folder, grown), "--draws", "100000"]) == 1
    assert capsys.readouterr().err == "cartflow: interrupted by the user\n"
    assert [path.name for path in folder.iterdir() if path.suffix in (".nc", ".png")] == []
