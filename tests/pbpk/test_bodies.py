"""Bodies: flows close, blood is counted once, and bad files are told what is wrong."""

import csv
from importlib.resources import files
from pathlib import Path

import pytest

from cartflow.core import bibliography
from cartflow.core.outcome import InputError
from cartflow.pbpk.body import ORGANS
from cartflow.pbpk.files.load import body_names, load_body
from cartflow.pbpk.record import body_parameters

KEYS = bibliography.keys()
ML = 1000.0
ML_PER_HOUR = 24_000.0
PHYSIOLOGY = Path(__file__).parents[2].parent / "shared" / "data" / "physiology"


NAMES = [
    "child_10y",
    "child_15y",
    "child_1y",
    "child_5y",
    "human_71kg",
    "human_female",
    "human_male",
    "human_male_measured_lymph",
    "human_shah2012",
    "mouse_20g",
    "mouse_28g",
    "mouse_tsai2022_liver",
    "mouse_tsai2022_pleural",
    "rat_250g",
    "rat_250g_measured_lymph",
]
# The one of shah2012 counts blood twice and tells other organs apart, as its publication does.
WHOLE = [name for name in NAMES if "tsai" not in name and name != "human_shah2012"]


@pytest.fixture(params=WHOLE)
def body(request):
    return load_body(request.param)


@pytest.fixture
def mouse_text():
    return files("cartflow.pbpk").joinpath("data/body_mouse_28g.toml").read_text()


def changed(tmp_path, text, old, new):
    assert text.count(old) >= 1, old
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1))
    return path


def test_names_of_the_shipped_bodies():
    assert body_names() == NAMES


def test_every_organ_is_there_once(body):
    assert sorted(body.organs) == sorted(ORGANS)


def test_flows_close(body):
    assert body.systemic_flow() == pytest.approx(body.cardiac_output.value, rel=1e-6)
    assert body.organs["lung"].blood_flow.value == pytest.approx(body.cardiac_output.value)


def test_blood_is_counted_once(body):
    vessels = sum(organ.vascular_volume.value for organ in body.organs.values())
    pools = body.venous_volume.value + body.arterial_volume.value
    # The shares of ICRP 89 add up to 99.98 % in women.
    share = {"human_female": 0.9998}.get(body.name, 1.0)
    assert vessels + pools == pytest.approx(share * body.blood_volume.value, rel=1e-9)


@pytest.mark.parametrize("name", ["child_1y", "child_5y", "child_10y"])
def test_children_to_ten_years_have_the_haematocrit_of_women(name):
    child = load_body(name)
    assert child.haematocrit.value == pytest.approx(1500 / 3900, rel=1e-9)
    for organ in (child.organs["bone"], child.organs["bone_marrow"]):
        plasma = organ.blood_flow.value * (1 - 1500 / 3900)
        assert organ.lymph_flow.value == pytest.approx(plasma / 500, rel=1e-6)
    lymph = sum(organ.lymph_flow.value for organ in child.organs.values())
    assert child.cavities["pleura"].lymph_flow.value == pytest.approx(0.02 * lymph, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "total", "pleura"),
    [("human_male", 120.0, 0.15 * 73), ("rat_250g", 55.6 / 24 * 250 / 305, 0.15 * 0.25)],
)
def test_measured_lymph_is_shared_as_the_rule_has_it(name, total, pleura):
    rule, measured = load_body(name), load_body(f"{name}_measured_lymph")
    flows = {n: organ.lymph_flow.value for n, organ in measured.organs.items()}
    assert sum(flows.values()) == pytest.approx(total * ML_PER_HOUR, rel=1e-3)
    ratios = [flows[n] / organ.lymph_flow.value for n, organ in rule.organs.items()]
    assert ratios == pytest.approx([ratios[0]] * len(ratios), rel=1e-12)
    assert measured.cavities["pleura"].lymph_flow.value == pytest.approx(pleura * ML_PER_HOUR)
    assert measured.organs["lung"].blood_flow == rule.organs["lung"].blood_flow
    assert {organ.lymph_flow.source for organ in measured.organs.values()} <= {*KEYS} - {"shah2012"}


