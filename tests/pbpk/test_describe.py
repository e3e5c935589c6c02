"""Bodies and trafficking models as rows."""

from cartflow.pbpk.describe import describe, totals, ways
from cartflow.pbpk.files.load import load_body, load_trafficking


def test_rows_of_a_body_are_in_the_files_units():
    rows = {(r.organ, r.quantity): r for r in describe(load_body("human_male"))}
    assert rows["", "cardiac_output"][2:6] == (6.5, "L/min", "icrp89", "transcribed")
    brain = rows["brain", "blood_flow"]
    assert (brain.value, brain.unit, brain.standing) == (46800.0, "mL/h", "derived")
    assert brain.note == "12 % of 6.5 L/min"
    assert len(rows) == 13 * 5 + 7 + 2 * 2  # organs, the whole, cavities


def test_rows_of_a_trafficking_model():
    rows = {(r.organ, r.quantity): r for r in describe(load_trafficking("singh2020"))}
    assert rows["", "lymph_flow_factor"].value == 0.1
    assert rows["liver", "elimination_rate"][2:4] == (0.0288, "1/h")
    assert rows["tumour", "blood_flow"][2:4] == (6.0, "mL/h")


def test_totals_of_a_body():
    lines = totals(load_body("child_5y"))
    assert lines[0].startswith("blood flow of the organs   204000 mL/h")
    assert lines[1].startswith("blood of organs and pools  1400 mL")
    assert lines[2].endswith("at a weight of 19 kg")


def test_ways_of_a_trafficking_model():
    made_for, blood, tissue, emptied, pool, others, caught, _ = ways(load_trafficking("khot2019"))
    assert made_for.endswith("mouse_28g; cells travel with blood")
    assert blood.endswith("of spleen, gut; of all others to the veins")
    assert tissue.endswith("of no organ; of all others to the lymph")
    assert emptied.endswith("tissue less vessels")
    assert pool.endswith("blood outside the organs; concentrations counted in the whole blood")
    assert others.endswith("have vessels only")
    # As J / (J + Q/V) of the published rates, flows and vessels.
    for share in ("lung 12.7 %", "spleen 17.6 %", "kidney 3.55 %", "tumour 0.448 %"):
        assert share in caught
    assert ways(load_trafficking("ganusov2014"))[-2].endswith("in no organ")


def test_a_published_tumour_is_told_with_the_default_beside_it():
    rows = {(r.organ, r.quantity): r for r in describe(load_trafficking("tsai2022_liver"))}
    assert rows["published_tumour", "portal_flow"][2:4] == (16.0, "mL/h")
    assert ("published_tumour", "blood_flow") not in rows  # told once, as that of the capture
    line = ways(load_trafficking("tsai2022_liver"))[-1]
    assert "0.1993 mL in liver: plasma_flow 49.66 mL/h per mL (default 12.6)" in line
    assert "portal_share 0.8889" in line
    assert ways(load_trafficking("leon_triana2021"))[-1].endswith("in brain: egress_rate 0 1/day")
    assert "is refused" in ways(load_trafficking("brown2021"))[-1]
