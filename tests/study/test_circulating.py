"""What circulates beside cells in a body alone: kinetics in organs, signals, and mistakes."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from cartflow.core.outcome import InputError
from cartflow.pbpk.organs.equations import OrganEquations
from cartflow.study.study import Study

MODEL = """
title = "Cells that bind a soluble antigen, shed by tissue"
references = []
notes = "A test."
[species.cart]
role = "phenotype"
[species.bound]
role = "phenotype"
[species.antigen]
role = "solute"
unit = "ng/mm^3"
[species.shedding]
role = "resident"
initial = 50
[parameters.binding]
value = "1e4 mm^3/ng/day"
source = "assumed"
standing = "assumed"
[parameters.unbinding]
value = "2 1/day"
source = "assumed"
standing = "assumed"
[parameters.shed]
value = "1e-3 ng/cell/day"
source = "assumed"
standing = "assumed"
[parameters.decay]
value = "0.5 1/day"
source = "assumed"
standing = "assumed"
[parameters.content]
value = "1e-3 ng/cell"
source = "assumed"
standing = "assumed"
[reactions.binds]
consumes = { cart = 1 }
produces = { bound = 1 }
rate = "binding*cart*antigen"
[reactions.antigen_binds]
consumes = { antigen = 1 }
rate = "content*binding*cart*antigen"
[reactions.lets_go]
consumes = { bound = 1 }
produces = { cart = 1 }
rate = "unbinding*bound"
[reactions.antigen_let_go]
produces = { antigen = 1 }
rate = "content*unbinding*bound"
[reactions.sheds]
produces = { antigen = 1 }
rate = "shed*shedding"
[reactions.decays]
consumes = { antigen = 1 }
rate = "decay*antigen"
"""

STUDY = """
title = "Soluble antigen"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
phenotype = "cart"
[circulating.antigen]
like = "protein"
numbers = { molar_mass = "40 kg/mol" }
initial = "1e-3 ng/mm^3"
[organs.venous.kinetics]
models = ["model.toml"]
parameters = { shed = "0 ng/cell/day" }
[organs.bone_marrow.kinetics]
models = ["model.toml"]
[time]
end = "3 days"
every = "1 day"
[solver]
tolerance = 1e-8
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "model.toml").write_text(MODEL)

    def read(settings=None, text=STUDY):
        return Study.from_text(text, folder=tmp_path, settings=settings or {})

    return read


def test_cells_bind_it_in_blood_as_one_stiff_system_says(study):
    one = study()
    kinetics = one.prepared.organs.kinetics
    equations = OrganEquations(kinetics=kinetics)
    result = one.run()
    start = kinetics.start.copy()
    start[kinetics.row("cart", "venous")] += 1e6
    found = solve_ivp(
        lambda _, y: equations.change(y),
        (0, 3),
        start,
        method="Radau",
        jac=lambda _, y: equations.jacobian(y),
        rtol=1e-9,
        atol=1e-9,
    ).y[:, -1]
    for name in ("cart", "bound", "antigen"):
        density = result.tree["body"][f"density_{name}"].isel(time=-1).values
        rows = [kinetics.row(name, site.compartment) for site in kinetics.sites]
        column = kinetics.network.index(name)
        np.testing.assert_allclose(
            density, found[rows] / kinetics.fluid_volumes[:, column], rtol=1e-6
        )
    group = result.tree["circulating"]
    size = float((group["infused_antigen"] + group["made_antigen"]).max())
    assert float(abs(group["residual_antigen"]).max()) <= 1e-12 * size
    assert float(abs(result.tree["balance"]["residual_total"]).max()) <= 1e-12 * 1e6


def test_blood_holds_a_solute_in_its_plasma(study):
    kinetics = study().prepared.organs.kinetics
    column = kinetics.network.index("antigen")
    share = kinetics.fluid_volumes[0, column] / kinetics.volumes[0]
    assert share == pytest.approx(0.55)
    equations = OrganEquations(kinetics=kinetics)
    numeric = np.array(
        [
            (equations.change(kinetics.start + 1 + h) - equations.change(kinetics.start + 1 - h))
            / (2 * h.sum())
            for h in 1e-4 * np.eye(kinetics.size)
        ]
    ).T
    exact = equations.jacobian(kinetics.start + 1)
    np.testing.assert_allclose(numeric, exact, atol=1e-6 * np.abs(exact).max())


