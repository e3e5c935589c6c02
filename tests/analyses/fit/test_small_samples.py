"""Sizes of errors estimated from few values: intervals are those of linear regression."""

import numpy as np
import pytest
from scipy import stats

from cartflow.alone.simulate import simulate
from cartflow.analyses.fit.run import fit
from cartflow.analyses.fit.small_samples import Sized, SmallSamples

TIMES = np.linspace(0.4, 5.6, 9)
GAINS = np.array([2.0, -1.0])
VARY = ["one=[-100, 100]", "two=[-100, 100]"]


def columns_of(times=TIMES):
    course = simulate("brummer2022", "pbt1_cart_0125").course
    return course.at(times)[:, [course.network.index(n) for n in ("tumour", "cart")]]


def table(values, sd=None, name="seen"):
    data = {
        "subject": ["a"] * len(values),
        "time": TIMES.tolist(),
        "time_unit": ["day"] * len(values),
        "observable": [name] * len(values),
        "value": values.tolist(),
        "unit": ["1"] * len(values),
    }
    return data if sd is None else data | {"sd": sd.tolist()}


def fitted(data, error="normal", **more):
    """A regression: what is seen is a sum of two courses, each times a number that is estimated."""
    return fit(
        "brummer2022",
        data,
        VARY,
        scenario="pbt1_cart_0125",
        observables={"seen": "one*tumour + two*cart"},
        errors={"seen": error},
        starts=2,
        threads=1,
        **more,
    ).dataset


def regression(rows, values, weights):
    """Return estimates, standard errors, the error's sd, its freedom, covariance without it."""
    scaled = rows * weights[:, None]
    found = np.linalg.lstsq(scaled, values * weights, rcond=None)[0]
    freedom = len(values) - rows.shape[1]
    squares = (((values - rows @ found) * weights) ** 2).sum()
    inverse = np.linalg.inv(scaled.T @ scaled)
    sd = np.sqrt(squares / freedom)
    return found, sd * np.sqrt(np.diag(inverse)), sd, freedom, inverse


@pytest.mark.parametrize("error", ["normal", "weighted", "normal with an offset"])
def test_intervals_are_those_of_student(error):
    rows, random = columns_of(), np.random.default_rng(4)
    each = np.linspace(0.5, 2.0, len(TIMES)) if error == "weighted" else np.ones(len(TIMES))
    values = rows @ GAINS + 0.05 * each * random.standard_normal(len(TIMES))
    offset = ("seen",) if "offset" in error else ()
    columns = np.column_stack([rows, np.ones(len(rows))]) if offset else rows
    dataset = fitted(table(values, each), error.split()[0], offset=offset)
    found, wide, sd, freedom, _ = regression(columns, values, 1.0 / each)
    assert dataset["estimate"].values[:2] == pytest.approx(found[:2], rel=1e-6)
    assert dataset["standard_error"].values[:2] == pytest.approx(wide[:2], rel=1e-5)
    for level, name in ((0.9, "interval_90"), (0.95, "interval_95")):
        half = stats.t.ppf(0.5 * (1.0 + level), freedom) * wide[:2]
        ends = np.array([found[:2] - half, found[:2] + half]).T
        # Ends are interpolated between the points of the profile.
        middle = ends.mean(axis=1, keepdims=True)
        assert dataset[name].values[:2] - middle == pytest.approx(ends - middle, rel=5e-3)
    low, high = dataset["interval_90"].values[2]
    squares = freedom * sd**2
    held = stats.chi2.cdf(squares / low**2, freedom) - stats.chi2.cdf(squares / high**2, freedom)
    assert held == pytest.approx(0.9, abs=2e-3)


def test_bands_are_those_of_regression():
    rows, random = columns_of(), np.random.default_rng(5)
    values = rows @ GAINS + 0.05 * random.standard_normal(len(TIMES))
    dataset = fitted(table(values), profile=False)
    found, _, sd, freedom, inverse = regression(rows, values, np.ones(len(TIMES)))
    curve = dataset.isel(curve=0)
    fine = columns_of(curve["curve_time"].values)
    of_mean = np.einsum("ti,ij,tj->t", fine, inverse, fine)
    t = stats.t.ppf(0.95, freedom)
    for name, variance in (("high", of_mean), ("new_high", 1.0 + of_mean)):
        wanted = t * sd * np.sqrt(variance)
        assert curve[f"curve_{name}"].values - fine @ found == pytest.approx(wanted, rel=1e-4)


