"""The organ network: fluid closes, cells are kept, and mice lose cells as published."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import null_space

from cartflow.core.outcome import InputError
from cartflow.core.parameters import Parameter, parameter
from cartflow.pbpk.body import ORGANS
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.observables import in_body
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.flows.streams import streams
from cartflow.pbpk.trafficking import LymphTrafficking, OrganTrafficking
from cartflow.pbpk.tumour import TumourVessels, host_organs
from cartflow.validation.bodies.khot_equations import Reading, curves

BODIES = ["mouse_28g", "human_male"]
MODELS = ["khot2019", "singh2020"]
NONE = parameter("0 1/h", "1/h", source="assumed")


def bolus(network):
    cells = np.zeros((len(network.names), 1))
    cells[network.index("venous")] = 1.0
    return cells


def with_organs(trafficking, **changes):
    organs = {name: replace(organ, **changes) for name, organ in trafficking.organs.items()}
    return replace(trafficking, organs=organs)


def fluid_gain(network):
    """Return inflow - outflow of fluid (mm3/day) of each compartment, all at the density 1."""
    return dict(zip(network.names, network.rates @ network.volumes(), strict=True))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("host", [None, "flank", "brain", "lung", "liver", "gut", "bone_marrow"])
def test_what_blood_brings_it_takes_on(body, model, host):
    body, trafficking = load_body(body), load_trafficking(model)
    tumour = None
    if host is not None:
        tumour = TumourVessels(volume=10.0, host=host_organs(host))
    silent = with_organs(trafficking, transmigration_rate=NONE, elimination_rate=None)
    if tumour is not None:
        silent = replace(silent, tumour=replace(silent.tumour, transmigration_rate=NONE))
    network = organ_network(body, silent, tumour=tumour)
    gain = fluid_gain(network)
    flows = {s.organ: s for s in streams(body, silent, tumour)}
    for name, stream in flows.items():
        # What stays behind is the lymph, which no cell has carried.
        assert gain[f"{name}_vascular"] == pytest.approx(stream.lymph_flow, rel=1e-6)
    scale = body.cardiac_output.value
    assert gain["arterial"] == pytest.approx(0.0, abs=1e-12 * scale)
    assert gain["venous"] == pytest.approx(0.0, abs=1e-12 * scale)


def test_tissue_may_drain_into_the_blood():
    mouse = load_body("mouse_28g")
    khot = with_organs(load_trafficking("khot2019"), tissue_to="blood", transmigration_rate=NONE)
    network = organ_network(mouse, khot)
    gain = fluid_gain(network)
    vascular = [name for name in network.names if name.endswith(("_vascular", "ous", "erial"))]
    scale = mouse.cardiac_output.value
    for name in set(vascular) - {"liver_vascular", "venous", "arterial"}:
        assert gain[name] == pytest.approx(0.0, abs=1e-12 * scale)
    tissue = network.index("spleen_tissue")
    assert network.rates[network.index("liver_vascular"), tissue] > 0
    assert network.rates[network.index("lymph"), tissue] == 0


@pytest.mark.parametrize("body", BODIES)
def test_concentrations_in_a_closed_loop_differ_by_the_lymph_alone(body):
    body = load_body(body)
    silent = with_organs(
        load_trafficking("khot2019"), transmigration_rate=None, elimination_rate=None
    )
    network = organ_network(body, silent)
    cells = NetworkStepper(network=network).step(bolus(network), 1.0)[:, 0]
    vessels = network.volumes() > 0
    vessels[network.index("lymph")] = False
    density = cells[vessels] / network.volumes()[vessels]
    assert density == pytest.approx(np.full(density.shape, density[0]), rel=6e-3)
    arterial = cells[network.index("arterial")] / body.arterial_volume.value
    for stream in streams(body, silent, None):
        if stream.organ in ("lung", "liver"):
            continue
        own = cells[network.index(f"{stream.organ}_vascular")] / stream.vascular_volume
        concentrated = stream.inflow / (stream.inflow - stream.lymph_flow)
        assert own / arterial == pytest.approx(concentrated, rel=1e-9)


@pytest.mark.parametrize("body", BODIES)
def test_without_lymph_all_blood_has_one_concentration(body):
    body = load_body(body)
    dry = parameter({"value": "1e-12", "source": "assumed", "standing": "assumed"}, "1")
    silent = replace(
        with_organs(load_trafficking("khot2019"), transmigration_rate=None, lymph_flow_factor=None),
        lymph_flow_factor=dry,
    )
    network = organ_network(body, silent)
    cells = NetworkStepper(network=network).step(bolus(network), 1.0)[:, 0]
    for place, compartment in enumerate(network.compartments):
        if compartment.space == "vascular":
            density = cells[place] / compartment.volume
            assert density == pytest.approx(1 / body.blood_volume.value, rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("body", BODIES)
def test_columns_sum_to_zero(body, model):
    network = organ_network(load_body(body), load_trafficking(model))
    diagonal = np.abs(np.diag(network.rates))
    assert (np.abs(network.rates.sum(axis=0)) <= 1e-12 * diagonal).all()
    assert (diagonal > 0).sum() == len(network.names) - 2


def test_lost_and_handed_over_keep_what_they_get():
    network = organ_network(load_body("mouse_28g"), load_trafficking("khot2019"))
    for name in ("lost", "handed_over"):
        assert (network.rates[:, network.index(name)] == 0).all()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("body", BODIES)
def test_without_losses_cells_settle_where_nothing_changes(body, model):
    endless = with_organs(load_trafficking(model), elimination_rate=None)
    network = organ_network(load_body(body), endless)
    inside = network.volumes() > 0
    rates = network.rates[np.ix_(inside, inside)]
    at_rest = null_space(rates / np.abs(np.diag(rates)), rcond=1e-11)
    assert at_rest.shape[1] == 1
    at_rest = at_rest[:, 0] / np.abs(np.diag(rates))
    cells = NetworkStepper(network=network).step(bolus(network), 1e5)[inside, 0]
    assert cells == pytest.approx(at_rest / at_rest.sum(), rel=1e-6)


def test_mice_after_a_bolus():
    """Blood is below 15 % of the dose after 2 min; half is lost when the paper's equations do."""
    network = organ_network(load_body("mouse_28g"), load_trafficking("khot2019"))
    stepper = NetworkStepper(network=network)
    soon = stepper.step(bolus(network), 2 / 60 / 24)
    vessels = [c.space == "vascular" for c in network.compartments]
    assert soon[vessels].sum() < 0.15
    days = np.linspace(4, 9, 101)
    left = [in_body(network, stepper.step(bolus(network), day))[0] for day in days]
    half = np.interp(50.0, curves(Reading(), 24 * days)["lost"], days)
    assert half == pytest.approx(6.46, abs=0.01)
    assert np.interp(-0.5, -np.array(left), days) == pytest.approx(half, rel=5e-3)


