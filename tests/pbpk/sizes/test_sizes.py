"""Bodies of another size and with other organs: rules, published regressions, and closure."""

import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.pbpk.files.load import body_names, load_body
from cartflow.pbpk.sizes.organ_sizes import OrganSizes, with_organ_sizes
from cartflow.pbpk.sizes.rebuilt import tissue_mass
from cartflow.pbpk.sizes.size import lean_body_weight, of_size
from cartflow.pbpk.variation.variability import load_variability, variability_names


@pytest.fixture(scope="module")
def man():
    return load_body("human_male")


def kg(value):
    return parameter(f"{value} kg", "kg")


def total_flow(body):
    return sum(o.blood_flow.value for n, o in body.organs.items() if n != "lung")


def blood(body):
    vessels = sum(o.vascular_volume.value for o in body.organs.values())
    return vessels + body.venous_volume.value + body.arterial_volume.value


def masses(body):
    return sum(tissue_mass(name, organ) for name, organ in body.organs.items())


def test_at_its_own_size_a_body_is_itself(man):
    assert of_size(man, kg(73)) == man
    assert of_size(man, kg(73), rule="allometric") is man
    assert with_organ_sizes(man, OrganSizes()) is man


@pytest.mark.parametrize("name", body_names())
def test_allometry_has_volumes_by_weight_and_flows_by_its_power_of_three_quarters(name):
    body = load_body(name)
    weight = parameter(f"{2 * body.body_weight.value!r} ng", "ng")
    twice = of_size(body, weight, rule="allometric")
    assert twice.cardiac_output.value == pytest.approx(body.cardiac_output.value * 2**0.75)
    assert twice.blood_volume.value == pytest.approx(2 * body.blood_volume.value)
    for organ, own in body.organs.items():
        assert twice.organs[organ].volume.value == pytest.approx(2 * own.volume.value)
        flow = own.blood_flow.value * 2**0.75
        assert twice.organs[organ].blood_flow.value == pytest.approx(flow)


def test_a_man_of_90_kg_by_lean_body_weight(man):
    # By hand: BMI 29.055, fat-free 64.40 kg of 90 and 57.49 of 73; fat 14.5 kg x 25.60 / 15.51,
    # skin 3.3 kg x (90 / 73)^.5, brain 1.45 kg; what is left is 60.95 kg in place of 53.75.
    assert lean_body_weight(73.0, 1.76, "male") == pytest.approx(57.49, rel=1e-4)
    heavy = of_size(man, kg(90))
    left = 60.95 / 53.75
    assert heavy.cardiac_output.value / man.cardiac_output.value == pytest.approx(left, rel=2e-4)
    assert heavy.blood_volume.value / man.blood_volume.value == pytest.approx(left, rel=2e-4)
    brain = heavy.organs["brain"], man.organs["brain"]
    assert brain[0].interstitial_volume.value == brain[1].interstitial_volume.value
    assert masses(heavy) - masses(man) == pytest.approx(17e12 * masses(man) / 73e12, rel=0.1)


@pytest.mark.parametrize(
    ("name", "cubed", "by_weight", "constant"),
    [("human_male", 0.3669, 0.03219, 0.6041), ("human_female", 0.3561, 0.03308, 0.1833)],
)
def test_blood_follows_size_as_a_regression_on_people_has_it(name, cubed, by_weight, constant):
    # Nadler, Hidalgo and Bloch 1962, Surgery 51:224: litres by height (m) and weight (kg).
    body = load_body(name)
    low, high = (0.85, 1.35) if name == "human_male" else (0.85, 1.4)
    own = body.body_weight.value / 1e12

    def nadler(weight, height):
        return cubed * height**3 + by_weight * weight + constant

    tall = body.height.value / 1e3
    for share in np.linspace(low, high, 6):
        for more in (0.95, 1.0, 1.05):
            weight, height = own * share, tall * more
            found = of_size(body, kg(weight), parameter(f"{height} m", "m"))
            expected = nadler(weight, height) / nadler(own, tall)
            ratio = found.blood_volume.value / body.blood_volume.value
            assert ratio == pytest.approx(expected, rel=0.09)


@pytest.mark.parametrize("seed", range(4))
def test_virtual_bodies_close(man, seed):
    random = np.random.default_rng(seed)
    organs = [n for n in man.organs if n != "lung"]
    for _ in range(25):
        sizes = OrganSizes(
            cardiac_output=float(np.exp(0.2 * random.standard_normal())),
            blood_volume=float(np.exp(0.1 * random.standard_normal())),
            volume=dict(zip(man.organs, np.exp(0.3 * random.standard_normal(13)), strict=True)),
            blood_flow=dict(zip(organs, np.exp(0.3 * random.standard_normal(12)), strict=True)),
        )
        body = with_organ_sizes(of_size(man, kg(random.uniform(60, 110))), sizes)
        assert total_flow(body) == pytest.approx(body.cardiac_output.value, rel=1e-12)
        assert body.organs["lung"].blood_flow.value == pytest.approx(total_flow(body), rel=1e-12)
        assert blood(body) == pytest.approx(body.blood_volume.value, rel=1e-9)
        plain = of_size(man, kg(body.body_weight.value / 1e12))
        assert masses(body) == pytest.approx(masses(plain), rel=1e-12)
        output = plain.cardiac_output.value * sizes.cardiac_output
        assert body.cardiac_output.value == pytest.approx(output, rel=1e-12)
        volume = plain.blood_volume.value * sizes.blood_volume
        assert body.blood_volume.value == pytest.approx(volume, rel=1e-12)


