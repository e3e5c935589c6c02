"""Rates see the concentration in the pores: closed forms at a porosity of 0.2, in every loop."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import lambertw

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.geometries.images.mask import voxel_mask
from cartflow.geometries.shapes.ball import ball
from cartflow.geometries.shapes.box import box
from cartflow.geometries.shapes.phantom import lobulated_phantom
from cartflow.geometries.shapes.slab import slab
from cartflow.kinetics.files.load import load, names
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.kinetics.pores import in_pores
from cartflow.pde.fast.engine import FastEngine
from cartflow.pde.fast.evolve import evolve
from cartflow.pde.hindrance import Hindrance
from cartflow.pde.problem import Field, Problem
from cartflow.pde.reference.fipy_engine import FipyEngine
from cartflow.pde.tissue import Tissue
from cartflow.pde.voxels.steps.stabilised import Stabilised

EPS = 0.2
CELLS, DRUG = 300.0, 1.5  # cells/mm3 of tissue, ng/mm3 of pore fluid
ENGINES = {"fast": FastEngine, "fipy": FipyEngine}


def coarse_mask():
    labels, affine = lobulated_phantom(volume=300.0, spacing=(1.0, 1.0, 1.0))
    return voxel_mask(labels, affine, coarsen=2)


GEOMETRIES = {
    "slab": lambda: slab(1.0, 3),
    "ball": lambda: ball(1.0, 3),
    "box in two dimensions": lambda: box([2.0, 1.0], [4, 3]),
    "box in three dimensions": lambda: box([2.0, 1.0, 1.5], [4, 3, 2]),
    "mask": coarse_mask,
}


def network(*reactions, **parameters):
    return Network(
        name="drug",
        species=(
            Species(name="cart", role="phenotype"),
            Species(name="tumour", role="resident"),
            Species(name="drug", role="solute", unit="ng/mm^3"),
            Species(name="product", role="solute", unit="ng/mm^3"),
        ),
        parameters={
            k: parameter(v, v.partition(" ")[2], source="assumed") for k, v in parameters.items()
        },
        reactions=reactions,
    )


DECAY = Reaction(name="decay", consumes={"drug": 1}, rate="k*drug")
SECRETION = Reaction(name="secretion", produces={"drug": 1}, rate="s*cart")
UPTAKE = Reaction(name="uptake", consumes={"drug": 1}, rate="q*cart*drug")
SATURATING = Reaction(name="eating", consumes={"drug": 1}, rate="q*cart*drug/(half + drug)")
KILLING = Reaction(name="killing", consumes={"tumour": 1}, rate="d*tumour*drug/(half + drug)")
BASAL = Reaction(name="basal", produces={"drug": 1}, rate="p")
TURNING = Reaction(name="turning", consumes={"drug": 1}, produces={"product": 1}, rate="k*drug")
BINDING = Reaction(
    name="binding", consumes={"drug": 2}, produces={"product": 1}, rate="b*drug*drug"
)


def problem(geometry, given, porosity=EPS, mobile=True):
    size = geometry.size
    fields = [
        Field(
            name=s.name,
            solute=s.role == "solute",
            diffusivity=np.full(size, 0.5) if mobile and s.role == "solute" else None,
        )
        for s in given.species
    ]
    return Problem(
        geometry=geometry,
        network=given,
        fields=tuple(fields),
        tissue=Tissue(porosity=np.broadcast_to(porosity, size).copy(), hindrance=Hindrance()),
        egress=np.zeros(size),
    )


def after(engine, given, geometry, time=1.0, *, tolerance=1e-7, **start):
    """Return the state after `time`, one number a species, which must be the same everywhere."""
    begin = {"cart": CELLS, "tumour": 100.0, "drug": DRUG, "product": 0.0, **start}
    model = ENGINES[engine](problem(geometry, given))
    state = np.array([np.full(geometry.size, begin[n]) for n in given.species_names])
    tolerance = tolerance if engine == "fast" else 1e-5
    last = evolve(model, state, [0.0, time], tolerance=tolerance).states[-1]
    assert last == pytest.approx(np.broadcast_to(last[:, :1], last.shape), rel=1e-9)
    return dict(zip(given.species_names, last[:, 0], strict=True))


every_loop = pytest.mark.parametrize(
    ("engine", "shape"), [("fast", g) for g in GEOMETRIES] + [("fipy", "slab")]
)


def close(value, engine="fast"):
    """Return `value` within the errors in time; the reference's single steps are of first order."""
    return pytest.approx(value, rel=2e-6 if engine == "fast" else 1e-3)


