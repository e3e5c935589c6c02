"""The notebooks: they print what they show, and hold nothing of the machine that ran them."""

import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
sys.path.append(str(Path(__file__).parents[1] / "pages"))

from compare import missing  # noqa: E402


def read(name):
    nbformat = pytest.importorskip("nbformat", reason="the extra docs is not installed")
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def printed(notebook):
    """Return for each cell the lines that it printed or ends with."""
    return [
        "\n".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in c.outputs)
        for c in notebook.cells
        if c.cell_type == "code"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_holds_no_error_and_no_path(name):
    notebook = read(name)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert not any(root in text for root in ("/home/", "/root/", "/tmp/", "/work/", "/Users/"))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_prints_again_what_it_shows(name):
    pytest.importorskip("nbclient", reason="the extra docs is not installed")
    place = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    execute = importlib.util.module_from_spec(place)
    place.loader.exec_module(execute)
    again = execute.executed(FOLDER / f"{name}.ipynb")
    for shown, now in zip(printed(read(name)), printed(again), strict=True):
        assert missing(shown, now) is None
