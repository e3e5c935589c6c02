"""Every number says its sign: negative where none may be is an error that names the key."""

from functools import cache

import pytest

from cartflow.alone.simulate import simulate
from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter, signed
from cartflow.kinetics.files.load import load, load_model, names
from cartflow.kinetics.network import Network, Reaction, Species
from cartflow.study.study import Study

STUDY = """
title = "a study with one number of every kind"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
[geometry]
shape = "ball"
radius = "1 mm"
cells = 4
[tumour]
host = "flank"
[kinetics]
models = ["predator_prey", "chemokine"]
[fields.cart]
diffusivity = "2 um^2/min"
[fields.cart.chemotaxis]
attractant = "chemokine"
sensitivity = "0.1 mm^2/day"
half_saturation = "1e-3 ng/mm^3"
[fields.cart.boundaries.rim]
type = "robin"
transfer_coefficient = "0.1 mm/day"
[fields.cart.regions.all]
supply = "1 cells/mm^3/day"
[fields.chemokine]
diffusivity = "100 um^2/s"
[fields.chemokine.boundaries.rim]
type = "fixed_value"
value = "0 ng/mm^3"
[organs.bone_marrow.kinetics]
models = ["predator_prey"]
[tissue]
porosity = 0.2
[time]
end = "1 day"
"""
MODEL = """
title = "growth and decay"
[species.cart]
role = "phenotype"
[parameters]
decay_rate = "{decay}"
[parameters.net_rate]
value = "{net}"
source = "assumed"
standing = "assumed"
{sign}
[reactions.decay]
consumes = {{ cart = 1 }}
rate = "decay_rate*cart"
[reactions.net]
produces = {{ cart = 1 }}
rate = "net_rate*cart"
[scenarios.s]
end = "1 day"
initial = {{ cart = "10 cell/mm^3" }}
{scenario}
"""


def model(path, *, decay="0.1 1/day", net="0.2 1/day", sign="", scenario=""):
    file = path / "growth.toml"
    file.write_text(MODEL.format(decay=decay, net=net, sign=sign, scenario=scenario))
    return file


KINETICS = [
    ("predator_prey", ["death_rate", "growth_rate", "killing_rate", "half_saturation"]),
    ("chemokine", ["chemokine_decay_rate", "chemokine_secretion_rate"]),
]


@pytest.mark.parametrize("key", [f"kinetics.parameters.{k}" for _, keys in KINETICS for k in keys])
def test_a_study_gives_no_negative_rate(key):
    units = {n: p.unit for name, _ in KINETICS for n, p in load(name).parameters.items()}
    settings = {key: f"-0.5 {units[key.rpartition('.')[2]]}"}
    with pytest.raises(
        InputError, match=rf"{key.removeprefix('kinetics.')}: '-0\.5 .*' is below 0"
    ):
        _ = Study.from_text(STUDY, settings=settings).simulation


def test_an_organ_has_none_either():
    settings = {"organs.bone_marrow.kinetics.parameters.death_rate": "-1 1/day"}
    with pytest.raises(InputError, match=r"organs\.bone_marrow\.kinetics: .*death_rate.* below 0"):
        _ = Study.from_text(STUDY, settings=settings).simulation


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fields.cart.diffusivity", "-1 um^2/min"),
        ("fields.cart.initial", "-1 cells/mm^3"),
        ("fields.cart.chemotaxis.half_saturation", "-1 ng/mm^3"),
        ("fields.cart.chemotaxis.maximal_speed", "-1 um/min"),
        ("fields.cart.boundaries.rim.transfer_coefficient", "-1 mm/day"),
        ("fields.cart.boundaries.rim.exterior", "-1 cells/mm^3"),
        ("fields.chemokine.boundaries.rim.value", "-1 ng/mm^3"),
        ("fields.cart.regions.all.supply", "-1 cells/mm^3/day"),
        ("fields.cart.regions.all.removal", "-1 1/day"),
        ("organs.bone_marrow.initial.tumour", "-1 cells/mm^3"),
        ("organs.bone_marrow.volume", "-1 mL"),
        ("doses.0.cells", "-1 cells"),
        ("doses.0.time", "-1 day"),
        ("doses.0.duration", "-1 min"),
        ("geometry.radius", "-1 mm"),
        ("tumour.egress_rate", "-1 1/day"),
        ("tumour.plasma_flow", "-1 1/day"),
        ("tissue.porosity", -0.2),
        ("tissue.hindrance.tortuosity", -1.6),
        ("time.end", "-1 day"),
        ("time.every", "-1 h"),
        ("solver.tolerance", -1e-3),
    ],
)
def test_every_quantity_of_a_study_that_must_not_be_negative(key, value):
    with pytest.raises(InputError, match=rf"{key}.*('-|is below|greater than)"):
        _ = Study.from_text(STUDY, settings={key: value}).simulation


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fields.cart.chemotaxis.sensitivity", "-0.1 mm^2/day"),
        ("trafficking.elimination_exponent", -0.25),
    ],
)
def test_what_may_be_negative_says_so(key, value):
    assert Study.from_text(STUDY, settings={key: value}).simulation is not None


