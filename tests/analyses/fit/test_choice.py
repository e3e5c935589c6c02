"""The same data against two models: the one that made them is chosen, and foresees more."""

import pytest
from growth_laws import written

from cartflow.analyses.fit.choice import compare_fits, comparison_lines
from cartflow.cli import main
from cartflow.core.outcome import InputError

VARY = ["growth_rate=[0.05, 5] 1/day", "capped.toml:carrying_capacity=[100, 1e5] cell/mm^3"]


@pytest.fixture
def table(folder):
    return written(folder)


def test_the_model_that_made_the_data_is_best_and_foresees(table):
    options = {"starts": 3, "profile": False}
    found = compare_fits(
        ["free.toml", "capped.toml"], table, VARY, hold_back="after 11 days", **options
    )
    assert [each.name for each in found] == ["capped.toml", "free.toml"]
    assert found[0].values == 5
    assert found[0].held_back < found[1].held_back - 10.0
    lines = comparison_lines(found)
    assert lines[0].split()[:3] == ["model", "-2", "ln"]
    assert [line.split()[0] for line in lines[1:]] == ["capped.toml", "free.toml"]
    # What was held back is what the whole has more than the part.
    best = found[0].fitted
    sigma, capacity = best.estimates["sd of tumour"], best.estimates["carrying_capacity"]
    assert 0.03 < sigma < 0.3
    assert 500 < capacity < 2000


def test_the_command_prints_a_table(table, capsys):
    vary = [part for text in VARY for part in ("--vary", text)]
    command = ["fit", "capped.toml", "free.toml", "--data", "data.csv", *vary, "--starts", "2"]
    assert main([*command, "--quiet"]) == 0
    out, _ = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert sorted(p.suffix for p in table.parent.iterdir()) == [".csv", ".toml", ".toml"]
    assert main([*command, "--out", "a.nc"]) == 2


@pytest.mark.parametrize(
    ("hold_back", "said"),
    [
        ("before 3 days", "write such as 'after 20 days'"),
        ("after 3 cells", "write such as"),
        ("after 100 days", "0 of 16 values are after 100 day"),
    ],
)
def test_what_cannot_be_held_back(table, hold_back, said):
    with pytest.raises(InputError, match=said):
        compare_fits(["capped.toml"], table, VARY, hold_back=hold_back)
