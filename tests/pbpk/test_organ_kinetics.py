"""Kinetics in organs: against the matrix exponential, SciPy, closed balances, observed orders."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from cartflow.core.outcome import InputError, StepFailed
from cartflow.core.parameters import parameter
from cartflow.kinetics.files.load import load
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.kinetics.runs.ode import integrate as well_mixed
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.compartments import Compartment
from cartflow.pbpk.flows.network import OrganNetwork, organ_network
from cartflow.pbpk.flows.stepper import NetworkStepper
from cartflow.pbpk.organs.equations import OrganEquations
from cartflow.pbpk.organs.kinetics import OrganKinetics, Site
from cartflow.pbpk.organs.plan import plan
from cartflow.pbpk.organs.result import Animals, one_animal
from cartflow.pbpk.organs.run import integrate
from cartflow.pbpk.organs.stepper import OrganStepper

MARROW = "bone_marrow_tissue"
DAYS = np.linspace(0, 28, 29)
BOLUS = Dose(route="intravenous", cells=1e6, phenotype="cart")


def kinetics_of(name):
    found = load(name)
    return getattr(found, "network", found)


def organs(body="mouse_28g", model="khot2019"):
    return organ_network(load_body(body), load_trafficking(model))


def marrow(network=None, body=None, **keys):
    site = {"volume": 432.0, "initial": {"tumour": 1e4}, **keys}
    return OrganKinetics(
        organs=organs() if body is None else body,
        network=network or kinetics_of("predator_prey_exhaustion"),
        sites=(Site(compartment=MARROW, **site),),
    )


def two_phenotypes():
    """Effector cells that become memory cells and back, and eat a tumour; all of it made up."""
    values = {"grow": 0.3, "kill": 0.9, "calm": 0.4, "wake": 0.1, "die": 0.2}
    return Network(
        name="two",
        species=(
            Species(name="effector", role="phenotype"),
            Species(name="tumour", role="resident"),
            Species(name="memory", role="phenotype"),
            Species(name="spent", role="product"),
            Species(name="signal", role="solute", unit="ng/mm^3"),
        ),
        parameters={k: parameter(f"{v} 1/day", "1/day") for k, v in values.items()}
        | {
            "half": parameter("2e3 cell/mm^3", "cell/mm^3"),
            "secreted": parameter("1e-4 ng/cell/day", "ng/cell/day"),
            "gone": parameter("80 1/day", "1/day"),
        },
        reactions=(
            Reaction(name="growth", produces={"tumour": 1}, rate="grow*tumour"),
            Reaction(
                name="killing",
                consumes={"tumour": 1},
                rate="kill*effector*tumour/(half + tumour + effector)",
            ),
            Reaction(
                name="expansion",
                produces={"effector": 1},
                rate="kill*effector*tumour/(half + tumour)",
            ),
            Reaction(
                name="calming",
                consumes={"effector": 1},
                produces={"memory": 1},
                rate="calm*effector",
            ),
            Reaction(
                name="waking",
                consumes={"memory": 1},
                produces={"effector": 2},
                rate="wake*memory*tumour/(half + tumour)",
            ),
            Reaction(
                name="spending",
                consumes={"effector": 2},
                produces={"spent": 1},
                rate="die*effector",
            ),
            Reaction(name="end", consumes={"spent": 1}, rate="die*spent"),
            Reaction(name="secretion", produces={"signal": 1}, rate="secreted*effector"),
            Reaction(name="clearance", consumes={"signal": 1}, rate="gone*signal"),
        ),
    )


def everywhere():
    """Return kinetics in marrow, spleen and venous blood, each with numbers of its own."""
    return OrganKinetics(
        organs=organs(),
        network=two_phenotypes(),
        sites=(
            Site(compartment=MARROW, initial={"tumour": 1e3}, volume=300.0),
            Site(compartment="spleen_tissue", parameters={"kill": "0.5 1/day"}),
            Site(compartment="venous", initial={"memory": 2.0}, parameters={"grow": "0.1 1/day"}),
        ),
    )


def reference(kinetics, start, times, supply=0.0, rtol=1e-10):
    equations = OrganEquations(kinetics=kinetics)
    found = solve_ivp(
        lambda _, y: equations.change(y) + supply,
        (times[0], times[-1]),
        start,
        "Radau",
        t_eval=times,
        rtol=rtol,
        atol=1e-8,
        jac=lambda _, y: equations.jacobian(y),
    )
    assert found.success
    return found.y.T


def relative(found, expected, floor):
    return np.max(np.abs(found - expected) / np.maximum(np.abs(expected), floor))


def balance(runs):
    return np.abs(runs.residual()).max() / (runs.given() + runs.born()).sum(axis=-1).max()


@pytest.mark.parametrize("body", ["mouse_28g", "human_male"])
@pytest.mark.parametrize("model", ["khot2019", "singh2020"])
def test_without_reactions_it_is_the_matrix_exponential(body, model):
    network = organs(body, model)
    kinetics = marrow(kinetics_of("none"), network)
    times = [0.0, 1e-4, 0.02, 1.0, 9.0]
    runs = integrate(kinetics, [BOLUS], times, 1e-8)
    for number, time in enumerate(times):
        expected = 1e6 * expm(network.rates * time)[:, network.index("venous")]
        assert relative(runs.cells()[0, number, 0], expected, 1.0) < 1e-7
    np.testing.assert_allclose(runs.residents(), 432e4, rtol=1e-12)
    assert balance(runs) < 1e-12


@pytest.mark.parametrize("build", [marrow, everywhere])
def test_against_scipy(build):
    kinetics = build()
    phenotype = kinetics.phenotypes[0]
    doses = [Dose(route="intravenous", cells=1e6, phenotype=phenotype)]
    runs = integrate(kinetics, doses, DAYS, 1e-8)
    expected = reference(kinetics, runs.states[0, 0], DAYS)
    assert relative(runs.states[0], expected, 1e-2) < 1e-7
    assert runs.states.min() >= 0
    assert balance(runs) < 1e-12


@pytest.mark.parametrize(("tolerance", "bound"), [(1e-2, 1e-3), (1e-3, 2e-4), (1e-5, 3e-6)])
def test_the_error_is_below_the_tolerance(tolerance, bound):
    kinetics = everywhere()
    dose = Dose(route="intravenous", cells=1e6, phenotype="effector")
    exact = integrate(kinetics, [dose], DAYS, 1e-9).states
    found = integrate(kinetics, [dose], DAYS, tolerance)
    assert relative(found.states, exact, 1.0) < bound
    assert balance(found) < 1e-12


def test_order_in_time():
    """Equal steps from a smooth state: four times fewer by half, at order four sixteen times."""
    kinetics = everywhere()
    dose = Dose(route="intravenous", cells=1e6, phenotype="effector")
    smooth = integrate(kinetics, [dose], [0.0, 2.0], 1e-9).states[0, -1]
    animal = Animals(
        rates=kinetics.organs.rates[None],
        volumes=kinetics.volumes[None],
        parameters=kinetics.parameters[None],
        start=smooth[None],
        shares=np.ones(1),
    )
    exact = integrate(kinetics, [], [0.0, 2.0], 1e-10, animal).states[0, -1]
    errors = []
    for count in (8, 16, 32):
        # A tolerance near one leaves the steps to the times asked for, but for the first few.
        times = np.concatenate(
            [np.geomspace(1e-6, 0.01, 40), 0.01 + np.linspace(0, 2 - 0.01, count + 1)[1:]]
        )
        runs = integrate(kinetics, [], np.concatenate([[0.0], times]), 0.99, animal)
        errors.append(relative(runs.states[0, -1], exact, 1.0))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 3.5).all(), orders


def test_the_jacobian():
    kinetics = everywhere()
    state = np.random.default_rng(8).uniform(1, 1e4, kinetics.size)
    equations = OrganEquations(kinetics=kinetics)
    found = equations.jacobian(state)
    for column in range(kinetics.size):
        step = 1e-3 * state[column]
        up, down = state.copy(), state.copy()
        up[column] += step
        down[column] -= step
        expected = (equations.change(up) - equations.change(down)) / (2 * step)
        scale = np.abs(kinetics.organs.rates).max() * 1e-10
        np.testing.assert_allclose(found[:, column], expected, rtol=1e-5, atol=scale)


def closed_site():
    """Return a body in which the site is cut off, so that it is well mixed and alone."""
    compartments = tuple(
        Compartment(name=name, organ=name, space="tissue", volume=7.0)
        for name in ("venous", "site", "lost", "handed_over")
    )
    return OrganNetwork(
        compartments=compartments,
        rates=np.zeros((4, 4)),
        parameters={},
        routes={"intravenous": {"venous": 1.0}},
    )


@pytest.mark.parametrize("name", ["predator_prey_exhaustion", "nagumo", "logistic_growth"])
def test_a_site_alone_is_the_well_mixed_model(name):
    network = kinetics_of(name)
    initial = {"cart": 3e4, "tumour": 2e4}
    initial = {key: value for key, value in initial.items() if key in network.species_names}
    kinetics = OrganKinetics(
        organs=closed_site(), network=network, sites=(Site(compartment="site", initial=initial),)
    )
    times = np.linspace(0, 10, 6)
    runs = integrate(kinetics, [], times, 1e-8)
    expected = well_mixed(network, initial, times, rtol=1e-11, atol=1e-9)
    found = runs.states[0][:, kinetics.places[0]] / 7.0
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", ["effector_memory_exhausted", "singh2021", "antigen_escape"])
def test_published_models_in_the_marrow(name):
    network = kinetics_of(name)
    initial = {s.name: s.initial or 10.0 for s in network.species if s.role == "resident"}
    kinetics = marrow(network, initial=initial)
    times = np.array([0.0, 0.3, 3.0, 10.0])
    dose = Dose(route="intravenous", cells=1e6, phenotype=kinetics.phenotypes[0])
    runs = integrate(kinetics, [dose], times, 1e-7)
    expected = reference(kinetics, runs.states[0, 0], times, rtol=1e-9)
    assert relative(runs.states[0], expected, 1e-2) < 1e-6
    assert runs.states.min() >= 0
    assert balance(runs) < 1e-12


def test_a_rate_of_infinite_slope_at_zero():
    """A tumour that is eaten from its surface, T' = -2 k sqrt(T), is gone at sqrt(T0)/k."""
    network = Network(
        name="root",
        species=(
            Species(name="cart", role="phenotype"),
            Species(name="tumour", role="resident"),
        ),
        parameters={
            "k": parameter("5 1/day", "1/day"),
            "unit": parameter("1 cell/mm^3", "cell/mm^3"),
        },
        reactions=(Reaction(name="kill", consumes={"tumour": 1}, rate="2*k*sqrt(tumour*unit)"),),
    )
    kinetics = marrow(network, initial={"tumour": 100.0})
    times = np.array([0.0, 1.0, 1.9, 2.1, 5.0])
    runs = integrate(kinetics, [BOLUS], times, 1e-6)
    expected = 432 * np.maximum(10 - 5 * times, 0) ** 2
    np.testing.assert_allclose(runs.residents()[0, :, 0, 0], expected, rtol=1e-5, atol=1e-3)
    assert runs.states.min() >= 0
    assert balance(runs) < 1e-12