def test_ranges_keep_the_sign_too():
    value = {
        "value": "1 um^2/min",
        "source": "assumed",
        "standing": "assumed",
        "range": ["-1 um^2/min", "2 um^2/min"],
    }
    with pytest.raises(InputError, match=r"diffusivity: the range of '1 um\^2/min' is below 0"):
        _ = Study.from_text(STUDY, settings={"fields.cart.diffusivity": value}).simulation


def test_a_model_file_gives_no_negative_parameter_unless_it_says_so(tmp_path):
    with pytest.raises(
        InputError, match=r"parameters\.decay_rate: '-0\.1 1/day' is below 0; .*any"
    ):
        load_model(model(tmp_path, decay="-0.1 1/day"))
    with pytest.raises(InputError, match=r"parameters\.net_rate: '-0\.2 1/day' is below 0"):
        load_model(model(tmp_path, net="-0.2 1/day"))
    free = load_model(model(tmp_path, net="-0.2 1/day", sign='sign = "any"'))
    assert free.network.parameters["net_rate"].sign == "any"
    assert free.network.with_parameters({"net_rate": "-3 1/day"}).parameters["net_rate"].value == -3
    with pytest.raises(InputError, match=r"net_rate: '0 1/day' must be greater than 0"):
        load_model(model(tmp_path, net="0 1/day", sign='sign = "positive"'))
    with pytest.raises(
        InputError, match=r"net_rate: sign 'either'; allowed: any, not_negative, po"
    ):
        load_model(model(tmp_path, sign='sign = "either"'))
    with pytest.raises(InputError, match=r"net_rate: its range begins below 0"):
        load_model(model(tmp_path, sign='range = ["-1 1/day", "1 1/day"]'))


@pytest.mark.parametrize(
    ("scenario", "key"),
    [
        ('parameters = { decay_rate = "-1 1/day" }', r"scenarios\.s\.parameters\.decay_rate"),
        (
            '[[scenarios.s.switches]]\ntime = "1 h"\nparameters = { decay_rate = "-1 1/day" }',
            r"scenarios\.s\.switches\.0\.parameters\.decay_rate",
        ),
    ],
)
def test_scenarios_and_switches_keep_the_sign(tmp_path, scenario, key):
    source = f'{scenario}\n[scenarios.other]\nend = "1 day"\nsource = "assumed"'
    with pytest.raises(InputError, match=rf"{key}: '-1 1/day' is below 0"):
        load_model(model(tmp_path, scenario=source))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("decay_rate", "-1 1/day"),
        ("initial.cart", "-1 cell/mm^3"),
        ("end", "-1 day"),
        ("doses.0.time", "-1 h"),
        ("doses.0.amount", "-1 cell/mm^3"),
    ],
)
def test_settings_of_simulate_keep_it_too(tmp_path, key, value):
    dose = '[[scenarios.s.doses]]\nspecies = "cart"\namount = "1 cell/mm^3"\ntime = "1 h"'
    with pytest.raises(InputError, match=rf"--set {key}: .*(below 0|greater than 0)"):
        simulate(model(tmp_path, scenario=dose), settings={key: value})


def test_the_command_says_it_in_one_line(tmp_path, capsys):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    code = main(["run", str(path), "--set", "kinetics.parameters.death_rate=-1 1/day"])
    assert code == 2
    error = capsys.readouterr().err.strip()
    assert "parameters.death_rate: '-1 1/day' is below 0" in error
    assert "\n" not in error
    assert list(tmp_path.iterdir()) == [path]


@cache
def shipped():
    return {name: load_model(name) for name in names()}


def test_only_what_needs_it_is_of_either_sign():
    free = {
        f"{name}.{key}"
        for name, found in shipped().items()
        for key, p in found.network.parameters.items()
        if p.sign == "any"
    }
    effects = {key for key in free if key.startswith("yiu2012.effect_on_")}
    assert free - effects == {
        "sahoo2020.stimulation_constant",
        "brummer2022.dexamethasone_kill",
        "brummer2022.dexamethasone_cart_kill",
        "dexamethasone.dexamethasone_kill",
        "dexamethasone.dexamethasone_cart_kill",
        "mueller_schoell2021.ratio_exponent",
    }


def test_networks_of_python_hold_it_as_files_do():
    def network(rate, sign="not_negative"):
        return Network(
            name="growth",
            species=(Species(name="cart", role="phenotype"),),
            parameters={"r": signed(parameter(rate, "1/day"), sign)},
            reactions=(Reaction(name="growth", produces={"cart": 1}, rate="r*cart"),),
        )

    assert network("-1 1/day", "any").parameters["r"].value == -1.0
    with pytest.raises(InputError, match=r"'-1 1/day' is below 0"):
        network("-1 1/day")
    with pytest.raises(InputError, match=r"kinetics 'growth': parameters\.r: '-2 1/day' is below"):
        network("1 1/day").with_parameters({"r": "-2 1/day"})
