"""A tumour's own cells in the role of the product are asked about."""

import pytest

from cartflow.study.roles import role_hints
from cartflow.study.study import Study

MODEL = """
title = "a glioma and CAR T cells"
[species.cart]
role = "phenotype"
unit = "cell/mm^3"
[species.glioma]
role = "{role}"
unit = "cell/mm^3"
[parameters]
growth_rate = "0.1 1/day"
[reactions.growth]
produces = {{ glioma = 1 }}
rate = "growth_rate*glioma"
"""
STUDY = """
title = "a glioma"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{ cells = "1e6 cells" }]
geometry = { shape = "ball", radius = "1 mm", cells = 8 }
tumour = { host = "brain" }
kinetics.models = ["model.toml"]
fields.glioma.initial = "2e4 cells/mm^3"
time = { end = "2 days" }
"""


@pytest.mark.parametrize(
    ("role", "changed", "asked"),
    [
        ("phenotype", {}, True),
        ("resident", {}, False),
        ("phenotype", {"tumour.egress_rate": "0 1/day"}, False),
        ("phenotype", {"fields.glioma.initial": "0 cells/mm^3"}, False),
        ("phenotype", {"doses.0.phenotype": "glioma"}, False),
    ],
)
def test_a_phenotype_that_is_in_no_dose_is_asked_about(tmp_path, role, changed, asked):
    (tmp_path / "model.toml").write_text(MODEL.format(role=role))
    found = role_hints(Study.from_text(STUDY, folder=tmp_path, settings=changed))
    assert bool(found) is asked
    if asked:
        assert "glioma is a phenotype" in found[0]
        assert "leaves with the lymph at 1.1/day" in found[0]
