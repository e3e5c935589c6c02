"""Populations: distributions by their closed forms, members that are single runs, and mistakes."""

import numpy as np
import pytest
from scipy import stats

from cartflow import Study, sweep
from cartflow.analyses.population.distribution import Distribution
from cartflow.analyses.population.reading import distribution
from cartflow.analyses.population.scores import scores
from cartflow.analyses.sweep.of_population import members_of_population
from cartflow.analyses.sweep.words import sweep_lines
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.figures.sweep.figure import plot_sweep
from cartflow.study.numbers import StudyNumbers
from cartflow.study.tables.population import CorrelationTable, VariedTable

# A depot that drains: ln A(T) = ln dose - k T, whatever the mesh.
DEPOT = """
title = "A depot that drains"
[[doses]]
route = "intratumoural"
cells = "1e6 cells"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 2
[tumour]
egress_rate = "0.2 1/day"
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "2 um^2/min"
[time]
end = "5 days"
every = "5 days"
[population]
members = {members}
seed = 3
[population.varied]
doses.0.cells = {{ distribution = "log-normal", median = "1e6 cells", log_sd = 0.3 }}
tumour.egress_rate = {{ distribution = "normal", mean = "0.2 1/day", sd = "0.03 1/day" }}
[[population.correlations]]
between = ["doses.0.cells", "tumour.egress_rate"]
coefficient = 0.5
"""
MAN = """
title = "A man"
[body]
name = "human_male"
[trafficking]
name = "khot2019"
[[doses]]
cells = "2e6 cells/kg"
maximum = "1.6e8 cells"
[geometry]
shape = "ball"
radius = "2.5 mm"
cells = 4
[tumour]
host = "flank"
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "2 um^2/min"
[time]
end = "1 day"
every = "0.5 day"
[population]
members = 6
seed = 1
variability = "mcnally2014"
[population.varied]
body.weight = { distribution = "log-normal", median = "78 kg", cv = 0.2, lowest = "45 kg" }
"body.height" = { distribution = "normal", mean = "1.76 m", sd = "7 cm" }
geometry.radius = { distribution = "uniform", lowest = "1 mm", highest = "3 mm" }
[population.varied.trafficking.lung.transmigration_rate]
distribution = "log-normal"
median = "1843 1/h"
cv = 0.15
source = "khot2019"
[[population.correlations]]
between = ["body.weight", "body.height"]
coefficient = 0.5
"""


def study_of(text):
    return Study.from_text(text, name="study.toml")


def spread(members):
    """Return mean and standard deviation of ln A(5 days), in closed form."""
    k, sd, rho, t = 0.3, 0.03, 0.5, 5.0
    return np.log(1e6) - 0.2 * t, np.sqrt(k**2 + (t * sd) ** 2 - 2 * rho * k * t * sd)


def percentiles_within_their_error(dataset):
    values = np.log(dataset["in_tumour"].values)
    mean, sd = spread(values.size)
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        at = stats.norm.ppf(share)
        error = sd * np.sqrt(share * (1 - share) / values.size) / stats.norm.pdf(at)
        assert abs(np.quantile(values, share) - (mean + sd * at)) < 4 * error


@pytest.fixture(scope="module")
def depot():
    return sweep(study_of(DEPOT.format(members=60)))


@pytest.fixture(scope="module")
def men():
    return sweep(study_of(MAN), workers=2)


def test_every_member_drains_as_its_own_numbers_say(depot):
    cells, rate = depot["doses_0_cells"], depot["tumour_egress_rate"]
    assert depot["status"].values.tolist() == ["finished"] * 60
    np.testing.assert_allclose(depot["in_tumour"], cells * np.exp(-5 * rate), rtol=2e-3)


def test_percentiles_of_a_linear_loss_are_those_of_the_closed_form(depot):
    percentiles_within_their_error(depot)