SIGNAL = """
title = "Rejection that sets in, everywhere"
references = []
notes = "A test."
[species.cart]
role = "phenotype"
[species.rejection]
role = "signal"
unit = "ng/mm^3"
[parameters.rejecting]
value = "2 mm^3/ng/day"
source = "assumed"
standing = "assumed"
[reactions.rejects]
consumes = { cart = 1 }
rate = "rejecting*rejection*cart"
"""


def test_a_signal_of_the_whole_body_acts_on_all_from_its_time_on(tmp_path):
    (tmp_path / "signal.toml").write_text(SIGNAL)
    text = """
title = "Rejection"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[circulating.rejection]
like = "everywhere"
numbers = { volume = "1 mL" }
[[circulating.rejection.doses]]
amount = "1e3 ng"
time = "2 days"
[organs.venous.kinetics]
models = ["signal.toml"]
[organs.liver.kinetics]
models = ["signal.toml"]
[time]
end = "3 days"
every = "1 day"
"""
    one = Study.from_text(text, folder=tmp_path)
    result = one.run()
    died = result.tree["balance"]["died"].values[:, 0]
    quiet = one.with_settings({"circulating.rejection.doses": []}).run()
    calm = quiet.tree["balance"]["died"].values[:, 0]
    np.testing.assert_allclose(died[:3], calm[:3], rtol=1e-9)
    assert died[3] > calm[3] + 1e4
    signal = result.tree["body"]["density_rejection"].values
    np.testing.assert_allclose(signal, [[0, 0], [0, 0], [1, 1], [1, 1]], rtol=1e-9)


def test_other_cells_travel_as_the_product_does(study):
    one = study(
        {
            "circulating": {
                "antigen": {"like": "protein"},
                "shedding": {"like": "cells", "doses": [{"amount": "1e6 cells"}]},
            },
            "organs.venous.kinetics.parameters.binding": "0 mm^3/ng/day",
            "organs.bone_marrow.kinetics.parameters.binding": "0 mm^3/ng/day",
        }
    )
    result = one.run()
    there = one.prepared.network.names.index("bone_marrow_tissue")
    cells = result.tree["body"]["compartment_cells"].isel(compartment=there, time=-1).values[0]
    amount = result.tree["circulating"]["amount_shedding"].sel(place="bone_marrow")
    assert float(amount.isel(time=-1, compartment_space=1)) == pytest.approx(cells, rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"circulating.antigen.like": "antibdy"}, "antibody"),
        ({"circulating.antigen.numbers.molar_mass": "40 kDa"}, "molar_mass"),
        ({"circulating.antigen.numbers.mass": "40 kg/mol"}, "unknown key 'mass'"),
        ({"circulating.antigen.initial": "1 cell/mm^3"}, "initial"),
        ({"circulating.antigen.doses": [{"amount": "3 mL"}]}, "amount"),
        ({"circulating.antigen.doses": [{"amount": "0 mg"}]}, "must be above 0"),
        ({"circulating.antigen.doses": [{"amount": "1 mg", "time": "9 days"}]}, "time.end"),
        ({"circulating.antigen.permeability": "1 mm/day"}, "has no effect"),
        ({"circulating.cart": {"like": "protein"}}, "no product cell"),
        ({"circulating": {}}, r"say how in a table \[circulating.antigen\]"),
        ({"organs.venous.initial.antigen": "1 ng/mm^3"}, "circulating.antigen.initial"),
        ({"circulating.antigen.numbers.reabsorbed_share": "2"}, "above 1"),
        ({"circulating.antigen": {"like": "cells"}}, "no product cell"),
    ],
)
def test_mistakes_are_answered_in_a_line(study, settings, words):
    with pytest.raises(InputError, match=words) as caught:
        study(settings).run()
    assert "\n" not in str(caught.value)
