"""A cohort simulated with the structure of Mueller-Schoell et al. 2021, and fitted again."""

import numpy as np
import pytest

from cartflow.alone.simulate import simulate
from cartflow.analyses.fit.mixed.run import fit_mixed

# Expansion differs by 150 % and killing by central memory cells by 307 % between patients.
OMEGA = np.sqrt(np.log1p(np.array([1.50, 3.07]) ** 2))
TYPICAL = {"expansion_reference": 0.00846, "central_memory_killing": 4.04}
DAYS = np.array([3, 7, 10, 14, 21, 28, 56, 90.0])
CELLS = "naive + central_memory + effector_memory + effector"


def cohort(size, seed):
    """Counts in blood and metabolic volumes of patients, with scatter of 20 and 10 %."""
    random = np.random.default_rng(seed)
    effects = OMEGA * random.standard_normal((size, 2))
    columns = {
        name: []
        for name in ("subject", "time [day]", "observable", "value", "unit", "initial.tumour")
    }
    columns |= {"transplant": [], "ratio": []}
    for patient, (expansion, killing) in enumerate(effects):
        own = {
            "initial.tumour": float(np.exp(random.normal(4.4, 1.2))),
            "transplant": int(random.integers(2)),
            "ratio": float(np.exp(random.normal(-1.0, 1.0))),
        }
        one, two = (
            float(value * np.exp(effect))
            for value, effect in zip(TYPICAL.values(), (expansion, killing), strict=True)
        )
        settings = {
            **own,
            "expansion_reference": f"{one!r} cell/mm^3/day",
            "central_memory_killing": f"{two!r} mm^3/cell/day",
            "end": "90 day",
        }
        course = simulate("mueller_schoell2021", settings=settings).course
        states = course.at(DAYS)
        index = course.network.index
        cells = sum(states[:, index(name)] for name in CELLS.split(" + "))
        for name, truth, sd, unit in (
            ("blood", cells, 0.2, "cell/mm^3"),
            ("volume", states[:, index("tumour")], 0.1, "1"),
        ):
            for day, value in zip(
                DAYS, truth * np.exp(sd * random.standard_normal(8)), strict=True
            ):
                row = (f"patient {patient}", float(day), name, float(value), unit, *own.values())
                for column, cell in zip(columns.values(), row, strict=True):
                    column.append(cell)
    return columns


@pytest.mark.slow
def test_a_cohort_of_24_is_found_again():
    found = fit_mixed(
        "mueller_schoell2021",
        cohort(24, 2026),
        [
            "expansion_reference=[1e-4, 1] cell/mm^3/day",
            "central_memory_killing=[1e-2, 1e3] mm^3/cell/day",
        ],
        ["expansion_reference", "central_memory_killing"],
        observables={"blood": CELLS, "volume": "tumour"},
        points=1,
        starts=3,
        simulations=0,
    )
    dataset = found.dataset
    names = dataset["parameter"].values.tolist()
    assert names[2:] == ["sd of blood", "sd of volume"]
    truth = [*TYPICAL.values(), 0.2, 0.1]
    away = np.log(dataset["estimate"].values / truth) / dataset["relative_error"].values
    assert np.abs(away).max() < 3.0, away
    away = (dataset["omega"].values - OMEGA) / dataset["omega_error"].values
    assert np.abs(away).max() < 3.0, away
    assert np.all(dataset["shrinkage"].values < 0.3)