def test_boxes_take_their_stages_in_one_pass_and_masks_do_not():
    given = network(DECAY, k="1 1/day")
    one = {g: Stabilised(problem(GEOMETRIES[g](), given))._wave for g in list(GEOMETRIES)[2:]}
    assert one["mask"] is None
    assert one["box in two dimensions"] is not None
    assert one["box in three dimensions"] is not None


@every_loop
def test_decay_is_first_order_whatever_the_porosity(engine, shape):
    given = network(DECAY, k="0.7 1/day")
    assert after(engine, given, GEOMETRIES[shape]())["drug"] == close(DRUG * np.exp(-0.7), engine)


@every_loop
def test_what_cells_secrete_gathers_in_the_pores(engine, shape):
    # eps dc/dt = s n - eps k c.
    given = network(SECRETION, DECAY, s="1e-3 ng/cell/day", k="0.7 1/day")
    level = 1e-3 * CELLS / (EPS * 0.7)
    expected = level + (DRUG - level) * np.exp(-0.7)
    assert after(engine, given, GEOMETRIES[shape]())["drug"] == close(expected, engine)


@every_loop
def test_what_cells_take_up_comes_out_of_the_pores(engine, shape):
    # eps dc/dt = -q n c: the half-life is a fifth of that in a dish.
    given = network(UPTAKE, q="4e-4 mm^3/cell/day")
    expected = DRUG * np.exp(-4e-4 * CELLS / EPS)
    assert after(engine, given, GEOMETRIES[shape]())["drug"] == close(expected, engine)


@every_loop
def test_uptake_saturates_with_the_concentration_in_the_pores(engine, shape):
    # eps dc/dt = -q n c/(K + c), so c + K ln c falls by q n t/eps.
    rate, half = 5e-4, 0.4
    given = network(SATURATING, q=f"{rate} ng/cell/day", half=f"{half} ng/mm^3")
    whole = (DRUG - rate * CELLS / EPS) / half
    expected = half * float(np.real(lambertw(DRUG / half * np.exp(whole))))
    assert after(engine, given, GEOMETRIES[shape]())["drug"] == close(expected, engine)


@every_loop
def test_killing_is_half_of_the_highest_at_the_half_saturation(engine, shape):
    given = network(KILLING, d="1 1/day", half=f"{DRUG} ng/mm^3")
    found = after(engine, given, GEOMETRIES[shape]())
    assert found["tumour"] == close(100.0 * np.exp(-0.5), engine)
    assert found["drug"] == close(DRUG, engine)


@every_loop
def test_a_production_without_cells_keeps_its_level_in_the_pores(engine, shape):
    # eps dc/dt = eps (p - k c): the level of a dish, p/k.
    given = network(BASAL, DECAY, p="2 ng/mm^3/day", k="8 1/day")
    expected = 0.25 + (DRUG - 0.25) * np.exp(-8.0)
    assert after(engine, given, GEOMETRIES[shape]())["drug"] == close(expected, engine)


