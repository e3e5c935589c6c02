"""Bad input: one line on stderr that names file, key and value; status 2; nothing written."""

import re
from importlib.resources import files
from pathlib import Path

import nibabel
import numpy as np
import pytest
from studies import short_study

from cartflow.cli import main

STUDY = short_study(time='end = "1 min"\nsave = ["30 s"]')

KINETICS = """
title = "made up"
[species.cart]
role = "phenotype"
[parameters]
k = "2 1/day"
[reactions.death]
consumes = { cart = 1 }
rate = "k*cart"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(folder, capsys):
    """Return a function that runs a command and gives the one line that it fails with."""

    def run(*arguments):
        before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
        status = main([str(a) for a in arguments])
        assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before
        out, err = capsys.readouterr()
        assert status == 2
        assert out == ""
        assert err.endswith("\n")
        assert err.count("\n") == 1
        assert err.startswith("cartflow: ")
        return err.removeprefix("cartflow: ").rstrip("\n")

    return run


def edited(old, new, text=STUDY):
    assert text.count(old) == 1, old
    return text.replace(old, new)


def under(header, lines):
    """Return the study with `lines` added to the table that `header` opens."""
    return edited(f"{header}\n", f"{header}\n{lines}\n")


def chemotaxis(lines):
    return STUDY + f"[fields.cart.chemotaxis]\n{lines}\n"


def boundary(lines, name="rim"):
    return STUDY + f"[fields.cart.boundaries.{name}]\n{lines}\n"


CASES = {
    # keys that nobody knows, at every depth
    "key": (edited('title = "tiny"', 'title = "tiny"\ntitel = 1'), "unknown key 'titel'.*'title'"),
    "dose key": (under("[[doses]]", "cels = 1"), "unknown key 'doses.0.cels'.*'cells'"),
    "shape key": (under("[geometry]", "radus = 1"), "unknown key 'geometry.radus'.*'radius'"),
    "tumour key": (
        under("[tumour]", "plasma_flo = 1"),
        "unknown key 'tumour.plasma_flo'.*'plasma_flow'",
    ),
    "field key": (
        under("[fields.cart]", "difusivity = 1"),
        "unknown key 'fields.cart.difusivity'.*'diffusivity'",
    ),
    "chemotaxis key": (
        chemotaxis('attractant = "x"\nsensitivty = 1'),
        "unknown key 'fields.cart.chemotaxis.sensitivty'.*'sensitivity'",
    ),
    "boundary key": (
        boundary('type = "flux"\nflx = 1'),
        "unknown key 'fields.cart.boundaries.rim.flx'.*'flux'",
    ),
    "solver key": (
        STUDY + "[solver]\ntolerence = 1",
        "unknown key 'solver.tolerence'.*'tolerance'",
    ),
    "kinetics key": (under("[kinetics]", "model = 1"), "unknown key 'kinetics.model'.*'models'"),
    "hindrance key": (
        STUDY + "[tissue.hindrance]\nlaww = 1",
        "unknown key 'tissue.hindrance.laww'.*'law'",
    ),
    "supply key": (
        STUDY + "[fields.cart.regions.all]\nsuply = 1",
        "unknown key 'fields.cart.regions.all.suply'.*'supply'",
    ),
    "key of a number": (
        edited('"2 um^2/min"', '{ value = "2 um^2/min", sorce = "x" }'),
        "fields.cart.diffusivity: unknown key 'sorce'.*'source'",
    ),
    "key with a line break": (edited('title = "tiny"', 'title = "x"\n"a\\nb" = 1'), "key 'a b'"),
    # keys that are missing
    "no title": (edited('title = "tiny"\n', ""), "key 'title' is missing"),
    "no body": (edited('[body]\nname = "mouse_28g"\n', ""), "'intravenous' needs a body"),
    "no radius": (edited('radius = "1 mm"\n', ""), "key 'geometry.radius' is missing"),
    "no shape": (edited('shape = "ball"\n', ""), "key 'geometry.shape' is missing; allowed: ball"),
    "no end": (edited('end = "1 min"\n', ""), "key 'time.end' is missing"),
    "no boundary type": (
        boundary("flux = 1"),
        "key 'fields.cart.boundaries.rim.type' is missing; allowed: fixed_value, flux, robin",
    ),
    "empty": ("", "key 'title' is missing"),
    # wrong dimensions and numbers
    "length": (edited("1 mm", "1 h"), "geometry.radius: '1 h' has the dimension time, but length"),
    "rate": (
        under("[tumour]", 'plasma_flow = "5 mm"'),
        "tumour.plasma_flow: '5 mm' has the dimension length, but 1/time is needed",
    ),
    "diffusivity": (
        edited("2 um^2/min", "5 mm"),
        r"fields.cart.diffusivity: '5 mm' .*length, but length\^2/time is needed",
    ),
    "no unit": (edited('"2 um^2/min"', "2.0"), "fields.cart.diffusivity: '2.0' .*a plain number"),
    "no number": (edited("1 mm", "one mm"), "geometry.radius: 'one mm' is not a number"),
    "no unit known": (edited("1 mm", "1 mmm"), "geometry.radius: 'mmm' is not a unit"),
    "the same model twice": (
        edited('models = ["predator_prey"]', 'models = ["predator_prey", "predator_prey"]'),
        r"kinetics\.models: 'predator_prey' is named twice",
    ),
    "code": (
        edited("1 mm", "1 __import__('os').system('true')"),
        "geometry.radius: .* is not a unit",
    ),
    "radius": (edited("1 mm", "-1 mm"), "geometry.radius: '-1 mm' must be greater than 0"),
    "volume": (
        edited(
            'shape = "ball"\nradius = "1 mm"\ncells = 10',
            'shape = "phantom"\nvolume = "-1 mL"\nspacing = "1 mm"',
        ),
        "geometry.volume: '-1 mL' must be greater than 0",
    ),
    "inner radius": (
        edited('shape = "ball"', 'shape = "hollow_ball"\ninner_radius = "2 mm"'),
        "study.toml: geometry: hollow_ball inner_radius: got 2 mm; it must be below the radius, 1",
    ),
    "no inner radius": (
        edited('shape = "ball"', 'shape = "hollow_ball"'),
        "key 'geometry.inner_radius' is missing",
    ),
    "depth from": (
        edited(
            'shape = "ball"', 'shape = "hollow_ball"\ninner_radius = "20 um"\ndepth_from = "wal"'
        ),
        "geometry.depth_from: .*got 'wal'.*mean 'wall'",
    ),
    "grading": (
        edited("cells = 10", "cells = 10\ngrading = 0.5"),
        "geometry.grading: '0.5' is below 1",
    ),
    "wall of a ball": (
        under("[fields.cart]", 'boundaries.wall = { type = "fixed_value", value = "0 cell/mm^3" }'),
        "fields.cart.boundaries: unknown name 'wall'; allowed: rim",
    ),
    "cells": (edited("1e6 cells", "-1e6 cells"), "doses.0.cells: '-1e6 cells' must be greater"),
    "shells": (edited("cells = 10", "cells = -1"), "geometry.cells: .*greater than 0 .got -1"),
    "half a shell": (edited("cells = 10", "cells = 1.5"), "geometry.cells: .*a whole number"),
    "diffusivity below 0": (
        edited("2 um^2/min", "-2 um^2/min"),
        "fields.cart.diffusivity: '-2 um.2/min' is below 0",
    ),
    "initial below 0": (edited("2e4 cells", "-1 cells"), "fields.tumour.initial: .* is below 0"),
    "nan": (edited("2 um^2/min", "nan um^2/min"), "fields.cart.diffusivity: nan .*not a finite"),
    "bare nan": (edited('"1 mm"', "nan"), "geometry.radius: nan is not a finite number"),
    "inf": (edited("1 min", "inf min"), "time.end: inf min is not a finite number"),
    "too large": (edited("1 mm", "1e308 km"), "geometry.radius: 1e308 km is too large in mm"),
    "true": (edited('"1e6 cells"', "true"), "doses.0.cells: True is not a quantity"),
    "fraction": (under("[tumour]", "vascular_fraction = 1.5"), "vascular_fraction: '1.5' must be"),
    "egress": (under("[tumour]", 'egress_rate = "-1 1/h"'), "tumour.egress_rate: .* is below 0"),
    "standing": (
        edited('"2 um^2/min"', '{ value = "2 um^2/min", source = "study", standing = "asumed" }'),
        "fields.cart.diffusivity: standing 'asumed'.*'assumed'",
    ),
    # unknown names
    "model": (edited("predator_prey", "predator_pray"), "'predator_pray'.*'predator_prey'"),
    "own model": (edited("predator_prey", "mine.toml"), "mine.toml: cannot be read .No such file"),
    "body": (edited("mouse_28g", "mouse_28"), "body: unknown name 'mouse_28'.*'mouse_28g'"),
    "body with a line break": (edited("mouse_28g", "mouse\\nx"), "unknown name 'mouse x'"),
    "trafficking": (edited("khot2019", "khot2018"), "unknown name 'khot2018'.*'khot2019'"),
    "scaling": (
        under("[trafficking]", 'scaling = "capture"'),
        "trafficking.scaling: .*'published_rate' .got 'capture'.*mean 'capture_per_pass'",
    ),
    "phenotype": (
        under("[[doses]]", 'phenotype = "cartt"'),
        "doses.0.phenotype: unknown name 'cartt'.*'cart'",
    ),
    "field": (edited("[fields.cart]", "[fields.carr]"), "fields: unknown name 'carr'.*'cart'"),
    "region": (under("[tumour]", 'region = "cor"'), "unknown name 'cor'.*'core'"),
    "egress region": (under("[tumour]", 'egress_region = "cor"'), "unknown name 'cor'.*'core'"),
    "injection": (under("[tumour]", 'injection_region = "cor"'), "unknown name 'cor'.*'core'"),
    "boundary fed": (
        under("[tumour]", 'feeding = "rim"\nboundary = "rimm"'),
        "boundary.*unknown name 'rimm'.*'rim'",
    ),
    "boundary of a field": (
        boundary('type = "flux"\nflux = "1 cells/mm^2/day"', "rm"),
        "fields.cart.boundaries.*'rm'.*'rim'",
    ),
    "boundary type": (
        boundary('type = "fluxx"'),
        "fields.cart.boundaries.rim.type: 'fluxx'; allowed: .*mean 'flux'",
    ),
    "supply region": (
        STUDY + '[fields.cart.regions.cor]\nsupply = "1 cells/mm^3/day"',
        "unknown name 'cor'.*'core'",
    ),
    "region of a number": (
        edited('"2 um^2/min"', '{ cor = "2 um^2/min" }'),
        "fields.cart.diffusivity: unknown name 'cor'.*'core'",
    ),
    "feeding": (under("[tumour]", 'feeding = "vessel"'), "tumour.feeding: .*mean 'vessels'"),
    "host": (edited("flank", "flunk"), "host: unknown organ 'flunk'.*'flank'"),
    "engine": (STUDY + '[solver]\nengine = "fipi"', "solver.engine: .*got 'fipi'.*'fipy'"),
    "shape": (edited('"ball"', '"bal"'), "geometry.shape: 'bal'; allowed: ball.*mean 'ball'"),
    "route": (under("[[doses]]", 'route = "intravenus"'), "doses.0.route: .*mean 'intravenous'"),
    "hindrance": (STUDY + '[tissue.hindrance]\nlaw = "maxwel"', "hindrance.*'maxwel'.*'maxwell'"),
    "attractant": (
        chemotaxis('attractant = "tumor"\nsensitivity = "1 mm^2/day"\nhalf_saturation = "1 ng/mL"'),
        "fields.cart.chemotaxis.*'tumor'.*'tumour'",
    ),
    "reference": (
        edited('title = "tiny"', 'title = "tiny"\nreferences = ["khot2018"]'),
        "references: unknown name 'khot2018'.*'khot2019'",
    ),
    "kinetics parameter": (
        STUDY + '[kinetics.parameters]\ngrowth_rat = "1 1/day"',
        "parameters: unknown name 'growth_rat'.*'growth_rate'",
    ),
    "kinetics dimension": (
        STUDY + '[kinetics.parameters]\ngrowth_rate = "1 mm"',
        "parameters.growth_rate: '1 mm' has the dimension length, but 1/time",
    ),
    # wrong kinds
    "title": (edited('"tiny"', "1"), "title: Input should be a valid string .got 1"),
    "geometry": (
        edited('title = "tiny"', 'title = "tiny"\nbody = "x"').replace(
            '[body]\nname = "mouse_28g"\n', ""
        ),
        "body: Input should be a table .got 'x'",
    ),
    "doses": (edited("[[doses]]", "[doses]"), "doses: Input should be a list"),
    "initial": (edited('"2e4 cells/mm^3"', "[1]"), "fields.tumour.initial: .1. is not a quantity"),
    "layers": (
        under("[geometry]", 'layers = { a = ["0.5 mm", "5 mm"] }'),
        "geometry: ball: layer 'a'",
    ),
    # what does not fit together
    "regions": (
        edited('"2 um^2/min"', '{ core = "2 um^2/min" }'),
        "fields.cart.diffusivity: its regions leave 5 mesh cells out",
    ),
    "negative save": (edited("30 s", "-30 s"), "time.save.0: '-30 s' is below 0"),
    "negative end": (edited("1 min", "-1 min"), "time.end: '-1 min' must be greater than 0"),
    "negative dose time": (under("[[doses]]", 'time = "-1 h"'), "doses.0.time: '-1 h' is below 0"),
    "save and every": (under("[time]", 'every = "1 s"'), "time: give either 'save' or 'every'"),
    "too many saves": (
        edited('save = ["30 s"]', 'every = "1e-9 s"'),
        "time.every: '1e-9 s' saves more than 100000 times",
    ),
    "blood": (
        under("[tumour]", 'plasma_flow = "1e5 1/h"'),
        "tumour.* host .*skin, muscle.* has only",
    ),
    "steps": (
        STUDY + '[solver]\ninitial_step = "1 day"',
        "solver: .*minimum_step <= initial_step <= maximum_step",
    ),
    "no dose to travel": (
        edited('["predator_prey"]', '["chemokine"]').split("[fields.cart]")[0]
        + '[time]\nend = "1 min"',
        "kinetics.*phenotype|species",
    ),
    # no TOML
    "toml": ("title = \n", "not a TOML file"),
    "null": ("\0", "not a TOML file"),
}


@pytest.mark.parametrize(("text", "message"), CASES.values(), ids=CASES)
def test_study(folder, refused, text, message):
    (folder / "study.toml").write_text(text)
    line = refused("run", "study.toml")
    assert re.search(message, line), line
    assert len(line) < 1100


PENDING = {
    "nested lists": ("a = " + "[" * 50_000, "study.toml: not a TOML file .*nested too deeply"),
    "dose after the end": (
        under("[[doses]]", 'time = "2 min"'),
        "study.toml: doses.0.time: '2 min' is after time.end '1 min'",
    ),
    "save after the end": (
        edited('["30 s"]', '["30 s", "2 min"]'),
        "study.toml: time.save.1: '2 min' is after time.end '1 min'",
    ),
    "key of the region": (
        under("[tumour]", 'region = "cor"'),
        "study.toml: tumour.region: unknown name 'cor'.*'core'",
    ),
    "key of the host": (edited("flank", "flunk"), "study.toml: tumour.host: unknown .*'flunk'"),
    "file of the model": (edited("predator_prey", "predator_pray"), "^study.toml: kinetics"),
}


@pytest.mark.parametrize(("text", "message"), PENDING.values(), ids=PENDING)
def test_study_pending(folder, refused, text, message):
    (folder / "study.toml").write_text(text)
    line = refused("run", "study.toml")
    assert re.search(message, line), line


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("title", "--set title: give key=value"),
        ("=1", "--set =1: give key=value"),
        ("title.x=1", "study.toml: --set title.x: there is no such key"),
        ("geometry.radius.x.y=1", "study.toml: --set geometry.radius.x.y: there is no such key"),
        ("doses.5.cells=1", "study.toml: --set doses.5.cells: there is no such key"),
        ("doses.².cells=1", "there is no such key"),
        ("doses." + "9" * 5000 + ".cells=1", "there is no such key"),
        ("doses.x.cells=1", "study.toml: --set doses.x.cells: there is no such key"),
        ("doses.a=1", "study.toml: --set doses.a: there is no such key"),
        ("solver.tolerence=1e-4", "unknown key 'solver.tolerence'.*'tolerance'"),
        ("doses.0.cells=1 mm", "doses.0.cells: '1 mm' has the dimension length, but cells"),
        ("geometry.cells=[1", "geometry.cells: .*whole number.*got '.1'"),
        ("geometry.cells=" + "[" * 50_000, "geometry.cells: "),
        ("geometry.cells=1\ntitle=3", "geometry.cells: .*whole number"),
        ("a." * 2000 + "b=1", r"study.toml: --set a\.a\..{0,60}: .*nested too deeply"),
        ("a=" + "{b=" * 40 + "1" + "}" * 40, "study.toml: --set a: .*nested too deeply"),
    ],
)
def test_settings(folder, refused, setting, message):
    (folder / "study.toml").write_text(STUDY)
    line = refused("run", "study.toml", "--set", setting)
    assert re.search(message, line), line


def image(path, labels, affine=None):
    nibabel.save(nibabel.Nifti1Image(labels, np.eye(4) if affine is None else affine), path)


def test_masks(folder, refused):
    (folder / "study.toml").write_text(STUDY)
    (folder / "text.nii.gz").write_bytes(b"hello")
    image(folder / "empty.nii.gz", np.zeros((3, 3, 3), np.uint8))
    image(folder / "four.nii.gz", np.ones((3, 3, 3, 2), np.uint8))
    image(folder / "grey.nii.gz", np.full((3, 3, 3), 0.5, np.float32))
    for name, message in {
        "none.nii.gz": r"none.nii.gz: there is no such file",
        "text.nii.gz": r"text.nii.gz: cannot be read as an image",
        "empty.nii.gz": r"empty.nii.gz: the mask is empty",
        "four.nii.gz": r"four.nii.gz: the image is 4-D",
        "grey.nii.gz": r"grey.nii.gz: label 0.5 is not a whole number",
        "study.toml": r"study.toml: not an image file; allowed: .nii",
    }.items():
        line = refused("run", "study.toml", "--mask", name)
        assert re.search(f"^study.toml: geometry: .*{message}", line), line


def test_a_body_that_does_not_close(folder, refused):
    text = files("cartflow.pbpk").joinpath("data/body_mouse_28g.toml").read_text()
    flow = re.search(r'^blood_flow = \{ value = "([0-9.]+) (\S+)"', text, flags=re.M)
    assert flow is not None
    (folder / "mine.toml").write_text(text.replace(flow[1], f"1{flow[1]}", 1))
    (folder / "study.toml").write_text(edited("mouse_28g", "mine.toml"))
    line = refused("run", "study.toml")
    assert re.search("mine.toml: .*do not close: .*a gap of .* %", line), line


def test_code_in_a_rate_is_refused_and_not_run(folder, refused):
    sentinel = folder / "sentinel"
    (folder / "study.toml").write_text(edited("predator_prey", "mine.toml"))
    for rate in (
        f"__import__('os').system('touch {sentinel}')",
        f"__import__('pathlib').Path('{sentinel}').touch()",
        f"(lambda: open('{sentinel}', 'w'))()",
        "cart.__class__",
        "k*cart if k else 0",
        "exec",
        "eval(k)",
        "cart[0]",
        "9**9**9**9**9*k*cart",
    ):
        (folder / "mine.toml").write_text(KINETICS.replace("k*cart", rate))
        line = refused("run", "study.toml")
        assert re.search(r"mine.toml: .*reactions\.death\.rate: ", line), line
        assert not sentinel.exists()


@pytest.mark.parametrize("name", ["depth", "time", "r", "cell_volume", "phenotype", "region_all"])
def test_a_species_with_the_name_of_another_variable(folder, refused, name):
    (folder / "mine.toml").write_text(KINETICS + f'[species.{name}]\nrole = "resident"\n')
    text = edited("predator_prey", "mine.toml").replace("fields.tumour", f"fields.{name}")
    (folder / "study.toml").write_text(text)
    line = refused("run", "study.toml")
    assert f"study.toml: kinetics: species.{name}: the result's tumour group" in line


def test_paths(folder, refused):
    (folder / "study.toml").write_text(STUDY)
    (folder / "there.nc").write_text("kept")
    (folder / "folder").mkdir()
    (folder / "latin.toml").write_bytes(b'title = "\xe9"')
    assert Path("/proc").is_dir() or pytest.skip("needs a folder that takes no file")
    for arguments, message in {
        ("none.toml",): "none.toml: cannot be read .*No such file",
        ("folder",): "folder: cannot be read .*directory",
        ("latin.toml",): "latin.toml: ",
        ("study.toml", "--out", "there.nc"): "there.nc: exists already; give --force",
        ("study.toml", "--out", "folder"): "folder: is a folder",
        ("study.toml", "--out", "no/x.nc"): "no/x.nc: its folder does not exist",
        ("study.toml", "--out", "/proc/x.nc"): "/proc/x.nc: its folder cannot be written",
        ("study.toml", "--engine", "fipi"): "study.toml: solver.engine: .*mean 'fipy'",
    }.items():
        line = refused("run", *arguments)
        assert re.search(message, line), line
    assert (folder / "there.nc").read_text() == "kept"


def test_other_commands(folder, refused):
    (folder / "text.nc").write_text("no netCDF")
    (folder / "study.toml").write_text(STUDY)
    (folder / "bad.toml").write_text("a = ")
    for arguments, message in {
        (): "COMMAND.*see 'cartflow --help'",
        ("rn",): "'rn'.*see 'cartflow --help'",
        ("run",): "STUDY.*see 'cartflow run --help'",
        ("run", "study.toml", "--oot", "x"): "unrecognized arguments",
        ("plot", "none.nc"): "none.nc: there is no such file",
        ("plot", "text.nc"): "text.nc: not a result of cartflow",
        ("plot", "."): "not a result of cartflow",
        ("cite", "bad.toml"): "bad.toml: not a TOML file",
        ("cite", "none.toml"): "none.toml: cannot be read",
        ("show", "bodi"): "show: unknown name 'bodi'; allowed: body, .*mean 'body'",
        ("show", "body", "mouse_28"): "body: unknown name 'mouse_28'.*'mouse_28g'",
        ("show", "body", "none.toml"): "none.toml: cannot be read",
        ("show", "trafficking", "khot2018"): "unknown name 'khot2018'.*'khot2019'",
        ("show", "kinetics", "none_"): "unknown name 'none_'.*'none'",
        ("show", "geometry", "bal"): "geometry: unknown name 'bal'.*'ball'",
        ("show", "geometry", "none.nii"): "unknown name 'none.nii'",
        ("show", "geometry", "none.toml"): "none.toml: cannot be read",
    }.items():
        line = refused(*arguments)
        assert re.search(message, line), line


def test_force_never_overwrites_an_input(folder, capsys):
    (folder / "same.toml").write_text(STUDY)
    before = (folder / "same.toml").read_bytes()
    assert main(["run", "same.toml", "--out", "same.toml", "--force"]) == 2
    assert "is another kind of file" in capsys.readouterr().err
    assert (folder / "same.toml").read_bytes() == before
