"""Standard deviations that are known up to a factor: least squares with weights."""

import numpy as np
import pytest

from cartflow.alone.simulate import simulate
from cartflow.analyses.fit.mixed.run import fit_mixed
from cartflow.analyses.fit.run import fit
from cartflow.core.outcome import InputError

VARY = ["growth_rate=[0.02, 2] 1/h", "killing_constant=[0.04, 4] 1/h"]
TIMES = np.linspace(0.3, 5.4, 12)
BOTH = {"tumour": "weighted", "cart": "weighted"}


def table(times=TIMES, subjects=("well",)):
    course = simulate("brummer2022", "pbt1_cart_0125").course
    random = np.random.default_rng(8)
    data = {k: [] for k in ("subject", "time", "time_unit", "observable", "value", "sd", "unit")}
    for subject in subjects:
        for name, sd in (("tumour", 0.2), ("cart", 0.1)):
            truth = course.at(times)[:, course.network.index(name)]
            for k, (day, value) in enumerate(zip(times, truth, strict=True)):
                own = sd * (1 + k % 3)
                noisy = value + 0.1 * own * random.standard_normal()
                row = (subject, float(day), "day", name, float(noisy), own, "1")
                for column, cell in zip(data.values(), row, strict=True):
                    column.append(cell)
    return data


@pytest.fixture(scope="module")
def weighted():
    return fit(
        "brummer2022",
        table(),
        VARY,
        scenario="pbt1_cart_0125",
        errors=BOTH,
        starts=2,
        profile=False,
    )


def test_they_are_least_squares_with_weights_and_one_factor(weighted):
    plain = fit(
        "brummer2022",
        table(),
        VARY,
        scenario="pbt1_cart_0125",
        errors=dict.fromkeys(BOTH, "measured"),
        starts=2,
        profile=False,
    )
    assert weighted.dataset["parameter"].values.tolist() == [
        "growth_rate",
        "killing_constant",
        "factor of all sd",
    ]
    for name in ("growth_rate", "killing_constant"):
        assert weighted.estimates[name] == pytest.approx(plain.estimates[name], rel=1e-5)
    away = plain.dataset["residual"].values
    factor = np.sqrt(np.mean(away**2))
    assert weighted.estimates["factor of all sd"] == pytest.approx(factor, rel=1e-5)
    narrow, wide = (each.dataset["standard_error"].values[:2] for each in (plain, weighted))
    # As lmfit and R's nls scale them: with values less numbers as degrees of freedom.
    unbiased = factor * np.sqrt(len(away) / (len(away) - 2))
    assert wide == pytest.approx(unbiased * narrow, rel=1e-4)
    told = [line for line in plain.summary_lines() if line.startswith("errors        tumour")]
    seen = plain.dataset["observable"].values == "tumour"
    root = np.sqrt(np.mean(away[seen] ** 2))
    assert told == [
        f"errors        tumour: measured sd, of which residuals are {root:.3g} in the root mean "
        "square"
    ]


def test_subjects_that_differ_may_have_them():
    subjects = ("a", "b", "c")
    found = fit_mixed(
        "brummer2022",
        table(np.linspace(0.5, 5.0, 5), subjects),
        VARY[:1],
        ["growth_rate"],
        scenario="pbt1_cart_0125",
        errors=BOTH,
        points=1,
        starts=1,
    )
    estimates = dict(
        zip(
            found.dataset["parameter"].values.tolist(),
            found.dataset["estimate"].values.tolist(),
            strict=True,
        )
    )
    assert estimates["factor of all sd"] == pytest.approx(0.1, rel=0.4)
    assert estimates["growth_rate"] == pytest.approx(0.2303, rel=0.05)


def test_they_need_a_standard_deviation_of_every_value():
    data = table()
    data["sd"][3] = ""
    with pytest.raises(InputError, match="'weighted' needs a column 'sd' for every value"):
        fit("brummer2022", data, VARY, scenario="pbt1_cart_0125", errors=BOTH)
