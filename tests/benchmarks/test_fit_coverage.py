"""How often fits hold the truth: one set in miniature, and the shares of a table."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)

from benchmarks import fit_coverage  # noqa: E402
from benchmarks.fit_cases import CASES  # noqa: E402


def test_rows_go_on_where_they_were_ended(tmp_path):
    rows = tmp_path / "rows.jsonl"
    fit_coverage.run(rows, 2, ["conte2025"], estimated=False)
    first = rows.read_text()
    # A run that was ended while it wrote its second row.
    rows.write_text(first[: first.index("\n") + 20])
    assert len(fit_coverage.read(rows)) == 1
    fit_coverage.run(rows, 2, ["conte2025"], estimated=False)
    again = fit_coverage.read(rows)
    assert [row["set"] for row in again] == [0, 1]
    assert all(len(row["away"]) == len(CASES["conte2025"].keys) for row in again)
    assert all(row["converged"] for row in again)


def test_a_profile_rises_by_the_square_of_how_far_it_is():
    # As it does where the likelihood is a bowl, which with errors of 10 % it nearly is.
    row = fit_coverage.one_fit("conte2025", 3)
    assert row["rise"] == pytest.approx(np.square(row["away"]), rel=0.2, abs=0.05)


def test_a_share_counts_sets_and_not_numbers():
    sets = np.repeat(np.arange(400), 4)
    found = np.repeat(np.arange(400) % 10 > 0, 4).astype(float)
    told = fit_coverage.share(found, sets)
    assert told.share == pytest.approx(0.9)
    assert told.sd == pytest.approx(np.sqrt(0.9 * 0.1 / 400))


def test_a_straight_model_is_as_far_off_as_its_draws_say():
    away = np.array(fit_coverage.one_fit("conte2025", 3)["away"])
    # But for how the model bends within its errors.
    assert fit_coverage.straight("conte2025", 3) == pytest.approx(away, abs=0.25)
    many = np.array([fit_coverage.straight("conte2025", number) for number in range(150)])
    # Standard normal by construction: the mean square of 150 within three standard deviations.
    assert (many**2).mean(axis=0) == pytest.approx(1.0, abs=3 * np.sqrt(2 / 150))
    rows = [
        {"case": "conte2025", "set": 3, "estimated": False, "away": [0.1] * 4, "rise": [0.01] * 4}
    ]
    lines = fit_coverage.drawn_lines(rows)
    assert len(lines) == 1 + 2 * 5
    assert lines[-1].split()[:5] == ["conte2025", "all", "1", "held", "100.0"]