@pytest.mark.slow
def test_percentiles_of_a_thousand_are_those_of_the_closed_form():
    percentiles_within_their_error(sweep(study_of(DEPOT.format(members=1000))))


def test_the_first_members_are_those_of_a_larger_population(depot):
    few = sweep(study_of(DEPOT.format(members=5)), workers=1)
    for name in ("doses_0_cells", "tumour_egress_rate", "in_tumour"):
        np.testing.assert_array_equal(few[name], depot[name][:5])


def test_the_answer_is_the_same_to_the_bit_for_any_number_of_workers(men):
    alone = sweep(study_of(MAN), workers=1)
    assert set(alone.variables) == set(men.variables)
    for name in alone.variables:
        np.testing.assert_array_equal(alone[name], men[name])


def test_a_member_is_the_single_run_with_its_numbers(men):
    place = 3
    row = men.isel(member=place)
    settings = {
        each.attrs["key"]: f"{float(each)!r} {each.attrs['unit_as_given']}".removesuffix(" 1")
        for each in row.data_vars.values()
        if "key" in each.attrs and each.attrs["key"].split(".")[0] in ("body", "geometry")
    }
    plain = {k: float(v) if k.startswith("body.factors") else v for k, v in settings.items()}
    assert len(plain) == 27
    study = study_of(MAN).with_settings(plain)
    rate = float(row["trafficking_lung_transmigration_rate"]) * 24
    single = StudyNumbers(study=study).varied({"trafficking.lung.transmigration_rate": rate})
    result = single.run(mesh_check=False, time_check=False)
    assert float(row["in_tumour"]) == pytest.approx(result.summary()["in_tumour"], rel=1e-12)
    assert float(row["cardiac_output"]) == pytest.approx(single.body.cardiac_output.value / 1440e6)
    weight = float(row["weight"])
    assert float(row["infused"]) == pytest.approx(min(2e6 * weight, 1.6e8), rel=1e-12)


def test_the_dataset_says_what_varied_and_by_whom(men):
    rate = men["trafficking_lung_transmigration_rate"].attrs
    assert rate["distribution"] == "log-normal, median 1843 1/h, cv 0.15"
    assert (rate["distribution_source"], rate["distribution_standing"]) == ("khot2019", "assumed")
    liver = men["body_factors_volume_liver"].attrs
    assert liver["distribution_source"] == "mcnally2014"
    assert men.attrs["seed"] == 1
    assert men.attrs["correlations"] == "body.weight and body.height: 0.5"
    assert "course_in_tumour" in men


def test_what_moves_an_outcome_most_is_named(depot):
    line = next(line for line in sweep_lines(depot) if line.startswith("in_tumour"))
    found = float(line.partition("doses.0.cells (")[2].rstrip(")"))
    exact = stats.spearmanr(depot["doses_0_cells"], depot["in_tumour"]).statistic
    assert found == pytest.approx(exact, abs=0.006)


def test_the_table_and_the_figure(men, tmp_path):
    lines = "\n".join(sweep_lines(men))
    assert "percentiles " in lines
    assert "cardiac_output" in lines
    assert "none beyond chance" in lines
    plot_sweep(men, tmp_path / "men.png")
    assert (tmp_path / "men.png").stat().st_size > 10_000


def test_a_population_beside_another_axis():
    study = study_of(DEPOT.format(members=4))
    found = sweep(study, {"time.end": ["5 days", "10 days"]}, outcomes=["in_tumour"])
    assert found["in_tumour"].dims == ("end", "member")
    ratio = found["in_tumour"].isel(end=1) / found["in_tumour"].isel(end=0)
    np.testing.assert_allclose(ratio, np.exp(-5 * found["tumour_egress_rate"]), rtol=5e-3)


def test_a_choice_of_bodies():
    varied = """
[population.varied]
body.name = { distribution = "choice", names = ["human_male", "human_female"], shares = [1, 3] }
"""
    text = MAN.partition("variability")[0].replace("members = 6", "members = 400") + varied
    axis, _ = members_of_population(study_of(text))
    names = list(axis.choices[0].settings)
    assert names.count("human_female") == pytest.approx(300, abs=4 * np.sqrt(75))


