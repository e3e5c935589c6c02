"""A study in sentences: what would run, without running it."""

from pathlib import Path

import pytest

from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.study.study import Study

EXAMPLES = Path(__file__).parents[2] / "examples"
STUDY = """
title = "a slab"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [
    { cells = "1e6 cells", split = [0.25, 0.75], interval = "1 week" },
    { cells = "2e3 cells", route = "intratumoural", time = "2 days", duration = "6 h" },
]
geometry = { shape = "slab", length = "2 mm", cells = 40 }
tumour = { host = "flank", feeding = "rim", boundary = "left" }
kinetics.models = ["predator_prey", "matrix_degradation"]
fields.cart.diffusivity = { value = "2 um^2/min", source = "dekkers2022", standing = "measured" }
fields.tumour.initial = "2e4 cells/mm^3"
time = { end = "10 days", every = "1 day" }
"""


def lines(study, what):
    return [sentence for name, sentence in study.described() if name == what]


def test_what_would_run_is_said():
    study = Study.from_text(STUDY)
    assert lines(study, "dose") == [
        "250000 cart, intravenous, at the start, at once",
        "750000 cart, intravenous, on day 7, at once",
        "2000 cart, intratumoural, on day 2, over 6 hours",
    ]
    assert lines(study, "tumour")[0].endswith("mm deep, in 40 mesh cells; fed by the rim")
    assert "cart (phenotype): starts at 0 cell/mm^3, diffuses at 2 um^2/min" in lines(
        study, "field"
    )
    assert "tumour (resident): starts at 2e4 cells/mm^3, immobile" in lines(study, "field")
    assert lines(study, "time") == ["10 day, 11 times saved"]
    assert "as one system" in lines(study, "steps")[0]
    assert "retention" in lines(study, "assumed")[0]


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_example_is_described(path):
    if "body.name" in path.read_text() or "[body]" in path.read_text():
        assert dict(Study.from_file(path).described())["title"]


def test_many_doses_are_counted():
    doses = ", ".join(f'{{ cells = "1e6 cells", time = "{day} h" }}' for day in range(12))
    study = Study.from_text(f"doses = [{doses}]\n" + STUDY[STUDY.index("geometry") :] + HEAD)
    assert lines(study, "dose")[10:] == ["and 2 more"]


HEAD = 'title = "many"\nbody.name = "mouse_28g"\ntrafficking.name = "khot2019"\n'


def test_the_command_shows_a_study_and_refuses_a_bad_one(tmp_path, capsys):
    path = tmp_path / "slab.toml"
    path.write_text(STUDY)
    assert main(["show", "study", str(path)]) == 0
    assert "fed by the rim" in capsys.readouterr().out
    path.write_text(STUDY.replace('"left"', '"lefd"'))
    assert main(["show", "study", str(path)]) == 2
    assert "lefd" in capsys.readouterr().err
    assert main(["show", "study"]) == 2
    with pytest.raises(InputError, match="lefd"):
        Study.from_file(path).described()


def test_a_notebook_shows_sentences_and_never_acts_on_them():
    study = Study.from_text(STUDY.replace("a slab", "<script>a slab</script>"))
    shown = study._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;a slab" in shown
    for what, words in study.described()[1:]:
        assert what in shown
        assert words.replace("'", "&#x27;").replace(">", "&gt;") in shown
    assert study.describe().splitlines()[1].startswith("dose: 250000 cart, intravenous")