def test_infusions_and_later_boluses():
    kinetics = marrow()
    doses = [
        Dose(route="intravenous", cells=5e5, phenotype="cart", time=1.0, duration=0.5),
        Dose(route="intravenous", cells=2e5, phenotype="cart", time=3.3),
    ]
    runs = integrate(kinetics, doses, [0.0, 1.25, 3.3, 6.0], 1e-8)
    np.testing.assert_allclose(runs.given()[0, :, 0], [0, 2.5e5, 7e5, 7e5], rtol=1e-14)
    venous = kinetics.row("cart", "venous")
    supply = np.zeros(kinetics.size)
    supply[venous] = 1e6
    y = reference(kinetics, kinetics.start, [0.0, 1.0])[-1]
    y = reference(kinetics, y, [1.0, 1.5], supply)[-1]
    y = reference(kinetics, y, [1.5, 3.3])[-1]
    y[venous] += 2e5
    assert relative(runs.states[0, 2], y, 1.0) < 1e-6
    y = reference(kinetics, y, [3.3, 6.0])[-1]
    assert relative(runs.states[0, 3], y, 1.0) < 1e-6
    assert balance(runs) < 1e-12


def test_what_is_born_dies_and_changes():
    kinetics = everywhere()
    dose = Dose(route="intravenous", cells=1e6, phenotype="effector")
    runs = integrate(kinetics, [dose], DAYS, 1e-6)
    assert kinetics.products == ("effector", "memory", "spent")
    np.testing.assert_allclose(
        runs.converted().sum(axis=-1), 0, atol=1e-9 * runs.born().sum(axis=-1).max()
    )
    each = runs.given() + runs.born() - runs.died() + runs.converted() - runs.in_body()
    assert np.abs(each).max() < 1e-12 * (runs.given() + runs.born()).sum(axis=-1).max()
    for counted in (runs.born(), runs.died()):
        assert (np.diff(counted, axis=1) >= 0).all()
    lost = runs.cells()[0, -1, :, kinetics.organs.index("lost")]
    assert (runs.died()[0, -1, :2] >= lost).all()