SAMPLE = scores(["a", "b"], 20_000, 7)
FORMS = [
    (
        {"distribution": "log-normal", "median": 3.0, "cv": 0.5},
        stats.lognorm(np.sqrt(np.log(1.25)), scale=3),
    ),
    (
        {"distribution": "log-normal", "mean": 3.0, "log_sd": 0.4},
        stats.lognorm(0.4, scale=3 * np.exp(-0.08)),
    ),
    ({"distribution": "normal", "mean": 3.0, "cv": 0.1}, stats.norm(3, 0.3)),
    (
        {"distribution": "normal", "mean": 3.0, "sd": 2.0, "lowest": 1.0, "highest": 4.0},
        stats.truncnorm(-1, 0.5, 3, 2),
    ),
    (
        {"distribution": "normal", "mean": 3.0, "sd": 1.0, "lowest": 5.5},
        stats.truncnorm(2.5, np.inf, 3, 1),
    ),
    ({"distribution": "uniform", "lowest": 1.0, "highest": 4.0}, stats.uniform(1, 3)),
    ({"distribution": "log-uniform", "lowest": 1.0, "highest": 100.0}, stats.loguniform(1, 100)),
]


@pytest.mark.parametrize(("form", "exact"), FORMS)
def test_values_are_distributed_as_stated(form, exact):
    each = distribution("x", VariedTable(**form))
    assert stats.kstest(each.values(SAMPLE[:, 0]), exact.cdf).pvalue > 1e-3
    # Ranks are the scores', so that correlations hold.
    values = each.values(np.linspace(-6, 6, 101))
    assert np.all(np.diff(values) >= 0)
    np.testing.assert_allclose(values[50], exact.ppf(0.5), rtol=1e-9)


