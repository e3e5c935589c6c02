"""Product cells that come of others as these arrive in a tumour that grows."""

import numpy as np
from studies import in_tumour, study

from cartflow.study.study import Study

TEXT = study(
    in_tumour(
        'shape = "ball"\nradius = "1 mm"\ncells = 6\n[geometry.growth]\ncells = ["tumour"]',
        models='"effector_memory_exhausted"',
        fields='[fields.effector]\ndiffusivity = "20 um^2/min"\n'
        '[fields.tumour]\ninitial = "2e4 cells/mm^3"',
    ),
    doses='[[doses]]\ncells = "3e6 cells"\nshares = { effector = 3, memory = 1 }',
    time='end = "0.2 days"\nevery = "0.1 days"',
)
# Nothing is made or lost of the tumour, so that it stays as large as it is.
STILL = {
    "kinetics.parameters": {"growth_rate": "0 1/day", "killing_rate": "0 1/day"},
    "solver.tolerance": 1e-4,
}


def test_they_are_those_of_a_tumour_that_stays():
    """The exhausted are none when the first effectors arrive: a step leaves less than rounding."""
    grows = Study.from_text(TEXT, settings=STILL).run(time_check=False)
    assert grows.outcome.status == "finished"
    text = TEXT.replace('[geometry.growth]\ncells = ["tumour"]\n', "")
    stays = Study.from_text(text, settings=STILL).run(time_check=False)
    one, other = (each.tree["tumour"].to_dataset() for each in (grows, stays))
    np.testing.assert_allclose(one["expansion"], 1.0, rtol=1e-12)
    for name in ("effector", "memory", "exhausted"):
        found, expected = (each[f"amount_{name}"].values[1:] for each in (one, other))
        assert (expected > 0.0).all()
        np.testing.assert_allclose(found, expected, rtol=2e-3, err_msg=name)
    assert grows.summary()["relative_residual"] < 1e-12
