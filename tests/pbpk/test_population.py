"""Animals that differ, and many of them at once."""

from dataclasses import replace

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.kinetics.files.load import load
from cartflow.pbpk.doses import Dose
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.flows.network import organ_network
from cartflow.pbpk.organs.kinetics import OrganKinetics, Site
from cartflow.pbpk.organs.population import population, run_population
from cartflow.pbpk.organs.result import one_animal
from cartflow.pbpk.organs.run import integrate
from cartflow.pbpk.variation.random_bodies import (
    Spread,
    log_normal,
    varied_body,
    varied_trafficking,
)

BODY, MODEL = load_body("mouse_28g"), load_trafficking("khot2019")
SPREAD = Spread(
    volume=0.1,
    blood_flow=0.2,
    lymph_flow=0.3,
    transmigration_rate=0.4,
    retention=0.2,
    elimination_rate=0.3,
)
BOLUS = Dose(route="intravenous", cells=1e6, phenotype="cart")
TIMES = [0.0, 0.5, 2.0, 7.0]


def network_of(seed, spread=SPREAD):
    random = np.random.default_rng(seed)
    return organ_network(
        varied_body(BODY, spread, random), varied_trafficking(MODEL, spread, random)
    )


def marrow(organs):
    network = load("predator_prey_exhaustion")
    return OrganKinetics(
        organs=organs,
        network=getattr(network, "network", network),
        sites=(Site(compartment="bone_marrow_tissue", initial={"tumour": 1e4}),),
    )


def test_factors_have_the_median_and_the_spread():
    found = log_normal(np.random.default_rng(1), 0.4, 200_000)
    assert np.median(found) == pytest.approx(1, abs=0.005)
    assert found.std() / found.mean() == pytest.approx(0.4, rel=0.02)
    assert log_normal(np.random.default_rng(1), 0.0) == 1.0


@pytest.mark.parametrize("name", ["mouse_28g", "human_male"])
def test_bodies_close_whatever_varies(name):
    body = load_body(name)
    for seed in range(10):
        varied = varied_body(body, SPREAD, np.random.default_rng(seed))
        assert varied.systemic_flow() == pytest.approx(varied.cardiac_output.value, rel=1e-12)
        assert varied.organs["skin"].blood_flow.value != body.organs["skin"].blood_flow.value
        ratio = varied.organs["skin"].volume.value / body.organs["skin"].volume.value
        vessels = varied.organs["skin"].vascular_volume.value
        assert vessels / body.organs["skin"].vascular_volume.value == pytest.approx(ratio)


def test_no_spread_changes_nothing():
    random = np.random.default_rng(0)
    same = organ_network(
        varied_body(BODY, Spread(), random), varied_trafficking(MODEL, Spread(), random)
    )
    np.testing.assert_allclose(same.rates, organ_network(BODY, MODEL).rates, rtol=1e-9)


def test_the_seed_decides():
    np.testing.assert_array_equal(network_of(4).rates, network_of(4).rates)
    assert (network_of(4).rates != network_of(5).rates).any()


def test_a_population_is_its_animals():
    networks = [network_of(seed) for seed in range(3)]
    rates = [1.0, 2.0, 0.5]
    kinetics = marrow(networks[0])
    result = run_population(
        kinetics,
        networks,
        [BOLUS],
        TIMES,
        parameters={"killing_rate": rates},
        shares=[1.0, 0.5, 2.0],
        tolerance=1e-6,
    )
    assert result.cells.dims == ("animal", "time", "phenotype", "compartment")
    for animal, network in enumerate(networks):
        one = OrganKinetics(
            organs=network,
            network=kinetics.network.with_parameters({"killing_rate": f"{rates[animal]} 1/day"}),
            sites=kinetics.sites,
        )
        dose = Dose(route="intravenous", cells=1e6 * [1.0, 0.5, 2.0][animal], phenotype="cart")
        runs = integrate(one, [dose], TIMES, 1e-6)
        np.testing.assert_allclose(result.cells[animal], runs.cells()[0], rtol=1e-5, atol=1e-3)
        np.testing.assert_allclose(
            result.density[animal], runs.residents()[0] / one.volumes[0], rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(result.born[animal], runs.born()[0], rtol=1e-5)
    whole = float((result.infused + result.born).sum("product").max())
    assert float(np.abs(result.residual).max()) < 1e-12 * whole
    assert result.cells.attrs["units"]
    assert result.sel(site="bone_marrow_tissue", species="tumour").density.shape == (3, 4)


def test_an_animal_alone_is_the_same_to_the_bit_as_among_others():
    kinetics = marrow(network_of(0))
    alone = one_animal(kinetics)
    names = ("rates", "volumes", "parameters", "start", "shares")
    twice = replace(alone, **{name: np.repeat(getattr(alone, name), 2, axis=0) for name in names})
    one, two = (integrate(kinetics, [BOLUS], TIMES, 1e-6, animals=a) for a in (alone, twice))
    for name in ("states", "events", "steps"):
        np.testing.assert_array_equal(getattr(one, name)[0], getattr(two, name)[1])


def test_densities_at_the_start_fill_each_animal_s_own_marrow():
    networks = [network_of(seed) for seed in range(4)]
    found = population(marrow(networks[0]), networks)
    place = networks[0].index("bone_marrow_tissue")
    volumes = [network.volumes()[place] for network in networks]
    np.testing.assert_allclose(found.volumes[:, 0], volumes)
    row = marrow(networks[0]).row("tumour", "bone_marrow_tissue")
    np.testing.assert_allclose(found.start[:, row], 1e4 * np.array(volumes))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda k, n: population(k, []), "population: no organ network"),
        (lambda k, n: population(k, n, {"kill": 1.0}), "parameters: unknown name 'kill'"),
        (
            lambda k, n: population(k, n, {"killing_rate": [1.0, 2.0, 3.0]}),
            "parameters.killing_rate: 3 values for 2 animals",
        ),
        (lambda k, n: population(k, n, {"killing_rate": np.nan}), "must be finite"),
        (lambda k, n: population(k, n, shares=[1.0]), "shares: 1 values for 2 animals"),
        (
            lambda k, n: population(
                k, [organ_network(BODY, MODEL, cavities=()), _other_compartments()]
            ),
            "not all the same compartments",
        ),
        (lambda k, n: Spread(volume=-0.1), "spread: volume -0.1 must be a finite number"),
    ],
)
def test_what_is_refused(build, message):
    networks = [organ_network(BODY, MODEL)] * 2
    with pytest.raises(InputError, match=message):
        build(marrow(networks[0]), networks)


def _other_compartments():
    fewer = {k: v for k, v in MODEL.organs.items() if k != "skin"}
    return organ_network(BODY, replace(MODEL, organs=fewer))
