"""A dish with CAR T cells beside the stored outcomes of CARCADE: directions and ranks."""

import sys
from itertools import pairwise
from pathlib import Path

import pytest
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.cells.carcade import TABLE, outcome
from benchmarks.lines import kept, read

ALONE = [row for row in TABLE if row[1] == 0 and row[2] > 1e-8]


@pytest.mark.slow
def test_outcomes_rank_as_published_over_dose_and_affinity():
    ours = [outcome(*row[:3]) for row in ALONE]
    cancer, _, cart = zip(*ours, strict=True)
    assert spearmanr(cancer, [row[3] for row in ALONE]).statistic == pytest.approx(1)
    assert spearmanr(cart, [row[5] for row in ALONE]).statistic > 0.85
    # More die of a higher dose, and of a CAR that binds better.
    assert all(before > after for before, after in pairwise(cancer))


@pytest.mark.slow
def test_healthy_cells_with_antigen_die_the_more_the_higher_the_dose():
    healthy = [outcome(dose, 100, 1e-7)[1] for dose in (250, 500, 1000)]
    assert healthy[0] > healthy[1] > healthy[2]


def test_what_was_run_is_kept_as_a_line(tmp_path):
    made = []

    def make():
        made.append(1)
        return [0.5, 2.0]

    path = tmp_path / "lines.jsonl"
    for _ in range(2):
        assert kept(path, {"row": (250, 0, 1e-6), "seed": 1}, make) == [0.5, 2.0]
    # A run that was killed while it wrote leaves half a line, which goes.
    path.write_text(path.read_text() + '{"key": ')
    kept(path, {"row": (250, 0, 1e-6), "seed": 2}, make)
    assert len(made) == len(path.read_text().splitlines()) == len(read(path)) == 2
