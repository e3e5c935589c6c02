"""Runs notebooks again and keeps what they print: ``python docs/tutorials/execute.py [NAME]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def executed(path: Path) -> nbformat.NotebookNode:
    """Return the notebook at `path`, run in an empty folder. Raises what a cell raises."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as place:
        NotebookClient(
            notebook,
            timeout=600,
            resources={"metadata": {"path": place}},
            record_timing=False,
        ).execute()
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def main() -> int:
    """Run those named, or all."""
    names = sorted(path.stem for path in HERE.glob("*.ipynb"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", nargs="*", help=f"of {', '.join(names)}")
    for name in parser.parse_args().name or names:
        path = HERE / f"{name}.ipynb"
        nbformat.write(executed(path), path)
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
