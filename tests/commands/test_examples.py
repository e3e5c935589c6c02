"""What ships is listed, copied and right; files of a user's own are told by what is in them."""

from pathlib import Path

import pytest

from cartflow.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = Path(__file__).parents[2] / "pbpk" / "data"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_examples_are_listed_by_title(capsys):
    assert main(["examples"]) == 0
    listed = capsys.readouterr().out.splitlines()
    names = [p.stem for p in EXAMPLES.iterdir() if p.suffix in {".toml", ".py"} or p.is_dir()]
    assert [line.split()[0] for line in listed] == sorted(
        name for name in names if not name.startswith("_")
    )
    assert any(line.endswith("a mouse with a flank tumour of 5 mm") for line in listed)


def test_an_example_is_copied_as_it_is_and_never_over_another_file(here, capsys):
    assert main(["examples", "mouse_flank"]) == 0
    copy = here / "mouse_flank.toml"
    assert copy.read_bytes() == (EXAMPLES / "mouse_flank.toml").read_bytes()
    copy.write_text("mine", encoding="utf-8")
    assert main(["examples", "mouse_flank"]) == 2
    assert copy.read_text(encoding="utf-8") == "mine"
    assert "exists already" in capsys.readouterr().err


def test_a_folder_is_copied_whole_or_not_at_all(here, capsys):
    (here / "there" / "xenograft").mkdir(parents=True)
    kept = here / "there" / "xenograft" / "xenograft.toml"
    kept.write_text("mine", encoding="utf-8")
    assert main(["examples", "xenograft", "--out", "there"]) == 2
    assert [p.name for p in kept.parent.iterdir()] == ["xenograft.toml"]
    assert main(["examples", "xenograft"]) == 0
    names = {"host.toml", "measure.py", "rejecting_host.toml", "xenograft.toml"}
    assert {p.name for p in (here / "xenograft").iterdir()} == names
    assert main(["check", "xenograft/xenograft.toml"]) == 0
    capsys.readouterr()


def test_an_unknown_example_and_a_place_that_is_none(here, capsys):
    assert main(["examples", "mouse_flanc"]) == 2
    assert "did you mean 'mouse_flank'" in capsys.readouterr().err
    assert main(["examples", "mouse_flank", "--out", "nowhere"]) == 2
    assert "nowhere: is not a folder" in capsys.readouterr().err


def test_check_tells_files_by_what_is_in_them(here, capsys):
    files = {
        "study": EXAMPLES / "marrow_leukaemia.toml",
        "kinetics": EXAMPLES / "xenograft" / "host.toml",
        "body": DATA / "body_mouse_20g.toml",
        "trafficking": EXAMPLES / "xenograft" / "rejecting_host.toml",
    }
    assert main(["check", *map(str, files.values())]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  ")]
    assert [line.split(": ")[1] for line in lines] == [f"{kind}, right" for kind in files]


def test_check_goes_on_after_a_wrong_file_and_ends_with_2(here, capsys):
    right = str(EXAMPLES / "marrow_leukaemia.toml")
    wrong = here / "wrong.toml"
    wrong.write_text(
        Path(right).read_text(encoding="utf-8").replace("1e8 cells", "1e8 mg"), encoding="utf-8"
    )
    assert main(["check", str(wrong), "nothing.toml", right]) == 2
    out, err = capsys.readouterr()
    assert "study, right" in out
    first, second = err.splitlines()
    assert first.startswith(f"cartflow: {wrong}: doses.0.cells: ")
    assert second == "cartflow: nothing.toml: cannot be read (No such file or directory)"
