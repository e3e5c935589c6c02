"""What a study's text names lies in its folder: no link and no path leads its reader elsewhere."""

import shutil
from pathlib import Path

import pytest
from studies import half_a_day

from cartflow import InputError, Study
from cartflow.cli import main
from cartflow.core.tables import parse_toml
from cartflow.study.within import require_files_inside

STUDY = half_a_day()
DATA = Path(__file__).parents[2]
FILES = {
    "body.name": (DATA / "pbpk/data/body_mouse_28g.toml", '"mouse_28g"'),
    "trafficking.name": (DATA / "pbpk/data/trafficking_khot2019.toml", '"khot2019"'),
    "kinetics.models": (DATA / "kinetics/data/predator_prey.toml", '["predator_prey"]'),
}


@pytest.fixture
def home(tmp_path):
    """Return a study's folder, beside which each kind of file lies."""
    (tmp_path / "home" / "below").mkdir(parents=True)
    for file, _ in FILES.values():
        shutil.copy(file, tmp_path / file.name)
        shutil.copy(file, tmp_path / "home" / "below" / file.name)
        (tmp_path / "home" / f"link_{file.name}").symlink_to(tmp_path / file.name)
        (tmp_path / "home" / f"near_{file.name}").symlink_to(Path("below") / file.name)
    return tmp_path / "home"


def named(key, name):
    _, old = FILES[key]
    new = f'["{name}"]' if old.startswith("[") else f'"{name}"'
    return STUDY.replace(old, new)


@pytest.mark.parametrize("key", FILES)
@pytest.mark.parametrize("way", ["../{}", "link_{}", "below/../../{}", "absolute"])
def test_a_file_elsewhere_is_not_opened(key, way, home, capsys):
    file = FILES[key][0].name
    name = str(home.parent / file) if way == "absolute" else way.format(file)
    (home / "study.toml").write_text(named(key, name))
    with pytest.raises(
        InputError, match=rf"study\.toml: {key}: '.*' leads out of the study's fold"
    ):
        Study.from_file(home / "study.toml")
    assert main(["run", str(home / "study.toml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("key", FILES)
@pytest.mark.parametrize("way", ["below/{}", "near_{}"])
def test_a_file_in_the_folder_or_below_is(key, way, home):
    (home / "study.toml").write_text(named(key, way.format(FILES[key][0].name)))
    assert Study.from_file(home / "study.toml").prepared.save_times[-1] == 0.5


@pytest.mark.parametrize("key", FILES)
def test_what_the_user_sets_by_hand_may_lie_anywhere(key, home):
    (home / "study.toml").write_text(STUDY)
    path = str(home.parent / FILES[key][0].name)
    value = [path] if key == "kinetics.models" else path
    assert Study.from_file(home / "study.toml", {key: value}).prepared.save_times[-1] == 0.5
    table = (
        {"kinetics": {"models": [path]}} if key == "kinetics.models" else {key[:-5]: {"name": path}}
    )
    assert Study.from_file(home / "study.toml", table).prepared.save_times[-1] == 0.5


def test_models_in_organs_too(home):
    (home / "study.toml").write_text(
        STUDY + '[organs.bone_marrow.kinetics]\nmodels = ["../predator_prey.toml"]\n'
    )
    with pytest.raises(InputError, match=r"organs\.bone_marrow\.kinetics\.models: '\.\./pred"):
        Study.from_file(home / "study.toml")


IMAGES = {
    "geometry.file": 'geometry = { shape = "mask", file = "FILE" }',
    "fields.cart.initial.image": 'fields.cart.initial = { image = "FILE", unit = "cells/mm^3" }',
    "fields.cart.initial.result": 'fields.cart.initial = { result = "FILE", at = "1 day" }',
    "fields.cart.diffusivity.tensor": 'fields.cart.diffusivity = { tensor = "FILE" }',
    "tumour.vessel_density.vessels": 'tumour.vessel_density = { vessels = "FILE" }',
    "geometry.list": 'geometry = { shape = "mask", file = ["near.nii", "FILE"] }',
}


@pytest.mark.parametrize("key", IMAGES)
def test_images_and_results_elsewhere_are_not_opened(key, tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    (tmp_path / "own.nii").write_bytes(b"")
    (folder / "link.nii").symlink_to(tmp_path / "own.nii")
    asked = key.replace("list", "file")
    for name in ("../own.nii", "link.nii", str(tmp_path / "own.nii")):
        data = parse_toml(IMAGES[key].replace("FILE", name), "study")
        with pytest.raises(
            InputError, match=rf"^{asked}: .* leads out of the study's folder; .*--set {asked}=FILE"
        ):
            require_files_inside(data, folder, {})
        require_files_inside(data, folder, {asked: name})
        require_files_inside(data, folder, {asked.partition(".")[0]: {}})
    for name in ("own.nii", "below/own.nii", "3 cells/mm^3", "2 um^2/min"):
        require_files_inside(parse_toml(IMAGES[key].replace("FILE", name), "study"), folder, {})
