"""What data cannot tell is named in words: products, scale beside offset, shares beside counts."""

import numpy as np
import pytest

from cartflow.alone.simulate import simulate
from cartflow.analyses.fit.run import fit

# Killing in proportion to the antigen of a tumour cell, which is nowhere else.
KILLED = """
title = "Killing by antigen"
references = []
species.tumour = { role = "signal", unit = "1", long_name = "tumour cells" }
parameters.growth = { value = "0.3 1/day", source = "assumed", standing = "assumed" }
parameters.killing = { value = "0.2 1/day", source = "assumed", standing = "assumed" }
parameters.antigen = { value = 2, source = "assumed", standing = "assumed" }
[reactions.grown]
produces = { tumour = 1 }
rate = "growth*tumour"
[reactions.killed]
consumes = { tumour = 1 }
rate = "killing*antigen*tumour^2"
[scenarios.one]
source = "assumed"
standing = "assumed"
end = "20 days"
initial = { tumour = 0.1 }
"""


def table(times, **courses):
    """Values of one subject at times (days), by observable."""
    random = np.random.default_rng(2)
    rows = [
        ("a", float(t), "day", name, float(v * np.exp(0.05 * random.standard_normal())), "1")
        for name, course in courses.items()
        for t, v in zip(times, course, strict=True)
    ]
    names = ("subject", "time", "time_unit", "observable", "value", "unit")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def test_killing_times_antigen_is_named(folder):
    (folder / "killed.toml").write_text(KILLED)
    times = np.linspace(1.0, 20.0, 12)
    data = table(times, tumour=simulate("killed.toml").course.at(times)[:, 0])
    vary = ["growth=[0.03, 3] 1/day", "killing=[0.02, 2] 1/day", "antigen=[0.2, 20]"]
    found = fit("killed.toml", data, vary, starts=2, profile=False).dataset
    assert found.attrs["not_known"] == (
        "killing x antigen: only their product is known (killing x antigen)"
    )
    assert np.isfinite(found["standard_error"].values[0])
    assert np.isnan(found["standard_error"].values[1:3]).all()


def test_scale_beside_offset_of_what_does_not_change_is_named(folder):
    still = KILLED.replace("killing*antigen*tumour^2", "growth*tumour")
    (folder / "still.toml").write_text(still)
    data = table(np.linspace(1.0, 20.0, 12), signal=np.full(12, 3.0))
    vary = ["gain=linear:[0, 50]", "base=linear:[0, 50]"]
    found = fit(
        "still.toml",
        data,
        vary,
        observables={"signal": "gain*tumour + base"},
        starts=2,
        profile=False,
    ).dataset
    assert found.attrs["not_known"] == (
        "gain and base: not known apart; they can change together, and nothing is seen"
    )


CASES = {
    "brummer2022": (
        "pbt1_cart_0125",
        np.linspace(0.2, 5.6, 24),
        ["killing_constant=[0.04, 4] 1/h", "stimulation_constant=[0.004, 0.4] 1/h",
         "crowding=[0.05, 5]", "initial.tumour=[0.05, 5]", "initial.cart=[0.01, 1]"],
    ),
    "conte2025": (
        "cart_1_10",
        np.linspace(0.15, 2.85, 24),
        ["killing_constant=[0.5, 50] 1/day", "stimulation_constant=[0.06, 6] 1/day",
         "carrying_capacity=[0.5, 50]", "initial.tumour=[0.01, 50]", "initial.cart=[0.001, 5]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_shares_leave_the_number_of_cells_open_which_counts_do_not(name):
    scenario, times, vary = CASES[name]
    course = simulate(name, scenario).course
    cart, tumour = (course.at(times)[:, course.network.index(n)] for n in ("cart", "tumour"))
    more = {"scenario": scenario, "starts": 1, "profile": False}
    counts = fit(name, table(times, cart=cart, tumour=tumour), vary, **more).dataset
    assert counts.attrs["not_known"] == ""
    assert np.isfinite(counts["standard_error"].values).all()
    seen = {"share": "cart/(cart + tumour)"}
    shares = fit(name, table(times, share=cart / (cart + tumour)), vary, observables=seen, **more)
    # All counts may be ten times as many where every rate per cell is a tenth.
    open_ = shares.dataset["open_direction"].values
    assert len(open_) == 1
    signs = {"killing_constant": -1, "stimulation_constant": -1, "crowding": -1,
             "carrying_capacity": 1, "initial.tumour": 1, "initial.cart": 1}  # fmt: skip
    names = shares.dataset["parameter"].values.tolist()
    expected = np.array([signs.get(each, 0) for each in names])
    away = open_[0] / open_[0][names.index("initial.cart")]
    np.testing.assert_allclose(away, expected, atol=1e-4)
    assert "initial.cart: not known apart; known are only " in shares.dataset.attrs["not_known"]
