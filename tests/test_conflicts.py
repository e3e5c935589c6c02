"""No file that git keeps holds the marks of an unresolved merge."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MARKS = ("<" * 7 + " ", ">" * 7 + " ", "|" * 7 + " ")


def test_no_marks_of_a_merge():
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    found = []
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if name and path.is_file() and not path.is_symlink():
            text = path.read_bytes().decode(errors="ignore")
            found += [f"{name}: {x}" for x in text.splitlines() if x.startswith(MARKS)]
    assert found == []