def test_a_tumour_that_is_eaten_up_stays_positive():
    network = kinetics_of("predator_prey").with_parameters({"killing_rate": "50 1/day"})
    kinetics = marrow(network, initial={"tumour": 30.0, "cart": 5e3})
    for tolerance in (1e-2, 1e-4, 1e-6):
        runs = integrate(kinetics, [BOLUS], np.linspace(0, 60, 13), tolerance)
        assert runs.states.min() >= 0
        assert balance(runs) < 1e-12
    assert runs.residents()[0, -1, 0, 0] < 1e-3


@pytest.mark.parametrize("tolerance", [0.5, 1e-2, 1e-4, 1e-7])
def test_nothing_is_negative_at_any_tolerance(tolerance):
    runs = integrate(
        everywhere(),
        [Dose(route="intravenous", cells=1e6, phenotype="effector")],
        np.concatenate([[0.0], np.geomspace(1e-7, 50, 40)]),
        tolerance,
    )
    assert runs.states.min() >= 0
    assert runs.events.min() >= 0


def animals(kinetics, number, seed=3):
    one, random = one_animal(kinetics), np.random.default_rng(seed)
    factors = np.exp(0.3 * random.standard_normal((number, 1, one.parameters.shape[2])))
    return Animals(
        rates=np.repeat(one.rates, number, axis=0),
        volumes=one.volumes * np.exp(0.2 * random.standard_normal((number, 1))),
        parameters=one.parameters * factors,
        start=np.repeat(one.start, number, axis=0),
        shares=random.uniform(0.5, 2, number),
    )