def test_a_tail_keeps_its_digits():
    each = Distribution(key="x", kind="normal", centre=0.0, width=1.0, lowest=9.0)
    exact = stats.truncnorm(9.0, np.inf)
    got = each.values(np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_allclose(got, exact.isf(stats.norm.sf([-1.0, 0.0, 2.0])), rtol=1e-7)


def test_correlations_are_those_asked_for():
    keys = ["a", "b", "c", "d"]
    asked = [
        CorrelationTable(between=["a", "b"], coefficient=0.8),
        CorrelationTable(between=["b", "c"], coefficient=-0.3),
    ]
    found = np.corrcoef(scores(keys, 20_000, 1, asked).T)
    expected = np.array([[1, 0.8, 0, 0], [0.8, 1, -0.3, 0], [0, -0.3, 1, 0], [0, 0, 0, 1]])
    np.testing.assert_allclose(found, expected, atol=4 / np.sqrt(20_000))
    # What drains most is moved by both: rank correlation 6/pi asin(r/2), r = .0675 / (.3 S).
    pair = scores(keys[:2], 20_000, 1, [CorrelationTable(between=["a", "b"], coefficient=0.5)])
    outcome = 0.3 * pair[:, 0] - 0.15 * pair[:, 1]
    rank = 6 / np.pi * np.arcsin(0.0675 / (0.3 * spread(1)[1]) / 2)
    assert stats.spearmanr(pair[:, 0], outcome).statistic == pytest.approx(rank, abs=0.01)
    # What is correlated with nothing is as it was.
    np.testing.assert_array_equal(scores(keys, 9, 1, asked)[:, 3], scores(["d"], 9, 1)[:, 0])


WEIGHT = (
    'body.weight = { distribution = "log-normal", median = "78 kg", cv = 0.2, lowest = "45 kg" }'
)
BODY = 'body.name = { distribution = "choice", names = ["human_mal"] }'
ORGAN = 'body.factors.volume.livr = { distribution = "log-normal", median = 1, cv = 0.2 }'
MISTAKES = [
    (
        '"log-normal", median = "78',
        '"lognormal", median = "78',
        "body.weight.distribution: .*did you mean 'log-normal'",
    ),
    ('median = "78 kg"', 'median = "-78 kg"', r"body.weight.median: -78 must be above 0"),
    (
        'median = "78 kg"',
        "median = 78",
        "body.weight.median: '78' is a plain number, but mass",
    ),
    ('median = "78 kg"', 'median = "78 m"', "body.weight.median: '78 m' has the dimension length"),
    ("cv = 0.2", "cv = -0.2", "body.weight.cv: -0.2 must be above 0"),
    ("cv = 0.2", 'cv = "20 kg"', "body.weight.cv: '20 kg' has the dimension mass"),
    ("cv = 0.2, ", "", "needs either 'cv' or 'log_sd', one of them"),
    ("cv = 0.2", "cv = 0.2, sd = 3", "body.weight.sd: a log-normal distribution has none"),
    ('lowest = "45 kg"', 'lowest = "900 kg"', "the bounds leave .* % of it"),
    (
        'lowest = "45 kg"',
        'lowest = "45 kg", highest = "40 kg"',
        "lowest 45 is not below highest 40",
    ),
    (
        "body.weight = {",
        "body.wieght = {",
        "body.wieght: is no number of the study; did you mean 'body.weight'",
    ),
    (
        "geometry.radius = {",
        "geometry.raduis = {",
        "geometry.raduis: is no number .*did you mean 'geometry.radius'",
    ),
    ("members = 6", "members = 0", "population.members: Input should be greater than 0"),
    ("seed = 1", "seed = -1", "population.seed: .*greater than or equal to 0"),
    (
        '"mcnally2014"',
        '"mcnaly2014"',
        "population.variability: unknown name .*did you mean 'mcnally2014'",
    ),
    ("cv = 0.2", "cvv = 0.2", "unknown key 'population.varied.body.weight.cvv'.*did you mean 'cv'"),
    (
        '"body.height"]',
        '"body.hight"]',
        "correlations.0.between: unknown name 'body.hight'.*'body.height'",
    ),
    ("coefficient = 0.5", "coefficient = 1.5", "coefficient: 1.5 must lie between -1 and 1"),
    (
        'mean = "1.76 m", sd = "7 cm"',
        'mean = "10 cm", sd = "7 cm"',
        "7.7 % of a normal, .* lie below 0; give lowest",
    ),
    (WEIGHT, WEIGHT + "\n" + BODY, "the study cannot have human_mal: .*'human_male'"),
    (WEIGHT, WEIGHT + "\n" + ORGAN, "cannot have 1.0: .*did you mean 'liver'"),
    (
        'name = "human_male"',
        'name = "mouse_28g"',
        "'mcnally2014' is of adults, men and women; mouse_28g is none",
    ),
]


@pytest.mark.parametrize(("old", "new", "match"), MISTAKES)
def test_a_mistake_is_named(old, new, match):
    assert old in MAN
    with pytest.raises(InputError, match=match) as caught:
        members_of_population(study_of(MAN.replace(old, new, 1)))
    assert "\n" not in str(caught.value)


def test_correlations_that_contradict_one_another_are_told():
    more = """
[[population.correlations]]
between = ["body.weight", "geometry.radius"]
coefficient = 0.9
[[population.correlations]]
between = ["body.height", "geometry.radius"]
coefficient = -0.9
"""
    with pytest.raises(InputError, match="not positive definite: its least eigenvalue is -0"):
        members_of_population(study_of(MAN + more))


def test_the_command_ends_with_status_2_and_writes_nothing(tmp_path, capsys):
    path = tmp_path / "study.toml"
    path.write_text(MAN.replace("cv = 0.2", "cv = 0"))
    assert main(["sweep", str(path), "-o", str(tmp_path / "out.nc")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out.nc").exists()