@every_loop
def test_two_solutes_meet_in_the_pores(engine, shape):
    # 2 A -> B among solutes alone: da/dt = -2 b a^2, and what A loses B gains.
    given = network(BINDING, b="0.8 mm^3/ng/day")
    found = after(engine, given, GEOMETRIES[shape]())
    expected = DRUG / (1.0 + 2.0 * 0.8 * DRUG)
    assert found["drug"] == close(expected, engine)
    assert found["product"] == close(0.5 * (DRUG - expected), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("shape", ["slab", "mask"])
def test_the_mass_in_a_closed_box_changes_by_what_cells_give_and_take(engine, shape):
    """Pores that differ from place to place, solutes that diffuse and turn into one another."""
    given = network(TURNING, SECRETION, k="3 1/day", s="1e-3 ng/cell/day")
    geometry = GEOMETRIES[shape]()
    porosity = np.linspace(0.1, 0.9, geometry.size)
    model = ENGINES[engine](problem(geometry, given, porosity))
    random = np.random.default_rng(4).random((4, geometry.size))
    state = random * np.array([[CELLS], [0.0], [DRUG], [DRUG]])
    before = model.problem.totals(state)
    amounts, dt = before[2:].sum(), 0.01
    for _ in range(20):
        state, _ = model.step(state, dt)
        amounts += 1e-3 * before[0] * dt
        assert model.problem.totals(state)[2:].sum() == pytest.approx(amounts, rel=1e-12)


@pytest.mark.parametrize("shape", GEOMETRIES)
def test_the_engines_agree_where_porosities_differ(shape):
    rates = {
        "k": "0.7 1/day",
        "s": "1e-3 ng/cell/day",
        "q": "4e-4 mm^3/cell/day",
        "d": "1 1/day",
        "half": "0.8 ng/mm^3",
        "p": "2 ng/mm^3/day",
        "b": "0.8 mm^3/ng/day",
    }
    given = network(DECAY, SECRETION, UPTAKE, KILLING, BASAL, BINDING, **rates)
    geometry = GEOMETRIES[shape]()
    porosity = np.random.default_rng(5).uniform(0.1, 0.9, geometry.size)
    state = np.random.default_rng(6).random((4, geometry.size)) * [[CELLS], [1e3], [2.0], [1.0]]
    ours, theirs = (
        e(problem(geometry, given, porosity)).right_hand_side(state) for e in ENGINES.values()
    )
    size = np.maximum(np.abs(theirs).max(axis=1, keepdims=True), 1e-300)
    assert np.all(np.abs(ours - theirs) <= 1e-12 * size)
    u = dict(zip(given.species_names, state, strict=True))
    alone = porosity * (2.0 - 0.7 * u["drug"] - 2 * 0.8 * u["drug"] ** 2)
    by_cells = u["cart"] * (1e-3 - 4e-4 * u["drug"])
    still = FastEngine(problem(geometry, given, porosity, mobile=False)).right_hand_side(state)
    assert still[2] == pytest.approx(alone + by_cells, rel=1e-12, abs=1e-12)
    assert still[3] == pytest.approx(porosity * 0.8 * u["drug"] ** 2, rel=1e-12)


@pytest.mark.parametrize("shape", GEOMETRIES)
def test_steps_stay_stable_and_of_second_order_in_narrow_pores(shape):
    """Uptake from pores of 1 % is a hundred times as fast as in a dish; the step must see it."""
    given = network(UPTAKE, SECRETION, q="0.05 mm^3/cell/day", s="1e-3 ng/cell/day")
    geometry = GEOMETRIES[shape]()
    model = FastEngine(problem(geometry, given, 0.01))
    state = np.array([np.full(geometry.size, x) for x in (CELLS, 0.0, DRUG, 0.0)])
    level, rate = 1e-3 / 0.05, 0.05 * CELLS / 0.01
    ends = []
    for steps in (8, 16):
        now = state
        for _ in range(steps):
            now, _ = model.step(now, 2.0 / rate / steps)
        ends.append(np.abs(now[2] - (level + (DRUG - level) * np.exp(-2.0))).max())
    assert 3.0 <= ends[0] / ends[1] <= 6.0
    long = evolve(model, state, [0.0, 1000.0 / rate]).states[-1]
    assert long[2] == pytest.approx(np.full(geometry.size, level), rel=1e-4)


# What of the catalogue's solutes goes on in the pores; all else there is done by cells.
AMONG_SOLUTES = {
    "antibody_uptake": set(),
    "brennan2025": {"decay", "il2_infusion", "il2_treatment"},
    "chemokine": {"chemokine_decay"},
    "cytokine_network": {"ifn_clearing", "gm_csf_clearing", "il6_clearing"},
    "hardiansyah2019": {
        *("il6_basal", "il6_clearing", "il10_basal"),
        *("il10_clearing", "ifng_basal", "ifng_clearing"),
    },
    "il6_release": {"il6_clearing"},
    "il7_sink": {"il7_production", "il7_clearance"},
    "matrix_degradation": {"enzyme_decay"},
    "spheroid_growth": set(),
    "swanson2022": {"tgf_decaying"},
}


def test_every_model_with_solutes_is_listed():
    found = {n for n in names() if any(s.role == "solute" for s in load(n).species)}
    assert found == set(AMONG_SOLUTES)


@pytest.mark.parametrize("name", names())
def test_only_reactions_among_solutes_go_on_in_the_pores(name):
    given = load(name)
    inside = np.array(given.reaction_names)[in_pores(given)]
    assert set(inside) == AMONG_SOLUTES.get(name, set())


@pytest.mark.parametrize("shape", ["slab", "box in two dimensions", "mask"])
@pytest.mark.parametrize("name", AMONG_SOLUTES)
def test_the_catalogue_at_a_porosity_of_a_fifth(name, shape):
    """Against d(eps c)/dt = eps (rates among solutes) + (rates of cells), written out here."""
    given, geometry = load(name), GEOMETRIES[shape]()
    start = np.array([{"cart": 4e3, "tumour": 3e4}.get(n, 1.0) for n in given.species_names])
    weight = np.array([EPS if n in AMONG_SOLUTES[name] else 1.0 for n in given.reaction_names])
    held = np.array([EPS if s.role == "solute" else 1.0 for s in given.species])

    def change(_, y):
        return given.stoichiometry @ (weight * given.rates(y)) / held

    fastest = np.abs(given.stoichiometry) @ np.abs(weight * given.rates(start)) / held / start
    end = min(0.5, 0.25 / fastest.max())
    exact = solve_ivp(change, (0.0, end), start, method="LSODA", rtol=1e-11, atol=1e-14).y[:, -1]
    model = FastEngine(problem(geometry, given))
    state = np.repeat(start[:, None], geometry.size, axis=1)
    found = evolve(model, state, [0.0, end], tolerance=1e-9).states[-1]
    np.testing.assert_allclose(found, np.broadcast_to(exact[:, None], found.shape), rtol=2e-7)


def test_a_reaction_may_say_which_volume_it_means():
    # Without cells it would go on, so nothing but the model can say whose it is.
    slowed = Reaction(name="slowed", consumes={"drug": 1}, rate="k*drug/(1 + cart/few)", per="pore")
    given = network(slowed, k="0.7 1/day", few=f"{CELLS} cell/mm^3")
    assert after("fast", given, slab(1.0, 3))["drug"] == close(DRUG * np.exp(-0.35))
    of_tissue = Reaction(name="decay", consumes={"drug": 1}, rate="k*drug", per="tissue")
    given = network(of_tissue, k="0.1 1/day")
    assert after("fast", given, slab(1.0, 3))["drug"] == close(DRUG * np.exp(-0.1 / EPS))


@pytest.mark.parametrize("rate", ["(k + q*cart)*drug", "k*drug/(1 + cart/few)"])
def test_a_rate_that_may_be_meant_either_way_is_asked_about(rate):
    both = Reaction(name="both", consumes={"drug": 1}, rate=rate)
    given = network(both, k="0.7 1/day", q="1e-3 mm^3/cell/day", few="1 cell/mm^3")
    with pytest.raises(InputError, match=r"reactions\.both: it goes on without the cells"):
        problem(slab(1.0, 3), given)
    problem(slab(1.0, 3), given, porosity=1.0)


def test_what_stops_without_cells_is_what_they_do():
    shared = "k*drug*cart*tumour/(cart + tumour)"
    given = network(Reaction(name="shared", consumes={"drug": 1}, rate=shared), k="1 mm^3/cell/day")
    assert not problem(slab(1.0, 3), given).in_pores.any()


def test_cells_do_not_react_per_volume_of_pores():
    with pytest.raises(InputError, match=r"reactions\.death\.per: 'pore' is for a reaction"):
        network(
            Reaction(name="death", consumes={"cart": 1}, rate="k*cart", per="pore"), k="1 1/day"
        )