def test_a_file_may_give_all_lymph(tmp_path, mouse_text):
    flow = 'lymph_flow = { value = "0.8 mL/h", source = "assumed", standing = "assumed" }\n'
    body = load_body(changed(tmp_path, mouse_text, "haematocrit", f"{flow}haematocrit"))
    lymph = sum(organ.lymph_flow.value for organ in body.organs.values())
    assert lymph == pytest.approx(0.8 * ML_PER_HOUR, rel=1e-12)
    assert "so that all lymph is 0.8 mL/h" in body.organs["skin"].lymph_flow.note
    too_much = flow.replace("0.8", "8e4")
    with pytest.raises(InputError, match=r"mine.toml: lymph_flow .* is not below blood_flow"):
        load_body(changed(tmp_path, mouse_text, "haematocrit", f"{too_much}haematocrit"))


def test_totals_of_the_mouse():
    mouse = load_body("mouse_28g")
    assert mouse.cardiac_output.value == pytest.approx(678.42 * ML_PER_HOUR)
    assert mouse.blood_volume.value == pytest.approx(1.717 * ML)
    tissue = sum(organ.volume.value for organ in mouse.organs.values())
    assert tissue == pytest.approx(26.185 * ML, rel=2e-3)  # organs of Shah and Betts
    marrow = mouse.organs["bone_marrow"]
    perfusion = marrow.blood_flow.value / marrow.volume.value / 24 / 60
    assert perfusion == pytest.approx(0.163, abs=5e-4)


def test_totals_of_the_human():
    human = load_body("human_male")
    assert human.cardiac_output.value == pytest.approx(6.5e6 * 60 * 24)
    assert human.organs["bone_marrow"].blood_flow.value / human.cardiac_output.value == (
        pytest.approx(0.03)
    )
    brain = human.organs["brain"]
    assert brain.blood_flow.value / 1450e3 / 24 / 60 == pytest.approx(0.538, abs=1e-3)
    portal = sum(human.organs[name].blood_flow.value for name in ("gut", "spleen"))
    total = portal + human.organs["liver"].blood_flow.value
    assert total / human.cardiac_output.value == pytest.approx(0.255)


def test_lymph_of_the_mouse_is_a_five_hundredth_of_the_plasma_flow():
    mouse = load_body("mouse_28g")
    for name, organ in mouse.organs.items():
        if name != "liver":  # whose lymph also comes from portal blood
            plasma = organ.blood_flow.value * (1 - mouse.haematocrit.value)
            assert organ.lymph_flow.value == pytest.approx(plasma / 500, rel=1e-6)


@pytest.mark.parametrize("name", ["bone", "bone_marrow"])
def test_human_marrow_drains_by_its_own_plasma_flow(name):
    human = load_body("human_male")
    organ = human.organs[name]
    plasma = organ.blood_flow.value * (1 - human.haematocrit.value)
    assert organ.lymph_flow.value == pytest.approx(plasma / 500, rel=1e-8)


@pytest.mark.skipif(not PHYSIOLOGY.is_dir(), reason="no physiology tables beside the repository")
def test_mouse_equals_the_table():
    mouse = load_body("mouse_28g")
    with (PHYSIOLOGY / "shah_betts_2012_organs.csv").open() as file:
        rows = {r["organ"]: r for r in csv.DictReader(file) if r["value_set"] == "fortran"}
    parts = {"gut": ["small_intestine", "large_intestine", "pancreas"], "rest": ["other", "thymus"]}

    def total(organ, *columns):
        return sum(float(rows[part][c]) for part in parts.get(organ, [organ]) for c in columns)

    for name in set(ORGANS) - {"bone", "bone_marrow"}:
        organ = mouse.organs[name]
        flow = total(name, "plasma_flow_mL_h", "blood_cell_flow_mL_h")
        vessels = total(name, "plasma_mL", "blood_cell_mL")
        interstitial = total(name, "interstitial_mL")
        assert organ.blood_flow.value == pytest.approx(flow * ML_PER_HOUR, rel=1e-8)
        assert organ.vascular_volume.value == pytest.approx(vessels * ML, rel=1e-8)
        assert organ.volume.value == pytest.approx(total(name, "total_mL") * ML, rel=1e-8)
        assert organ.interstitial_volume.value == pytest.approx(interstitial * ML, rel=1e-8)
        lymph = total(name, "lymph_flow_mL_h")
        assert organ.lymph_flow.value == pytest.approx(lymph * ML_PER_HOUR, rel=1e-8)