def test_each_animal_by_itself():
    """No animal's numbers depend on who else is integrated, nor on how often."""
    kinetics = marrow()
    many = animals(kinetics, 70)
    together = integrate(kinetics, [BOLUS], DAYS[:8], 1e-3, many)
    again = integrate(kinetics, [BOLUS], DAYS[:8], 1e-3, many)
    np.testing.assert_array_equal(together.states, again.states)
    np.testing.assert_array_equal(together.events, again.events)
    for animal in (0, 33, 69):
        alone = Animals(**{k: v[animal : animal + 1] for k, v in vars(many).items()})
        runs = integrate(kinetics, [BOLUS], DAYS[:8], 1e-3, alone)
        np.testing.assert_array_equal(runs.states[0], together.states[animal])
        np.testing.assert_array_equal(runs.steps[0], together.steps[animal])
    assert balance(together) < 1e-12
    np.testing.assert_allclose(together.given()[:, -1, 0], 1e6 * many.shares, rtol=1e-14)


def test_steps_add_up_to_the_run():
    kinetics = everywhere()
    stepper = OrganStepper(kinetics=kinetics, tolerance=1e-8)
    state = kinetics.start.copy()
    state[kinetics.row("effector", "venous")] += 1e6
    born = died = converted = 0.0
    for dt in (1e-3, 0.0, 0.2, 1.7):
        state, turned = stepper.step(state, dt)
        born, died, converted = (
            born + turned.born,
            died + turned.died,
            converted + turned.converted,
        )
    dose = Dose(route="intravenous", cells=1e6, phenotype="effector")
    runs = integrate(kinetics, [dose], [0.0, 1.901], 1e-8)
    assert relative(state, runs.states[0, -1], 1.0) < 1e-7
    np.testing.assert_allclose(born, runs.born()[0, -1], rtol=1e-6)
    np.testing.assert_allclose(converted, runs.converted()[0, -1], rtol=1e-6)
    lost = state[[kinetics.row(name, "lost") for name in kinetics.phenotypes]]
    np.testing.assert_allclose([*(died[:2] + lost), died[2]], runs.died()[0, -1], rtol=1e-6)