def test_khot_finds_cells_in_six_tissues_and_few_in_the_tumour():
    """Spleen, liver, lung, kidney, bone and nodes hold > 90 %; the tumour < 1 % of dose per g."""
    tumour = TumourVessels(volume=100.0, host=host_organs("flank"))
    mouse, khot = load_body("mouse_28g"), load_trafficking("khot2019")
    network = organ_network(mouse, khot, tumour=tumour, lumped=True)
    stepper = NetworkStepper(network=network)
    tissues = ("spleen", "liver", "lung", "kidney", "bone", "bone_marrow", "lymph")
    held = [c.organ in tissues for c in network.compartments]
    own = [c.organ == "tumour" for c in network.compartments]
    for day in (1.0, 2.0, 7.0):
        cells = stepper.step(bolus(network), day)
        assert cells[held].sum() / in_body(network, cells)[0] > 0.9
    for day in np.geomspace(1e-3, 30, 50):
        per_gram = stepper.step(bolus(network), day)[own].sum() / 0.1
        assert per_gram < 0.01


def test_elimination_acts_where_the_model_says():
    network = organ_network(load_body("mouse_28g"), load_trafficking("khot2019"))
    lost = network.rates[network.index("lost")]
    assert np.flatnonzero(lost).tolist() == [network.index("lung_tissue")]
    assert lost.max() == pytest.approx(0.325 * 24)


def test_singh_carries_cells_with_plasma():
    network = organ_network(load_body("mouse_28g"), load_trafficking("singh2020"))
    flows = {
        s.organ: s for s in streams(load_body("mouse_28g"), load_trafficking("singh2020"), None)
    }
    assert flows["lung"].blood_flow / 24e3 == pytest.approx(373.131, rel=1e-6)
    assert flows["lung"].lymph_flow / 24e3 == pytest.approx(0.0746, rel=1e-3)
    assert flows["liver"].lymph_flow / 24e3 == pytest.approx(0.00206, rel=1e-6)
    assert flows["spleen"].vascular_volume / 1e3 == pytest.approx(0.0154, rel=3e-3)
    # All plasma once in the central pool, and again in arteries and organs, as published.
    vascular = {c.name: c.volume for c in network.compartments if c.space == "vascular"}
    assert vascular["venous"] / 1e3 == pytest.approx(0.94435, rel=1e-6)
    veins = load_body("mouse_28g").venous_volume.value * 0.55
    others = sum(vascular.values()) - vascular["venous"] + veins
    assert others / 1e3 == pytest.approx(0.94435, rel=1e-6)


def test_total_lymph_is_that_of_khot():
    flows = streams(load_body("mouse_28g"), load_trafficking("khot2019"), None)
    assert sum(s.nodal_flow for s in flows) / 24e3 == pytest.approx(1.65, rel=0.02)


