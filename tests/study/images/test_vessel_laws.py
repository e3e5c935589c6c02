"""What networks of vessels give a study: densities, sources and leaks, against their formulas."""

import numpy as np
import pytest

from cartflow import InputError, Study
from cartflow.cli import main
from cartflow.study.numbers import StudyNumbers

STUDY = """
title = "Vessels"
[body]
name = "human_male"
[trafficking]
name = "khot2019"
[geometry]
shape = "box"
lengths = ["2 mm", "3 mm", "2 mm"]
cells = [2, 3, 2]
[tumour]
host = "flank"
[kinetics]
models = ["none", "drug.toml"]
[time]
end = "1 day"
"""
DRUG = """
title = "A drug that stays"
[species.drug]
role = "solute"
unit = "ng/mm^3"
"""
# Along x through four cells, half of it outside; the other, without a radius at one end, along y.
TABLE = """x1_um,y1_um,z1_um,x2_um,y2_um,z2_um,r1_um,r2_um
0,500,500,4000,500,500,20,20
1500,0,1500,1500,3000,1500,30,0
"""
LENGTHS = np.zeros((2, 3, 2))
LENGTHS[:, 0, 0] = 1.0
LENGTHS[1, :, 1] = 1.0
AREAS = np.zeros((2, 3, 2))
AREAS[:, 0, 0] = 2 * np.pi * 0.02
SLANT = np.hypot(3.0, 0.03) / 3
AREAS[1, :, 1] = 2 * np.pi * SLANT * np.array([0.025, 0.015, 0.005])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("vessels")
    (found / "net.csv").write_text(TABLE)
    (found / "drug.toml").write_text(DRUG)
    return found


def study(folder, **settings):
    named = {key.replace("__", "."): value for key, value in settings.items()}
    return Study.from_text(STUDY, folder=folder, settings=named)


def flat(values):
    return values.T.ravel()


def test_cells_arrive_by_the_length_or_the_area_of_vessels(folder):
    ends = {"least_radius": "0 um"}
    for law, more, expected in (
        ("vessel_length", {}, LENGTHS),
        ("vessel_area", ends, AREAS),
    ):
        table = {"law": law, "vessels": "net.csv", **more}
        given = study(folder, tumour__vessel_density=table)
        # Cells of 1 mm3: arrival is the share of each, per volume.
        arrival = given.simulation.coupled.door.arrival
        np.testing.assert_allclose(arrival, flat(expected) / expected.sum(), rtol=1e-12)
    words = given.images["tumour.vessel_density"]
    assert words.startswith("net.csv by vessel_area: 0 to 0.1571, mean ")
    area = AREAS.sum() + 2 * AREAS[0, 0, 0]
    share = 100 * AREAS.sum() / area
    assert words.endswith(
        f"; {share:.4g} % of the vessels' area of {area:.4g} mm2 is in the tissue"
    )


def test_a_map_of_perfusion_multiplies_the_area(folder):
    perfusion = np.arange(1.0, 13.0).reshape(2, 3, 2)
    affine = np.eye(4)
    affine[:3, 3] = 0.5
    table = {"law": "vessel_area", "vessels": "net.csv", "least_radius": "0 um"}
    given = study(folder, tumour__vessel_density={**table, "perfusion": (perfusion, affine)})
    expected = flat(AREAS * perfusion)
    arrival = given.simulation.coupled.door.arrival
    np.testing.assert_allclose(arrival, expected / expected.sum(), rtol=1e-12)


def source(given):
    fields = {field.name: field for field in given.simulation.coupled.engine.problem.fields}
    return fields["drug"].sources[0]


def test_a_line_source_gives_its_strength_along_all_lines(folder):
    law = {"law": "line_source", "vessels": "net.csv", "strength": "3 ng/mm/day"}
    given = study(folder, fields__drug__regions__all__supply=law)
    np.testing.assert_allclose(source(given).supply, 3.0 * flat(LENGTHS), rtol=1e-12)
    assert given.simulation.coupled.engine.problem.geometry.cell_volumes @ source(given).supply == (
        pytest.approx(3.0 * 5.0)
    )