def test_errors_that_are_known_are_those_of_the_normal():
    rows, random = columns_of(), np.random.default_rng(6)
    values = rows @ GAINS + 0.05 * random.standard_normal(len(TIMES))
    dataset = fitted(table(values), "normal 0.05")
    wide = 0.05 * np.sqrt(np.diag(np.linalg.inv(rows.T @ rows)))
    assert dataset["standard_error"].values == pytest.approx(wide, rel=1e-5)
    assert dataset["rise_90"].values == pytest.approx(stats.chi2.ppf(0.9, 1))
    assert np.diff(dataset["interval_95"].values)[:, 0] == pytest.approx(
        2 * 1.959964 * wide, rel=5e-3
    )


def test_as_many_numbers_as_values_leave_no_error():
    values = columns_of()[:2] @ GAINS
    data = {key: column[:2] for key, column in table(np.resize(values, 9)).items()}
    dataset = fitted(data)
    assert np.isnan(dataset["standard_error"].values).all()
    assert np.isnan(dataset["interval_95"].values).all()


def largest_likelihood(values, rows, groups, held=None):
    """Return estimates, sds and -2 ln L of a regression whose groups of values scatter apart."""
    columns = rows if held is None else rows[:, 1:]
    sought = values if held is None else values - held * rows[:, 0]
    sds = np.ones(len(groups))
    for _ in range(500):
        wide = np.concatenate([np.full(len(g), sd) for g, sd in zip(groups, sds, strict=True)])
        found = np.linalg.lstsq(columns / wide[:, None], sought / wide, rcond=None)[0]
        away = sought - columns @ found
        new = np.array([np.sqrt(np.mean(away[g] ** 2)) for g in groups])
        if np.allclose(new, sds, rtol=1e-9):
            break
        sds = new
    loss = 2.0 * sum(len(g) * np.log(sd) for g, sd in zip(groups, sds, strict=True))
    return found, sds, loss


def of_groups(rows, groups, sds):
    """Return the degrees of freedom of groups of a regression, by projections."""
    scaled = (
        rows
        / np.concatenate([np.full(len(g), s) for g, s in zip(groups, sds, strict=True)])[:, None]
    )
    whole, others = (np.linalg.qr(each)[0] for each in (scaled, scaled[:, 1:]))
    pull = scaled[:, 0] - others @ (others.T @ scaled[:, 0])
    count = rows.shape[1]
    sized = [
        Sized(
            measured=(),
            errors=(count + k,),
            values=len(group),
            freedom=len(group) - (whole[group] ** 2).sum(),
            shares=np.full(count, (pull[group] ** 2).sum() / (pull @ pull)),
            average=1.0 / len(groups),
        )
        for k, group in enumerate(groups)
    ]
    return SmallSamples(sized=tuple(sized), parameters=count)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "numbers", "ratio", "plain"),
    [((6, 6), 3, 3.0, 0.72), ((6, 6), 2, 1.0, 0.80), ((10, 20), 4, 0.5, 0.86)],
)
def test_errors_of_several_sizes_are_pooled(sizes, numbers, ratio, plain):
    """Chi-squared's 90 % intervals hold the truth as often as `plain`; these nearly as they say."""
    random, sets = np.random.default_rng(1), 1500
    rows = random.standard_normal((sum(sizes), numbers))
    groups = [np.arange(sizes[0]), np.arange(sizes[0], sum(sizes))]
    sds = np.concatenate([np.ones(sizes[0]), np.full(sizes[1], ratio)])
    held = []
    for _ in range(sets):
        values = sds * random.standard_normal(len(sds))
        _, own, loss = largest_likelihood(values, rows, groups)
        rise = largest_likelihood(values, rows, groups, held=0.0)[2] - loss
        wanted = of_groups(rows, groups, own).rises(0.9)[0]
        held.append((rise <= stats.chi2.ppf(0.9, 1), rise <= wanted))
    chi_squared, pooled = np.mean(held, axis=0)
    assert chi_squared == pytest.approx(plain, abs=0.03)
    assert 0.84 <= pooled <= 0.92
