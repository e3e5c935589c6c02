"""A shell completes commands, options and choices by what is printed for it."""

import subprocess
import sys

import pytest

from cartflow.cli import main


def test_bash_completes(capsys, tmp_path):
    pytest.importorskip("shtab", reason="shtab is not installed")
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "completion.bash"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    for words, wanted in (
        ("cartflow swe", {"sweep"}),
        ("cartflow plot --mov", {"--movie"}),
        ("cartflow completion z", {"zsh"}),
    ):
        typed = words.split()
        ask = (
            f". {script}; COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; "
            '_shtab_cartflow cartflow "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; '
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        found = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
        assert set(found.stdout.split()) == wanted


def test_without_shtab_it_is_said(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert "pip install cartflow[completion]" in capsys.readouterr().err


def test_other_shells_are_refused(capsys):
    assert main(["completion", "fish"]) == 2
    assert "invalid choice: 'fish'" in capsys.readouterr().err