def test_a_solute_leaks_in_by_permeability_area_and_plasma_and_back_out_of_pores(folder):
    walls = {"law": "leak", "vessels": "net.csv", "least_radius": "0 um"}
    walls["permeability"] = "1e-6 cm/s"
    speed = 1e-5 * 86400  # mm/day
    given = study(
        folder,
        tissue__porosity=0.2,
        fields__drug__regions__all__supply={**walls, "plasma": "50 ng/mL"},
        fields__drug__regions__all__removal={**walls, "porosity": 0.2},
    )
    np.testing.assert_allclose(source(given).supply, speed * 0.05 * flat(AREAS), rtol=1e-12)
    np.testing.assert_allclose(source(given).removal, speed / 0.2 * flat(AREAS), rtol=1e-12)
    # So what is in pores ends, where nothing else acts, as it is in plasma.
    inside = flat(AREAS) > 0
    ends = source(given).supply[inside] / (0.2 * source(given).removal[inside])
    np.testing.assert_allclose(ends, 0.05, rtol=1e-12)
    key = "fields.drug.regions.all.supply"
    numbers = StudyNumbers(study=given).numbers
    assert numbers[f"{key}.permeability"].value == pytest.approx(speed)


@pytest.mark.parametrize(
    ("key", "table", "message"),
    [
        ("tumour.vessel_density", {"law": "vessel_area"}, "1 of 2 segments have a radius of 0 at"),
        ("tumour.vessel_density", {"law": "vessel_length", "unit": "mm"}, "the file says um"),
        ("tumour.vessel_density", {"law": "vessel_length", "fill": 0}, "fill: has no effect"),
        ("tumour.vessel_density", {"law": "line_source"}, "law: unknown name 'line_source'"),
        ("tumour.vessel_density", {"law": "vessel_length", "vessels": "no.vtp"}, "no such file"),
        (
            "tumour.vessel_density",
            {"law": "vessel_length", "shift": ["9 mm", "0 mm", "0 mm"]},
            "no vessel runs in the tissue",
        ),
        (
            "fields.drug.regions.all.supply",
            {"law": "leak", "permeability": "1 mm/day", "least_radius": "1 um"},
            "plasma: is missing; a supply is permeability x area x plasma",
        ),
        (
            "fields.drug.regions.all.removal",
            {"law": "leak", "permeability": "1 mm/day", "least_radius": "1 um"},
            "porosity: is missing; a removal is permeability x area / porosity",
        ),
        (
            "fields.drug.regions.all.supply",
            {"law": "line_source", "strength": "1 ng/day"},
            "needs .* like|is not|dimension",
        ),
    ],
)
def test_what_is_missing_is_asked_for(folder, key, table, message):
    given = Study.from_text(STUDY, folder=folder, settings={key: {"vessels": "net.csv", **table}})
    with pytest.raises(InputError, match=message) as caught:
        _ = given.simulation
    assert key in str(caught.value)


def test_show_says_what_is_in_a_file_and_how_far_tissue_is(folder, tmp_path, capsys):
    assert main(["show", "vessels", str(folder / "net.csv"), "--voxel", "0.1 mm"]) == 0
    shown = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines()[1:])
    assert shown["length"].strip() == "7 mm; in the box around them 0.58333 mm/mm3"
    assert "at 1 segments: a study is asked" in shown["radius of 0"]
    assert shown["voxels"].split()[:5] == ["40", "x", "30", "x", "10"]
    assert shown["to centre lines"].split()[0] == "mean"
    # Without a unit no more is said than the file has.
    bare = tmp_path / "bare.csv"
    bare.write_text(TABLE.replace("_um", ""))
    assert main(["show", "vessels", str(bare)]) == 0
    out = capsys.readouterr().out
    assert "7000 in a unit that the file does not state" in out
    assert "not stated: give it (--unit um" in out
    assert main(["show", "vessels", str(bare), "--unit", "um"]) == 0
    assert "um, as given" in capsys.readouterr().out
    assert main(["show", "image", str(bare), "--unit", "um"]) == 2
    assert "--unit: has no effect on image" in capsys.readouterr().err
    assert main(["show", "vessels"]) == 2
    assert main(["show", "vessels", str(bare), "--unit", "um", "--voxel", "1 nm"]) == 2
    assert "bare.csv: voxel: 1e-06 mm makes" in capsys.readouterr().err