def test_an_organ_takes_its_factor(man):
    body = with_organ_sizes(man, OrganSizes(volume={"liver": 1.3}, blood_flow={"liver": 0.5}))
    liver = [each.organs["liver"].interstitial_volume.value for each in (body, man)]
    assert liver[0] / liver[1] == pytest.approx(1.3)
    shares = [
        each.organs["liver"].blood_flow.value / each.organs["kidney"].blood_flow.value
        for each in (body, man)
    ]
    assert shares[0] / shares[1] == pytest.approx(0.5)


def test_published_variability_is_of_organs_that_there_are(man):
    assert variability_names() == ["mcnally2014"]
    found = load_variability("mcnally2014").spreads(man)
    assert found["body.factors.volume.liver"].cv.value == 0.24
    assert found["body.factors.volume.spleen"].distribution == "log-normal"
    assert {key.rpartition(".")[2] for key in found} <= {*man.organs, "blood_volume"}
    with pytest.raises(InputError, match="'mcnally2014' is of adults"):
        load_variability("mcnally2014").spreads(load_body("mouse_28g"))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda b: of_size(b, kg(73), parameter("1.2 m", "m")), None),
        (lambda b: of_size(b, kg(20)), "leaves no fat"),
        (lambda b: of_size(b, kg(80), rule="by_age"), "unknown name 'by_age'"),
        (
            lambda b: of_size(b, kg(80), parameter("1.8 m", "m"), "allometric"),
            "body.height: has no effect",
        ),
        (
            lambda b: with_organ_sizes(b, OrganSizes(volume={"livr": 1.0})),
            "body.factors.volume: unknown name 'livr'.*did you mean 'liver'",
        ),
        (
            lambda b: with_organ_sizes(b, OrganSizes(blood_flow={"lung": 1.1})),
            "body.factors.blood_flow: unknown name 'lung'",
        ),
        (lambda b: with_organ_sizes(b, OrganSizes(volume={"bone": 9.0})), "leave nothing"),
    ],
)
def test_sizes_that_cannot_be(man, change, match):
    if match is None:
        assert change(man).organs["adipose"].volume.value > man.organs["adipose"].volume.value
        return
    with pytest.raises(InputError, match=match):
        change(man)


def test_a_child_and_a_mouse_have_no_lean_body_weight():
    for name in ("child_5y", "mouse_28g"):
        with pytest.raises(InputError, match="adult of known sex and height"):
            of_size(load_body(name), rule="lean_body_weight")


def test_a_file_of_another_weight_is_a_body_of_another_size(man, tmp_path):
    path = tmp_path / "man_90kg.toml"
    weight = '{ value = "90 kg", source = "assumed", standing = "assumed" }'
    path.write_text(f'like = "human_male"\nname = "man_90kg"\nbody_weight = {weight}\n')
    heavy = load_body(path)
    expected = of_size(man, kg(90))
    assert heavy.name == "man_90kg"
    assert heavy.cardiac_output.value == expected.cardiac_output.value
    assert heavy.organs["liver"].volume.value == expected.organs["liver"].volume.value
    output = '{ value = "7 L/min", source = "assumed", standing = "assumed" }'
    path.write_text(path.read_text() + f"cardiac_output = {output}\nclose_with_rest = true\n")
    stated = load_body(path)
    assert stated.cardiac_output.value == pytest.approx(7 * 1440e6)
    assert stated.blood_volume.value == expected.blood_volume.value
    liver = stated.organs["liver"].blood_flow.value
    assert liver == expected.organs["liver"].blood_flow.value
    assert total_flow(stated) == pytest.approx(7 * 1440e6)


def test_a_stout_man_has_more_blood_and_output_than_one_of_73_kg(man, tmp_path):
    path = tmp_path / "stout.toml"
    assumed = 'source = "assumed", standing = "assumed"'
    path.write_text(f"""
like = "human_male"
name = "stout_male"
close_with_rest = true
body_weight = {{ value = "90 kg", {assumed} }}
[organs.adipose]
volume = {{ value = "30000 mL", {assumed} }}
blood_flow = {{ value = "25000 mL/h", {assumed} }}
""")
    stout, expected = load_body(path), of_size(man, kg(90))
    assert stout.organs["adipose"].volume.value == pytest.approx(30e6)
    assert stout.cardiac_output.value == expected.cardiac_output.value
    assert stout.blood_volume.value == expected.blood_volume.value
    assert stout.organs["muscle"].volume.value == expected.organs["muscle"].volume.value
    # More fat is fed by what is left of the rest.
    assert total_flow(stout) == pytest.approx(stout.cardiac_output.value)
