"""Tables of measurements: what is read, and what is refused in one line."""

import re

import numpy as np
import pytest

from cartflow.analyses.fit.mixed.run import fit_mixed
from cartflow.analyses.fit.run import fit
from cartflow.analyses.fit.table.read import read_measurements
from cartflow.cli import main
from cartflow.core.outcome import InputError

HEAD = "subject,time [day],observable,value,unit\n"
GOOD = HEAD + "a,1,tumour,100,cell/mm^3\na,2,tumour,120,cell/mm^3\n"


def written(folder, text, name="data.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_tidy_table_is_read(folder):
    text = (
        "subject,time,time_unit,observable,value,unit,lloq,sd,dose [cell],age,replicate\n"
        "# a remark\n"
        "m1,24,h,blood,12.5,cell/uL,5,1,1e6,3,1\n"
        "m1,1,day,blood,<5,cell/uL,,,1e6,3,2\n"
        "m1,2,day,blood,3,cell/uL,5,,1e6,3,1\n"
        "m2,36,h,blood,BLQ,cell/mL,900,,2e6,,1\n"
        "m2,48,h,blood,7e3,cell/mL,,,2e6,,1\n"
    )
    found = read_measurements(written(folder, text))
    assert found.time.tolist() == [1.0, 1.0, 2.0, 1.5, 2.0]
    assert found.censored.tolist() == [False, True, True, True, False]
    assert found.lloq.tolist()[1:4] == [5.0, 5.0, 900.0]
    assert found.value[0] == 12.5
    assert np.isnan(found.value[2])
    assert found.extras["dose"] == {"m1": "1e6 cell", "m2": "2e6 cell"}
    assert found.extras["age"] == {"m1": "3"}
    assert found.subjects == ["m1", "m2"]


def test_columns_from_python_are_read_alike(folder):
    table = {
        "subject": ["a", "a"],
        "time": [1, 2],
        "time_unit": ["day", "day"],
        "observable": ["tumour", "tumour"],
        "value": np.array([100.0, 120.0]),
        "unit": ["cell/mm^3"] * 2,
    }
    found, same = read_measurements(table), read_measurements(written(folder, GOOD))
    assert found.value.tolist() == same.value.tolist()
    assert found.time.tolist() == same.time.tolist()


def test_a_table_as_nonmem_has_it_is_read(folder):
    text = (
        "ID,TIME [h],DV [cell/uL],AMT [cell],EVID,CMT,MDV,LLOQ,WT\n"
        "1,0,.,1e6,1,1,1,.,70\n"
        "1,24,50,.,0,2,0,10,70\n"
        "1,48,5,.,0,2,0,10,70\n"
        "1,60,7,.,0,2,1,10,70\n"
        "1,60,30,.,0,3,0,10,70\n"
    )
    found = read_measurements(written(folder, text), {"2": "blood"})
    assert found.observable == ("blood", "blood", "CMT3")
    assert found.censored.tolist() == [False, True, False]
    assert found.doses == (("1", 0.0, "1000000.0 cell", 0.0),)
    assert found.extras == {"WT": {"1": "70"}}


def test_rows_and_columns_that_a_control_stream_would_drop_are_left_out(folder):
    """IGNORE=C, nominal times, logarithms, analytes that are not fitted; each value's own unit."""
    text = (
        "C,ID,TIME [h],NTIM,DV,UNIT,LNDV,CMT,WT\n"
        ".,1,24.3,24,50,cell/uL,3.912,2,70\n"
        "C,1,47,48,9999,cell/uL,9.21,2,70\n"
        ".,1,48.1,48,2e4,copies/ug,9.9,3,70\n"
        ".,1,48.1,48,12,pg/mL,2.48,4,70\n"
    )
    found = read_measurements(written(folder, text), {"2": "blood", "3": "gene", "4": "-"})
    assert found.observable == ("blood", "gene")
    assert found.unit == ("cell/uL", "copies/ug")
    assert found.rows == (1, 3)
    assert found.extras == {"WT": {"1": "70"}}
    assert sorted(found.changing) == ["LNDV", "NTIM"]


def test_a_column_that_changes_is_no_covariate(folder):
    text = HEAD.replace("\n", ",visit\n") + "a,1,tumour,1,1,1\na,2,tumour,2,1,2\n"
    with pytest.raises(InputError, match=r"column 'visit': '2', and before '1' for the same"):
        fit_mixed(
            "brummer2022",
            written(folder, text + "b,1,tumour,1,1,1\n"),
            ["growth_rate=[0.02, 2] 1/h"],
            ["growth_rate"],
            covariates={"growth_rate": ["(visit/2)^?"]},
        )


def test_doses_of_a_table_go_somewhere_or_nowhere(folder):
    text = (
        "ID,TIME [day],DV [1],AMT [cell]\n1,0,.,2e8\n1,3,80,.\n1,9,2e4,.\n1,30,900,.\n1,60,200,.\n"
    )
    path = written(folder, text)
    more = {"observables": {"DV": "effector + memory"}, "starts": 1, "threads": 1, "profile": False}
    vary = ["fold_expansion=[10, 1e5]"]
    with pytest.raises(InputError, match=r"--dose-into NAME \(effector, memory\), or '-' to leave"):
        fit("stein2019", path, vary, **more)
    found = fit("stein2019", path, vary, dose_into="-", **more)
    assert found.dataset.sizes["datum"] == 4
    # The level at the maximum, 24,000 copies in the model's own scenario, is the second value.
    assert 1e3 < found.estimates["fold_expansion"] < 1e4


ROW = "a,1,tumour,100,cell/mm^3\n"
BAD = {
    "empty": ("", "holds no rows"),
    "head alone": (HEAD, "holds no rows"),
    "no subject": (GOOD.replace("subject", "who"), "column 'subject' is missing"),
    "no value": (GOOD.replace("value", "valeu"), "'value' is missing.*did you mean 'valeu'"),
    "no unit": (GOOD.replace(",cell/mm^3", ","), "the value has no unit"),
    "no unit column": ("subject,time [day],observable,value\na,1,tumour,3\n", "has no unit"),
    "no unit of time": (GOOD.replace("time [day]", "time"), "call the column 'time .day.'"),
    "unit of time is none": (GOOD.replace("[day]", "[cell]"), "has the dimension"),
    "unknown unit": (GOOD.replace("cell/mm^3", "cels/mm^3"), "is not a unit"),
    "wrong unit": (GOOD.replace("cell/mm^3", "mg"), "is given in 'mg'"),
    "two units": (HEAD.replace("value", "value [mg]") + ROW, "and the column 'value' is in 'mg'"),
    "backwards": (HEAD + ROW.replace("1", "2", 1) + ROW, "row 2: time 1 day comes after 2 day"),
    "before the start": (HEAD + ROW.replace("1", "-1", 1), "before the start"),
    "twice": (HEAD + ROW + ROW, "row 2: repeats row 1.*'replicate'"),
    "text": (GOOD.replace("120", "many"), "row 2, column 'value': 'many' is not a finite"),
    "nan": (GOOD.replace("120", "nan"), "is not a finite number"),
    "infinite": (GOOD.replace("120", "inf"), "is not a finite number"),
    "underscore": (GOOD.replace("120", "1_20"), "is not a finite number"),
    "no time": (GOOD.replace("a,2", "a,"), "row 2, column 'time': is empty"),
    "no value in row": (GOOD.replace("120", ""), "is empty, and there is no limit"),
    "no name": (GOOD.replace("a,2,tumour", "a,2,"), "column 'observable': is empty"),
    "no subject in row": (GOOD.replace("a,2", ",2"), "column 'subject': is empty"),
    "unknown observable": (
        GOOD.replace("tumour", "tumor"),
        r"data\.csv: .*nothing simulated is called 'tumor'",
    ),
    "no expression": (GOOD.replace("tumour", "my tumour"), "is no expression"),
    "all censored": (HEAD + "a,1,tumour,<5,cell/mm^3\n", "all 1 values are below"),
    "zero for log-normal": (GOOD.replace("120", "0"), "is not above 0"),
    "negative limit": (GOOD.replace("120", "<-1"), "must be greater than 0"),
    "short row": (HEAD + "a,1,tumour\n", "row 1 has 3 cells, and the head has 5"),
    "semicolons": (GOOD.replace(",", ";"), "not parted by commas"),
    "two columns of one name": (GOOD.replace("observable", "subject"), "two columns are called"),
    "open quote": (GOOD.replace("100", '"100'), "is no CSV"),
    "two doses": (
        "subject,time [day],observable,value,unit,dose\n"
        "a,1,tumour,1,cell/mm^3,1 cell\na,2,tumour,1,cell/mm^3,2 cell\n",
        "must be one value a subject",
    ),
    "additional doses": ("ID,TIME [h],DV [1],ADDL\n1,1,1,3\n", "repeated doses are not read"),
    "reset": ("ID,TIME [h],DV [1],EVID\n1,1,1,3\n", "read are 0"),
    "unit of DV": ("ID,TIME [h],DV\n1,1,1\n", "column 'DV' has no unit"),
    "no units at all": (
        "ID,TIME,DV,AMT\n1,1,1,.\n",
        r"columns 'TIME', 'DV', 'AMT' have no unit; write such as 'TIME \[h\]', 'DV \[cell/uL\]'",
    ),
    "unit of a value": ("ID,TIME [h],DV,UNIT\n1,1,1,.\n", "column 'UNIT': the value has no unit"),
    "mark": ("ID,TIME [h],DV [1],C\n1,1,1,X\n", "row 1, column 'C': 'X'; rows to be left out"),
    "doses of a table": (
        "ID,TIME [h],DV [1],AMT [cell]\n1,0,.,1e6\n1,1,1,.\n",
        "nothing simulated is called 'DV'",
    ),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=list(BAD))
def test_a_bad_table_is_answered_in_one_line(folder, capsys, text, said):
    path = written(folder, text)
    vary = ["--vary", "growth_rate=[0.01, 1] 1/day"]
    assert main(["fit", "sahoo2020", "--data", str(path), *vary]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert re.search(said, err)
    assert sorted(p.name for p in folder.iterdir()) == ["data.csv"]


def test_one_subject_has_nothing_of_its_own(folder):
    path = written(folder, GOOD)
    vary = ["growth_rate=[0.1, 1] 1/day"]
    with pytest.raises(InputError, match=r"--each growth_rate: .*there is one subject"):
        fit("sahoo2020", path, vary, each=["growth_rate"])