def test_every_number_has_a_source(body):
    for name, value in body_parameters(body).items():
        assert value.source in KEYS, name


def test_a_body_file_is_found_beside_the_study(tmp_path, mouse_text):
    (tmp_path / "mine.toml").write_text(mouse_text)
    assert load_body("mine.toml", tmp_path) == load_body("mouse_28g")


def test_unknown_name():
    with pytest.raises(InputError, match=r"unknown name 'mouse_28'.*did you mean 'mouse_28g'"):
        load_body("mouse_28")


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"no_body.toml: cannot be read"):
        load_body("no_body.toml", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[organs.kidney]", "[organs.kidny]", "unknown organ 'kidny'.*did you mean 'kidney'"),
        ("[organs.brain]", "[organs.brain]\nmass = 1", "unknown key 'organs.brain.mass'"),
        ('"0.485 mL"', '"-0.485 mL"', r"organs.brain.volume: '-0.485 mL' must be greater than 0"),
        ('"0.485 mL"', '"0 mL"', r"organs.brain.volume: '0 mL' must be greater than 0"),
        ('"0.485 mL"', '"nan mL"', r"organs.brain.volume: nan mL is not a finite number"),
        ('"0.485 mL"', '"0.485 g"', r"organs.brain.volume: .*dimension mass, but length\^3"),
        (
            '"21.42 mL/h"',
            '"31.42 mL/h"',
            r"flow of the organs do not close: 688.42 mL/h.*gap of \+1.47 %",
        ),
        (
            'blood_flow = { value = "678.42 mL/h"',
            'blood_flow = { value = "600 mL/h"',
            "organs.lung.blood_flow do not close.*gap of -11.56 %",
        ),
        (
            'body_weight = { value = "28 g"',
            'body_weight = { value = "40 g"',
            "hold 26.4068 mL at a body_weight of 40 g: 0.66 mL per g, not in 0.7 to 1.1",
        ),
        ('"1.717 mL"', '"3.2 mL"', "blood of organs and pools do not close.*gap of -46.3"),
        ('"0.023562 mL/h"', '"23 mL/h"', "organs.brain: lymph_flow 23 mL/h is not below"),
        ('"0.0873 mL"', '"0.48 mL"', "organs.brain: vascular_volume.*more than the volume"),
        ('haematocrit = { value = "0.45"', 'haematocrit = { value = "45"', "haematocrit 45 is not"),
        ('species = "mouse"\n', "", "key 'species' is missing"),
        ('"28 g", source = "shah2012"', '"28 g"', "body_weight: key 'source' is missing"),
        ("title =", "title", "not a TOML file"),
    ],
)
def test_errors_name_file_and_key(tmp_path, mouse_text, old, new, message):
    path = changed(tmp_path, mouse_text, old, new)
    with pytest.raises(InputError, match=message) as error:
        load_body(path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_organ_is_named(tmp_path, mouse_text):
    start = mouse_text.index("[organs.brain]")
    end = mouse_text.index("[organs.lung]")
    path = tmp_path / "mine.toml"
    path.write_text(mouse_text[:start] + mouse_text[end:])
    with pytest.raises(InputError, match="organs: 'brain' is missing"):
        load_body(path)


def test_a_number_without_source_is_refused(tmp_path, mouse_text):
    old = '{ value = "28 g", source = "shah2012", standing = "transcribed" }'
    path = changed(tmp_path, mouse_text, old, '"28 g"')
    with pytest.raises(InputError, match="body_weight: '28 g' has no source"):
        load_body(path)


WEIGHTS = {
    "child_1y": 10.0,
    "child_5y": 19.0,
    "child_10y": 32.0,
    "child_15y": 56.0,
    "human_female": 60.0,
    "human_male": 73.0,
}
CONTENTS = {"child_1y": 0.248, "child_5y": 0.315, "child_10y": 0.446, "child_15y": 0.765}


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_masses_of_a_body_add_up_to_its_weight(name):
    """Tissue at its density, blood and contents of the gut are the whole person."""
    body = load_body(name)
    assert body.body_weight.value == pytest.approx(WEIGHTS[name] * 1e12)
    fat = body.organs["adipose"]
    bone = body.organs["bone"]
    marrow = body.organs["bone_marrow"]
    mass = body.blood_volume.value * 1e-6
    for organ, part in body.organs.items():
        tissue = (part.volume.value - part.vascular_volume.value) * 1e-6
        mass += {"adipose": 0.92 * tissue, "bone": 1.3 * tissue, "bone_marrow": 1.3 * tissue}.get(
            organ, tissue
        )
    assert min(fat.volume.value, bone.volume.value, marrow.volume.value) > 0
    gut = {"human_male": 0.958, "human_female": 0.878}.get(name, CONTENTS.get(name))
    assert mass + gut == pytest.approx(WEIGHTS[name], rel=2e-4)


@pytest.mark.skipif(not PHYSIOLOGY.is_dir(), reason="no physiology tables beside the repository")
@pytest.mark.parametrize(
    ("name", "age"),
    [
        ("child_1y", "age1"),
        ("child_5y", "age5"),
        ("child_10y", "age10"),
        ("child_15y", "age15M"),
    ],
)
def test_flows_of_a_child_equal_the_table(name, age):
    body = load_body(name)
    with (PHYSIOLOGY / "icrp89_flow_by_age_derived.csv").open() as file:
        rows = {r["region"]: r for r in csv.DictReader(file) if r["age"] == age}
    table = {region: float(row["flow_mL_min"]) * 1000 * 1440 for region, row in rows.items()}
    flows = {organ: part.blood_flow.value for organ, part in body.organs.items()}
    for organ, region in {
        "brain": "brain",
        "kidney": "kidneys",
        "spleen": "spleen",
        "muscle": "muscle",
        "skin": "skin",
        "adipose": "adipose",
        "heart": "heart",
        "bone_marrow": "red_marrow",
        "rest": "rest",
    }.items():
        assert flows[organ] == pytest.approx(table[region], rel=1e-5)
    assert flows["liver"] + flows["gut"] + flows["spleen"] == pytest.approx(
        table["liver_total"], rel=1e-5
    )
    assert flows["bone"] + flows["bone_marrow"] == pytest.approx(
        table["skeleton_with_marrow"], rel=1e-5
    )


def test_the_womans_liver_takes_27_and_a_half_percent():
    woman = load_body("human_female")
    liver = sum(woman.organs[name].blood_flow.value for name in ("liver", "gut", "spleen"))
    assert liver / woman.cardiac_output.value == pytest.approx(0.275)


def test_totals_of_the_bodies_from_httk():
    mouse, rat = load_body("mouse_20g"), load_body("rat_250g")
    for body, output, blood in ((mouse, 8.0, 1.818), (rat, 74.0, 14.44)):
        assert body.cardiac_output.value / 1000 / 1440 == pytest.approx(output, rel=1e-3)
        assert body.blood_volume.value / 1000 == pytest.approx(blood, rel=1e-3)
    portal = sum(rat.organs[name].blood_flow.value for name in ("liver", "gut", "spleen"))
    assert portal / 1000 / 1440 == pytest.approx(11.8, rel=2e-3)


def test_a_minimal_body_needs_lung_and_rest(tmp_path):
    text = files("cartflow.pbpk").joinpath("data/body_mouse_tsai2022_pleural.toml").read_text()
    path = changed(tmp_path, text, "minimal = true", "minimal = false")
    with pytest.raises(InputError, match="'bone_marrow' is missing"):
        load_body(path)
    path = changed(tmp_path, text, "[organs.rest]", "[organs.skin]")
    with pytest.raises(InputError, match="'rest' is missing; needed: lung, rest"):
        load_body(path)
    path = changed(tmp_path, text, "[cavities.pleura]", "[cavities.plura]")
    with pytest.raises(InputError, match=r"cavities: unknown name 'plura'.*'pleura'"):
        load_body(path)


def test_a_body_without_a_source_is_refused(tmp_path, mouse_text):
    path = changed(tmp_path, mouse_text, ', source = "shah2012", standing = "transcribed"', "")
    with pytest.raises(InputError, match="body_weight: key 'source' is missing"):
        load_body(path)
