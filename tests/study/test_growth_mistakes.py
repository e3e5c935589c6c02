"""What a study of a tumour that grows cannot say is answered in one line with its key."""

import pytest
from growth_studies import IN_MOUSE, STUDY, growing_study

from cartflow.analyses.cohort.run import run_cohort
from cartflow.analyses.compare import compare
from cartflow.analyses.derivatives.run import run_with_derivatives
from cartflow.analyses.sensitivity import sensitivity
from cartflow.core.outcome import InputError

CELLS = 'cells = ["tumour", "dead"]'
RADIUS = '\n[geometry.growth.radii.inner]\nfield = "food"\n'
MISTAKES = {
    "a name": (CELLS.replace("dead", "ded"), r"geometry\.growth\.cells: .*'ded'.*'dead'"),
    "no cells": ("cells = []", r"geometry\.growth\.cells"),
    "no key": ("", r"geometry\.growth\.cells"),
    "what takes no room": (
        CELLS.replace("dead", "food"),
        r"geometry\.growth\.cells: 'food' is in 1; only cells take room",
    ),
    "nothing there": (
        'cells = ["dead"]',
        r"geometry\.growth\.cells: no dead stands in some of it at the start",
    ),
    "another key": (f"{CELLS}\nsize = 1", r"geometry\.growth\.size.*sizes"),
    "size of another": (
        f"{CELLS}\nsizes = {{ cart = 1 }}",
        r"geometry\.growth\.sizes: .*'cart'",
    ),
    "size of nothing": (
        f"{CELLS}\nsizes = {{ dead = 0 }}",
        r"geometry\.growth\.sizes\.dead.*must be greater than 0",
    ),
    "size with a unit": (f'{CELLS}\nsizes = {{ dead = "1 um" }}', r"geometry\.growth\.sizes\.dead"),
    "field of a radius": (
        f"{CELLS}{RADIUS.replace('food', 'fod')}above = 1",
        r"radii\.inner\.field: .*'fod'.*'food'",
    ),
    "no level": (f"{CELLS}{RADIUS}", r"radii\.inner: above or below is missing; give one"),
    "two levels": (
        f"{CELLS}{RADIUS}above = 1\nbelow = 2",
        r"radii\.inner: above and below are given; give one of them",
    ),
    "unit of a level": (
        f'{CELLS}{RADIUS}above = "1 ng/mm^3"',
        r"radii\.inner\.above: ",
    ),
    "negative level": (f"{CELLS}{RADIUS}below = -1", r"radii\.inner\.below: "),
    "name of another variable": (
        f"{CELLS}{RADIUS.replace('inner', 'volume')}below = 1",
        r"geometry\.growth: the result's tumour group has another variable 'volume'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_table(mistake, tmp_path):
    text, match = MISTAKES[mistake]
    with pytest.raises(InputError, match=match) as found:
        _ = growing_study(tmp_path, STUDY.replace(CELLS, text)).simulation
    assert "\n" not in str(found.value)


UNEVEN = 'initial = { core = "1e5 cells/mm^3", rim = "2e5 cells/mm^3" }'
BOX = 'shape = "box"\nlengths = ["1 mm", "1 mm"]\ncells = [4, 4]'
BLOOD = '[tumour]\nblood = { course = "b.csv", time = "day", value = "c", unit = "cells/uL" }'
BESIDE = {
    "uneven": (
        'initial = "1e5 cells/mm^3"',
        UNEVEN,
        r"growth\.cells: tumour \+ dead must fill it evenly at the start, and are 100000 to 200000",
    ),
    "a shape": (
        'shape = "ball"\nradius = "1 mm"\ncells = 16',
        BOX,
        r"geometry\.growth: a tumour of the shape 'box' does not grow yet; allowed: slab, cyl",
    ),
    "hollow": (
        'shape = "ball"',
        'shape = "hollow_ball"\ninner_radius = "0.5 mm"',
        r"of the shape 'hollow_ball' does not grow yet",
    ),
    "engine": ("[solver]", '[solver]\nengine = "fipy"', r"solver\.engine: 'fipy' is not there"),
    "fixed": ("[solver]", "[solver]\nfixed_step = true", r"solver\.fixed_step: is not there"),
    "cells": (
        "[fields.tumour]",
        '[fields.tumour]\nas = "cells"',
        r"fields\.tumour\.as: 'cells' is not there in a tumour that grows yet",
    ),
    "density": (
        "[fields.tumour]",
        "[fields.tumour]\ndiffusivity = '1 um^2/min'\n"
        "density_dependence = { reference = '1e5 cells/mm^3' }",
        r"fields\.tumour\.density_dependence: is not there",
    ),
    "matrix": (
        "[time]",
        "[tissue]\nmatrix = 'marker'\n[time]",
        r"tissue\.matrix: a matrix that opens pores is not there",
    ),
}


@pytest.mark.parametrize("mistake", BESIDE)
def test_a_mistake_beside_it(mistake, tmp_path):
    old, new, match = BESIDE[mistake]
    with pytest.raises(InputError, match=match) as found:
        _ = growing_study(tmp_path, STUDY.replace(old, new, 1)).simulation
    assert "\n" not in str(found.value)


def test_several_tumours_do_not_grow(tmp_path):
    text = IN_MOUSE.replace('[tumour]\nhost = "flank"', '[tumours.left]\nhost = "flank"')
    with pytest.raises(InputError, match=r"geometry\.growth: several tumours do not grow yet"):
        _ = growing_study(tmp_path, text + '[tumours.right]\nhost = "liver"\n').prepared


def test_a_start_from_one_that_grew(tmp_path):
    growing_study(tmp_path).run().write(tmp_path / "grown.nc")
    text = STUDY.replace('initial = "1"', 'initial = { result = "grown.nc" }', 1)
    with pytest.raises(InputError, match="its tumour grew, so that its mesh is no longer"):
        _ = growing_study(tmp_path, text).simulation


def test_analyses_that_do_not_take_it(tmp_path):
    study = growing_study(tmp_path, IN_MOUSE)
    path = tmp_path / "study.toml"
    path.write_text(study.text, encoding="utf-8")
    for name, asked in {
        "derivatives": lambda: run_with_derivatives(study, ["kinetics.growth_rate"]),
        "a cohort": lambda: run_cohort(study, {"kinetics.growth_rate": [0.1, 0.2]}),
        "compare": lambda: compare(path, ["human_70kg"]),
        "sensitivity": lambda: sensitivity(path),
    }.items():
        with pytest.raises(InputError, match=f"{name}: does not take a tumour that grows yet"):
            asked()
