"""Members from a CSV file: what is read, and what is refused by row and column."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from studies import half_a_day

from cartflow import InputError, Study, sweep
from cartflow.analyses.sweep.table import read_table

STUDY = half_a_day()
TABLE = """\
# two mice and a man
kinetics.killing_rate [1/h], body.name,doses.0.cells
0.04, mouse_28g,1e6 cells

0.05,mouse_20g ,2e6 cells
0.04,human_male,1e8 cells
"""


@pytest.fixture
def path(tmp_path):
    def write(content):
        place = tmp_path / "runs.csv"
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return place

    return write


def test_rows_are_members(path):
    study = Study.from_text(STUDY)
    found = sweep(study, table=path(TABLE), outcomes=["delivery"])
    assert dict(found.sizes) == {"member": 3}
    assert found["kinetics_killing_rate"].values.tolist() == [0.04, 0.05, 0.04]
    assert found["kinetics_killing_rate"].attrs["units"] == "hour-1"
    assert found["body_name"].values.tolist() == ["mouse_28g", "mouse_20g", "human_male"]
    man = study.with_settings({"body.name": "human_male", "doses.0.cells": "1e8 cells"})
    alone = sweep(man, {"kinetics.killing_rate": "0.04 1/h"}, outcomes=["delivery"])
    assert float(found["delivery"][2]) == float(alone["delivery"][0])
    columns = {
        "kinetics.killing_rate": ["0.04 1/h", "0.05 1/h", "0.04 1/h"],
        "body.name": ["mouse_28g", "mouse_20g", "human_male"],
        "doses.0.cells": ["1e6 cells", "2e6 cells", "1e8 cells"],
    }
    for table in (columns, pd.DataFrame(columns)):
        xr.testing.assert_identical(sweep(study, table=table, outcomes=["delivery"]), found)


def test_a_product_of_rows_and_an_axis():
    study = Study.from_text(STUDY)
    table = xr.Dataset({"tumour.retention": ("member", [0.5, 1.0])})
    found = sweep(study, {"geometry.radius": "1,2 mm"}, table=table, outcomes=["depth"])
    assert found["depth"].dims == ("radius", "member")
    assert np.isfinite(found["depth"]).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty; the first line has the keys"),
        ("# nothing\n\n", "is empty"),
        ("a,b\n", "has 0 rows"),
        ("a,b\n1,2\n3\n", "row 2 has 1 cells, and the head has 2"),
        ("a,a\n1,2\n", "two columns have one name"),
        ("a,\n1,2\n", "'' is no head"),
        ("a [,b\n1,2\n", "'a \\[' is no head"),
        ("a b,c\n1,2\n", "'a b' is no key"),
        ("a,b\n1,\n", "row 1, column b: is empty"),
        ("a\n1\nx\n", "row 2, column a: 'x' is no number"),
        ("a\n1 mm\n2 s\n", "row 2, column a: has the unit s, and the column mm"),
        ("a\n1 mm\n2\n", "row 2, column a: has the unit 1, and the column mm"),
        ("a [mm]\n1\n2 s\n", "row 2, column a: has the unit s, and the column mm"),
        ("a [mm]\n1\nx\n", "row 2, column a: 'x' is no number"),
        ("a\n1\nnan\n", "row 2, column a: nan is not a finite number"),
        ("a\n1e400\n", "row 1, column a: inf is not a finite number"),
        ("a [what^^]\n1\n", "is not a unit"),
        ("a\n" + "x" * 300 + "\n", "row 1, column a: .* is no value"),
        ("a\n\x1b[31mred\n", "row 1, column a: .* is no value"),
        ('a\n"1\n', "is no CSV"),
        ('a\n"1"2\n', "is no CSV"),
        ("a\n" + '"' + "x" * 200_000 + '"\n', "is no CSV"),
        ("a\x00b\n1\n", "no key|is no CSV|no head"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"\x89PNG\r\n\x1a\n\x00\x01", "not a text file"),
        (",".join(f"k{i}" for i in range(1001)) + "\n", "has 1001 columns; at most 1000"),
    ],
)
def test_a_bad_table_is_refused_in_one_line(path, content, message):
    with pytest.raises(InputError, match=message) as error:
        read_table(path(content))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("kinetics.killing_rat\n1\n", "did you mean 'kinetics.killing_rate'"),
        ("kinetics.killing_rate\n1 mm\n", "has the dimension length"),
        ("geometry.file\n/etc/passwd\n", "the study cannot have it so"),
        ("=cmd|' /C calc'!A0\n1\n", "is no key of a study"),
        ("member\n1\n", "the study cannot have it so"),
    ],
)
def test_a_table_that_does_not_fit_the_study_is_refused(path, content, message):
    with pytest.raises(InputError, match=message):
        sweep(Study.from_text(STUDY), table=path(content))


def test_no_file_no_folder_and_too_many_rows(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="there is no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path)
    monkeypatch.setattr("cartflow.analyses.sweep.table.MOST_MEMBERS", 3)
    (tmp_path / "long.csv").write_text("a\n" + "1\n" * 5)
    with pytest.raises(InputError, match="has more than 3 rows"):
        read_table(tmp_path / "long.csv")
    monkeypatch.setattr("cartflow.analyses.sweep.table._LARGEST", 8)
    with pytest.raises(InputError, match="has more than 0 MB"):
        read_table(tmp_path / "long.csv")
    with pytest.raises(InputError, match="it must be a file, or columns by key"):
        read_table(3)
