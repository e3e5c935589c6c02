"""Every body, route and host: the well mixed tumour is the lumped organ, and cells are kept."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.study.checks import hints
from cartflow.study.study import Study

TEXT = """
title = "A well mixed tumour"
[body]
name = "{body}"
[trafficking]
name = "{model}"
[[doses]]
cells = "1e6 cells"
route = "{route}"
{dose}
[tumour]
host = "{host}"
{tumour}
[geometry]
shape = "ball"
radius = "{radius}"
cells = 3
[kinetics]
models = ["none"]
[fields.cart]
diffusivity = "1e3 mm^2/day"
[time]
end = "{end}"
save = ["5 min"]
"""


def study(
    body="mouse_28g",
    model="khot2019",
    route="intravenous",
    host="flank",
    tumour="",
    radius="2 mm",
    dose="",
    end="4 hour",
    **settings,
):
    text = TEXT.format(**{k: v for k, v in locals().items() if k != "settings"})
    return Study.from_text(text, settings={k.replace("__", "."): v for k, v in settings.items()})


class Lumped:
    """The same study with the tumour's tissue as a compartment, solved exactly."""

    def __init__(self, of):
        table = of.table
        self.of = of
        self.network = organ_network(
            load_body(table.body.name),
            load_trafficking(table.trafficking.name),
            scaling=of.scaling(),
            tumour=of.vessels(),
            cavities=of.cavities(),
            lumped=True,
        )
        self.stepper = NetworkStepper(network=self.network)

    def at(self, end):
        cells, time = np.zeros((len(self.network.names), 1)), 0.0
        doses = self.of.simulation.coupled.doses
        events = {t for d in doses for t in (d.time, d.end) if t <= end}
        for event in sorted({*events, end}):
            supply = np.zeros_like(cells)
            for dose in doses:
                running = dose.time <= time < dose.end
                supply[:, 0] += self.network.entry(dose.route) * (dose.rate if running else 0.0)
            cells = self.stepper.step(cells, event - time, supply)
            for dose in doses:
                if dose.bolus and dose.time == event:
                    cells = cells + dose.cells * self.network.entry(dose.route)[:, None]
            time = event
        return cells[:, 0]

    def found(self, state):
        own, coupled = self.of.organs, self.of.simulation.coupled
        special = {
            "lost": state.ledger.died[0],
            "handed_over": 0.0,
            "tumour_tissue": coupled.in_tumour(state.tumour)[0],
        }
        return np.array(
            [
                special[n] if n in special else state.body[own.index(n), 0]
                for n in self.network.names
            ]
        )


def worst(of):
    record = of.simulation.run()
    assert record.outcome.status == "finished", record.outcome
    lumped, error = Lumped(of), 0.0
    for state in record.states:
        exact, found = lumped.at(state.time), lumped.found(state)
        # Traces below a millionth of the dose are beyond the control of errors.
        filled = exact > 1.0
        error = max(error, np.max(np.abs(found[filled] / exact[filled] - 1.0), initial=0.0))
        kept = np.sum(state.body) + lumped.found(state)[lumped.network.index("tumour_tissue")]
        ledger = state.ledger
        gap = np.sum(ledger.infused) - np.sum(ledger.died) - kept
        assert abs(gap) <= 1e-10 * np.sum(ledger.infused)
    return error


CASES = {
    "mouse of 20 g": {"body": "mouse_20g"},
    "rat": {"body": "rat_250g", "radius": "4 mm"},
    "woman": {"body": "human_female", "radius": "10 mm"},
    "child of 1 year": {"body": "child_1y", "radius": "8 mm", "host": "brain"},
    "child of 5 years": {"body": "child_5y", "radius": "8 mm", "host": "brain"},
    "child of 10 years": {"body": "child_10y", "radius": "8 mm", "host": "bone_marrow"},
    "boy of 15 years": {"body": "child_15y", "radius": "8 mm", "host": "lung"},
    "hepatic artery": {"route": "hepatic_artery", "host": "liver"},
    "hepatic infusion": {
        "route": "hepatic_artery",
        "host": "liver",
        "model": "tsai2022_liver",
        "dose": 'duration = "1 hour"',
    },
    "carotid artery": {
        "body": "human_male",
        "route": "carotid_artery",
        "host": "brain",
        "radius": "10 mm",
        "tumour": "barrier_breakdown = 0.3",
    },
    "pleura": {
        "model": "tsai2022_pleural",
        "route": "intrapleural",
        "host": "pleura",
        "tumour": 'feeding = "rim"\ncavity_entry_rate = "0.5 1/h"',
    },
    "pleura, khot2019": {
        "route": "intrapleural",
        "host": "pleura",
        "tumour": 'cavity_entry_rate = "0.5 1/h"',
    },
    "ventricles": {
        "body": "human_male",
        "route": "intraventricular",
        "host": "brain",
        "radius": "10 mm",
        "tumour": 'cavity_entry_rate = "0.1 1/h"',
    },
    "lymph node": {"host": "lymph_node"},
    "both ways": {"tumour": 'feeding = "both"\nrim_share = 0.4'},
    "split": {"dose": 'split = [0.1, 0.3, 0.6]\ninterval = "1 hour"'},
    "perfusion limit": {"model": "brown2021"},
    "one rate from blood": {"model": "leon_triana2021", "host": "brain", "body": "human_male"},
    "marrow": {"model": "singh2021", "host": "bone_marrow", "body": "human_male"},
}