def test_a_step_without_reactions_is_the_network_s():
    network = organs()
    kinetics = marrow(kinetics_of("none"), network)
    state = np.zeros(kinetics.size)
    state[: len(network.names)] = np.random.default_rng(1).uniform(0, 1e5, len(network.names))
    supply = np.zeros(kinetics.size)
    supply[network.index("venous")] = 1e6
    found, _ = OrganStepper(kinetics=kinetics, tolerance=1e-9).step(state, 0.3, supply)
    exact = NetworkStepper(network=network)
    count = len(network.names)
    expected = exact.step(state[:count, None], 0.3, supply[:count, None])[:, 0]
    np.testing.assert_allclose(found[:count], expected, rtol=1e-8, atol=1e-3)
    with pytest.raises(StepFailed, match="cannot step over -1 day"):
        OrganStepper(kinetics=kinetics).step(state, -1.0)


def test_explosions_are_reported():
    explosive = Network(
        name="explosive",
        species=(Species(name="cart", role="phenotype"),),
        parameters={"k": parameter("1 mm^3/cell/day", "mm^3/cell/day")},
        reactions=(Reaction(name="r", produces={"cart": 1}, rate="k*cart*cart"),),
    )
    with pytest.raises(StepFailed, match="the step has become too small"):
        integrate(marrow(explosive, initial={}), [BOLUS], DAYS)


def test_only_local_reactions_act_in_organs():
    network = kinetics_of("predator_prey")
    first, *others = network.reactions
    exchange = replace(network, reactions=(replace(first, scope="exchange"), *others))
    assert len(marrow(exchange).network.reactions) == len(others)
    body = replace(network, reactions=(replace(first, scope="body"), *others))
    with pytest.raises(InputError, match="reaction 'tumour_growth' holds for the whole body"):
        marrow(body)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: marrow(kinetics_of("chemokine")), "no species has the role phenotype"),
        (lambda: marrow(volume=0.0), "site 'bone_marrow_tissue': volume 0 mm"),
        (lambda: marrow(initial={"tumor": 1.0}), r"initial: unknown name 'tumor'.*'tumour'"),
        (lambda: marrow(initial={"tumour": -1.0}), r"initial\.tumour: -1 is not a density"),
        (lambda: marrow(parameters={"killing": "1 1/day"}), "unknown name 'killing'"),
        (lambda: marrow(parameters={"killing_rate": "1 mm"}), "killing_rate: '1 mm' has the dim"),
        (
            lambda: OrganKinetics(organs=organs(), network=kinetics_of("nagumo"), sites=()),
            "organ kinetics: no site",
        ),
        (
            lambda: OrganKinetics(
                organs=organs(),
                network=kinetics_of("nagumo"),
                sites=(Site(compartment="venous"), Site(compartment="venous")),
            ),
            "a compartment is named twice",
        ),
        (
            lambda: OrganKinetics(
                organs=organs(), network=kinetics_of("nagumo"), sites=(Site(compartment="marow"),)
            ),
            "compartment: unknown name 'marow'",
        ),
        (
            lambda: OrganKinetics(
                organs=organs(), network=kinetics_of("nagumo"), sites=(Site(compartment="lost"),)
            ),
            "site 'lost': volume 0 mm",
        ),
        (lambda: marrow().row("cart", "x"), "compartment: unknown name 'x'"),
        (lambda: marrow().row("tumour", "venous"), "sites of 'tumour': unknown name 'venous'"),
        (lambda: integrate(marrow(), [BOLUS], [1.0, 0.0]), "times: at least two finite numbers"),
        (lambda: integrate(marrow(), [BOLUS], DAYS, 0.0), "tolerance 0 must be above 0"),
        (lambda: integrate(marrow(), [BOLUS], [1.0, 2.0]), "dose: time 0 day is before the first"),
        (
            lambda: plan(
                marrow(), [Dose(route="intravenous", cells=1, phenotype="exhausted")], DAYS
            ),
            "dose: phenotype: unknown name 'exhausted'; allowed: cart",
        ),
    ],
)
def test_what_is_refused(build, message):
    with pytest.raises(InputError, match=message):
        build()
