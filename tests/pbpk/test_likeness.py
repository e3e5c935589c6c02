"""Bodies and models that say only what differs from another."""

import pytest

from cartflow.core.outcome import InputError
from cartflow.core.parameters import parameter
from cartflow.pbpk.files.load import load_body, load_trafficking
from cartflow.pbpk.sizes.size import of_size

STOUT = """
like = "human_male"
name = "stout"
title = "human_male, but heavier"
close_with_rest = true
body_weight = { value = "90 kg", source = "assumed", standing = "assumed" }
[organs.adipose]
volume = { value = "30000 mL", source = "assumed", standing = "assumed" }
blood_flow = { value = "25000 mL/h", source = "assumed", standing = "assumed" }
"""


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def test_a_body_like_another_differs_only_where_it_says(tmp_path):
    stout = load_body(written(tmp_path, "stout.toml", STOUT))
    male = of_size(load_body("human_male"), parameter("90 kg", "kg"))
    assert stout.name == "stout"
    assert stout.body_weight.value == pytest.approx(90e12)
    for name in ("brain", "liver", "muscle"):
        assert stout.organs[name].volume.value == male.organs[name].volume.value
    adipose = stout.organs["adipose"]
    assert adipose.volume.value == pytest.approx(30e6)
    assert adipose.lymph_flow.value == male.organs["adipose"].lymph_flow.value
    gained = adipose.blood_flow.value - male.organs["adipose"].blood_flow.value
    lost = male.organs["rest"].blood_flow.value - stout.organs["rest"].blood_flow.value
    assert gained == pytest.approx(lost, rel=1e-9)
    assert stout.systemic_flow() == pytest.approx(stout.cardiac_output.value)


def test_without_closing_a_changed_flow_is_told(tmp_path):
    text = STOUT.replace("close_with_rest = true", "")
    # 25000 in place of 19500 x 60.95 / 53.75 mL/h, of 6.5 x 60.95 / 53.75 L/min.
    with pytest.raises(InputError, match=r"do not close.*a gap of \+0.65 %"):
        load_body(written(tmp_path, "stout.toml", text))


def test_a_chain_of_likenesses(tmp_path):
    written(tmp_path, "stout.toml", STOUT)
    text = 'like = "stout.toml"\nname = "stouter"\n'
    body = load_body(written(tmp_path, "stouter.toml", text))
    assert (body.name, body.title) == ("stouter", "human_male, but heavier")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (STOUT.replace('"human_male"', '"human_mal"', 1), "like: body: unknown name 'human_mal'"),
        (STOUT.replace('"human_male"', "3", 1), "like: 3 is not the name"),
        (STOUT.replace('"human_male"', '"stout.toml"', 1), "go round in a circle"),
        (STOUT.replace("25000", "400000"), "close_with_rest: the other organs take all blood"),
        (STOUT.replace("blood_flow", "bloodflow"), "unknown key 'organs.adipose.bloodflow'"),
        (
            STOUT.replace(', source = "assumed", standing = "assumed"', "", 1),
            "key 'source' is missing",
        ),
    ],
)
def test_errors_name_the_file_and_key(tmp_path, text, message):
    path = written(tmp_path, "stout.toml", text)
    with pytest.raises(InputError, match=message) as error:
        load_body(path)
    assert str(error.value).startswith(str(path))


def test_a_trafficking_model_like_another(tmp_path):
    text = """
like = "khot2019"
name = "held"
[organs.lung]
retention = { value = "21", source = "lee2020", standing = "derived" }
"""
    held, khot = (
        load_trafficking(written(tmp_path, "held.toml", text)),
        load_trafficking("khot2019"),
    )
    assert held.organ("lung").retention.value == 21
    assert held.organ("lung").transmigration_rate == khot.organ("lung").transmigration_rate
    assert held.organ("liver") == khot.organ("liver")


def test_only_lung_and_rest_make_a_minimal_body():
    small = load_body("mouse_tsai2022_pleural")
    assert small.minimal
    assert small.organ_names() == ["lung", "rest"]


def test_an_unknown_organ_is_named_before_what_its_table_lacks(tmp_path):
    path = written(tmp_path, "stout.toml", STOUT.replace("adipose", "adiposse"))
    with pytest.raises(InputError, match=r"unknown organ 'adiposse'.*did you mean 'adipose'"):
        load_body(path)


def test_what_a_file_is_like_lies_beside_it_also_where_links_lead(tmp_path):
    (tmp_path / "home").mkdir()
    written(tmp_path, "other.toml", STOUT)
    (tmp_path / "home" / "link.toml").symlink_to(tmp_path / "other.toml")
    for name in ("../other.toml", "link.toml", str(tmp_path / "other.toml")):
        text = f'like = "{name}"\nname = "stouter"\n'
        path = written(tmp_path / "home", "stouter.toml", text)
        with pytest.raises(InputError, match=r"like: '.*' leads out of the file's folder"):
            load_body(path)
        path = written(tmp_path / "home", "t.toml", f'like = "khot2019"\nmade_for = "{name}"\n')
        with pytest.raises(InputError, match=r"made_for: '.*' leads out of the file's folder"):
            load_trafficking(path)