def test_an_organ_without_transmigration_has_only_vessels():
    khot = load_trafficking("khot2019")
    organs = {name: organ for name, organ in khot.organs.items() if name != "heart"}
    network = organ_network(load_body("mouse_28g"), replace(khot, organs=organs))
    assert "heart_vascular" in network.names
    assert "heart_tissue" not in network.names


def test_cells_may_enter_nodes_from_the_blood_and_stay_there():
    khot = load_trafficking("khot2019")
    entry = Parameter(value=36.0, unit="1/day", stated="1.5 1/h", source="x", standing="assumed")
    slow = Parameter(value=10.0, unit="1", stated="10", source="x", standing="assumed")
    nodes = LymphTrafficking(blood_entry_rate=entry, retention=slow, elimination_rate=entry)
    plain = organ_network(load_body("mouse_28g"), khot)
    network = organ_network(load_body("mouse_28g"), replace(khot, lymph=nodes))
    lymph, venous = network.index("lymph"), network.index("venous")
    for name in ("venous", "arterial", "skin_vascular"):
        assert network.rates[lymph, network.index(name)] == 36.0
    assert network.rates[venous, lymph] == pytest.approx(plain.rates[venous, lymph] / 10)
    assert network.rates[network.index("lost"), lymph] == 36.0


def test_parameters_record_everything():
    tumour = TumourVessels(volume=10.0, host=("brain",))
    network = organ_network(load_body("human_male"), load_trafficking("khot2019"), tumour=tumour)
    for name in (
        "body.lung.blood_flow",
        "body.cardiac_output",
        "trafficking.lung.transmigration_rate",
        "trafficking.spleen.retention",
        "trafficking.tumour.vascular_volume",
        "tumour.vascular_fraction",
        "network.lung.transmigration_rate",
        "network.tumour.transmigration_rate",
    ):
        assert isinstance(network.parameters[name], Parameter)
    assert network.scaling == "capture_per_pass"
    rate = network.rates[network.index("lung_tissue"), network.index("lung_vascular")]
    assert rate == network.parameters["network.lung.transmigration_rate"].value


def test_rules_and_names_that_do_not_exist():
    mouse, khot = load_body("mouse_28g"), load_trafficking("khot2019")
    with pytest.raises(InputError, match=r"scaling: unknown name 'capture'.*capture_per_pass"):
        organ_network(mouse, khot, scaling="capture")
    with pytest.raises(InputError, match="lumped needs a tumour"):
        organ_network(mouse, khot, lumped=True)
    with pytest.raises(
        InputError, match=r"unknown name 'lungs_tissue'.*did you mean 'lung_tissue'"
    ):
        organ_network(mouse, khot).index("lungs_tissue")
    with pytest.raises(InputError, match="unknown organ 'kidny'"):
        replace(khot, organs={"kidny": OrganTrafficking()})


def small(rates, names=("a", "b")):
    places = tuple(Compartment(name=n, organ=n, space="tissue", volume=1.0) for n in names)
    return OrganNetwork(compartments=places, rates=np.array(rates, dtype=float), parameters={})


def test_matrices_that_lose_cells_are_refused():
    with pytest.raises(InputError, match="must sum to zero"):
        small([[-1, 0], [0.9, 0]])
    with pytest.raises(InputError, match="not negative"):
        small([[1, 0], [-1, 0]])
    with pytest.raises(InputError, match="not negative"):
        small([[np.nan, 0], [1, 0]])
    with pytest.raises(InputError, match=r"shape \(2, 2\)"):
        small([[-1, 0], [1, 0]], names=("a", "b", "c"))
    with pytest.raises(InputError, match="shape"):
        small([[-1, 0], [1, 0]], names=("a", "a"))


def test_every_organ_has_vessels():
    network = organ_network(load_body("mouse_28g"), load_trafficking("khot2019"))
    assert {f"{name}_vascular" for name in ORGANS} <= set(network.names)


def test_a_tumour_s_retention_slows_its_egress_and_nothing_else():
    body, trafficking = load_body("mouse_28g"), load_trafficking("khot2019")
    tumour = TumourVessels(volume=65.0, host=host_organs("flank"), node="inguinal_node")
    held = replace(tumour, retention=parameter(3.0, "1", source="assumed"))
    one, other = (organ_network(body, trafficking, tumour=each) for each in (tumour, held))
    np.testing.assert_array_equal(one.rates, other.rates)
    assert other.egress_rate == pytest.approx(one.egress_rate / 3.0, rel=1e-15)
    assert other.parameters["tumour.retention"].value == 3.0
    assert one.parameters["tumour.retention"].value == 1.0
    # Lumped, its egress is one of the rates.
    lumped = organ_network(body, trafficking, tumour=held, lumped=True)
    place, node = lumped.index("tumour_tissue"), lumped.index("draining_node")
    assert lumped.rates[node, place] == other.egress_rate
