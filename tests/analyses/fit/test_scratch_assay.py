"""Scratch assays that were measured, fitted as profiles over depth, against what was published."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from cartflow.analyses.fit.run import fit

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "jin2016_pc3_scratch"
PAGE = Path(__file__).parents[3] / "docs" / "howto_scratch_assay.md"
CAPACITY = 1700.0
DIFFUSIVITY, GROWTH = "fields.cells.diffusivity", "kinetics.parameters.growth_rate"
RANGES = [f"{DIFFUSIVITY}=[50, 5000] um^2/h", f"{GROWTH}=[0.01, 0.2] 1/h"]
# Jin et al. 2016 by seeding (1000 a well): D (um2/h) and lambda (1/h), then the same and the root
# mean square over the capacity as other code finds them from the same means.
PUBLISHED = {
    10: ((310, 0.044), (310, 0.0440, 0.0629)),
    12: ((250, 0.044), (253, 0.0438, 0.0549)),
    16: ((570, 0.049), (579, 0.0489, 0.0603)),
    18: ((760, 0.054), (765, 0.0541, 0.0661)),
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the measurements are not at {FOLDER}")


@pytest.fixture
def path(tmp_path):
    """Return the page's study, beside the first profile of every dish."""
    text = PAGE.read_text(encoding="utf-8")
    for name in ("dish.toml", "scratch.toml"):
        block = re.search(rf"file: {name} -->\n```toml\n(.*?)```", text, re.DOTALL)
        (tmp_path / name).write_text(block[1])
    for seeding in PUBLISHED:
        lines = ["mm,cells_per_mm3"] + [f"{x},{u}" for t, x, u in rows(seeding) if t == 0]
        (tmp_path / f"start_{seeding}.csv").write_text("\n".join(lines))
    return tmp_path / "scratch.toml"


def rows(seeding):
    with (FOLDER / f"CellDensity_{seeding}.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            position = (float(row["Position"]) - 25.0) / 1000.0
            yield float(row["Time"]), position, 1e6 * float(row["AvgDens"])


def later(seedings):
    """Return the table of the later profiles of dishes, each with its own to start from."""
    found = [(n, *row) for n in seedings for row in rows(n) if row[0] > 0]
    return {
        "subject": [f"{n} 000 seeded" for n, *_ in found],
        "fields.cells.initial.profile": [f"start_{n}.csv" for n, *_ in found],
        "time [h]": [t for _, t, _, _ in found],
        "depth [mm]": [x for _, _, x, _ in found],
        "observable": ["density"] * len(found),
        "value": [u for *_, u in found],
        "unit": ["cells/mm^3"] * len(found),
    }


def fitted(path, seedings, **more):
    return fit(
        path,
        later(seedings),
        RANGES,
        observables={"density": "field_cells"},
        errors={"density": "normal"},
        starts=1,
        profile=False,
        **more,
    )


@pytest.mark.parametrize("seeding", PUBLISHED)
def test_published_estimates_are_found_within_their_errors(path, seeding):
    (*published, (motility, growth, rms)) = PUBLISHED[seeding]
    found = fitted(path, [seeding])
    errors = found.dataset["standard_error"].values
    values = [found.estimates[key] for key in (DIFFUSIVITY, GROWTH)]
    assert np.all(np.abs(np.array(values) - published[0]) < 0.35 * errors[:2])
    assert values[0] == pytest.approx(motility, rel=0.003)
    assert values[1] == pytest.approx(growth, rel=0.0012)
    left = found.dataset["predicted"].values - found.dataset["value"].values
    assert np.sqrt(np.mean(left**2)) / CAPACITY == pytest.approx(rms, abs=1e-4)


def test_one_motility_for_all_dishes_is_far_worse(path):
    """The numbers depend on how many cells were seeded, as Jin et al. concluded."""
    apart = fitted(path, PUBLISHED, each=[DIFFUSIVITY, GROWTH])
    together = fitted(path, PUBLISHED)
    assert apart.estimates[f"{DIFFUSIVITY} of 16 000 seeded"] == pytest.approx(579, rel=0.003)
    assert together.estimates[DIFFUSIVITY] == pytest.approx(581.6, rel=0.002)
    assert together.dataset.attrs["aic"] - apart.dataset.attrs["aic"] == pytest.approx(200.6, abs=1)