@pytest.mark.parametrize("case", CASES)
def test_coupled_tumour_is_the_lumped_one(case):
    assert worst(study(**CASES[case])) < 2e-5


def test_a_node_of_its_own_parts_the_pool_and_changes_nothing_else():
    plain, parted = study(tumour=""), study(tumour="own_node = true")
    assert "draining_node" in parted.organs.names
    assert parted.organs.compartments[parted.organs.draining].organ == "inguinal_node"
    whole, parts = Lumped(plain), Lumped(parted)
    a, b = whole.at(0.2), parts.at(0.2)
    nodes = b[parts.network.index("lymph")] + b[parts.network.index("draining_node")]
    assert nodes == pytest.approx(a[whole.network.index("lymph")], rel=1e-9)
    for name in ("venous", "spleen_tissue", "tumour_tissue"):
        assert b[parts.network.index(name)] == pytest.approx(a[whole.network.index(name)], rel=1e-9)
    assert worst(parted) < 2e-5


def test_first_pass_through_the_artery_raises_delivery():
    entered = [
        study(host="liver", route=route, end="1 hour").run().summary()["reached_tumour"]
        for route in ("intravenous", "hepatic_artery")
    ]
    assert entered[1] > 3 * entered[0]


def test_barrier_breaks_down_between_brain_and_tumour():
    rates = [
        study(host="brain", radius="1 mm", tumour=f"barrier_breakdown = {share}")
        .organs.parameters["network.tumour.transmigration_rate"]
        .value
        for share in (0.0, 0.5, 1.0)
    ]
    assert rates[1] == pytest.approx(0.5 * (rates[0] + rates[2]))
    outside = study().organs.parameters["network.tumour.transmigration_rate"].value
    assert rates[2] == pytest.approx(outside)


def test_split_doses_are_given_one_after_the_other():
    doses = study(**CASES["split"]).simulation.coupled.doses
    assert [round(d.cells) for d in doses] == [100_000, 300_000, 600_000]
    assert [d.time * 24 for d in doses] == pytest.approx([0.0, 1.0, 2.0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"route": "intrapleural"}, r"doses.0.route: 'intrapleural' is for a tumour in pleura or"),
        ({"route": "hepatic_artery", "host": "brain"}, "is for a tumour in liver, but"),
        ({"route": "carotid"}, "doses.0.route: .*did you mean 'carotid_artery'"),
        (
            {
                "body": "mouse_tsai2022_liver",
                "model": "tsai2022_liver",
                "route": "intrapleural",
                "host": "lung",
            },
            "has no cavity 'pleura'; it has: none",
        ),
        ({"host": "flnk"}, "did you mean 'flank'"),
        ({"tumour": 'feeding = "both"'}, "tumour.rim_share: needed with feeding = 'both'"),
        ({"tumour": "rim_share = 0.4"}, "tumour.rim_share: needed with feeding = 'both'"),
        ({"tumour": 'feeding = "both"\nrim_share = 1.5'}, "'1.5' is not below 1"),
        ({"tumour": 'cavity_entry_rate = "1 1/h"'}, "no cavity beside the host 'flank'"),
        ({"tumour": "barrier_breakdown = 0.5"}, "only a tumour in the brain has one"),
        (
            {"host": "brain", "tumour": "barrier_breakdown = 1.5"},
            "tumour.barrier_breakdown: '1.5' is not in",
        ),
        ({"tumour": "own_node = true", "host": "lymph_node"}, "drains to all nodes"),
        ({"dose": "split = [0.5, 0.5]"}, "needs both 'split' and 'interval'"),
        ({"dose": 'split = [0.5, 0.4]\ninterval = "1 hour"'}, "shares add up to 0.9, not 1"),
        ({"dose": 'split = [0.5, 0.5]\ninterval = "1 day"'}, "the last part is given at 1 day"),
        ({"trafficking__exponent": 0.3}, "only scaling = 'allometric' has one"),
        ({"trafficking__scaling": "weight"}, "trafficking.scaling: .*'allometric'"),
        ({"model": "tsai2022_pleural"}, r"'tsai2022_pleural' has no table \[tumour\]"),
        (
            {"body": "mouse_tsai2022_pleural", "model": "tsai2022_pleural"},
            "host, an organ of body 'mouse_tsai2022_pleural': unknown name 'skin'",
        ),
        (
            {"model": "khot2019", "body": "mouse_tsai2022_liver"},
            "does not tell apart from the rest",
        ),
    ],
)
def test_what_cannot_be_is_told(changes, message):
    with pytest.raises(InputError, match=message) as error:
        _ = study(**changes).simulation
    assert "\n" not in str(error.value)


def test_the_result_counts_cells_in_cavities():
    tree = study(**CASES["pleura"]).run().require_finished().tree
    body = tree["body"].to_dataset()
    inside = body["cells"].sel(organ="pleura", space="cavity").sum("phenotype")
    assert float(inside[0]) == 1e6
    assert 0 < float(inside[-1]) < 5e5
    assert float(body["volume"].sel(organ="pleura", space="cavity")) == pytest.approx(7.28)
    gap = np.abs(tree["balance/residual_total"].values)
    assert gap.max() <= 1e-10 * 1e6


def test_a_cavity_dose_that_the_tumour_does_not_take_up_is_pointed_out():
    without = study(route="intrapleural", host="pleura")
    assert "tumour.cavity_entry_rate is 0" in hints(without.table)[0]
    taken = study(route="intrapleural", host="pleura", tumour='cavity_entry_rate = "1 1/h"')
    assert hints(taken.table) == hints(study().table) == []
