"""The pages of the documentation: their blocks, run as a reader would run them.

A comment before a block says what the eye need not see: ``<!-- file: NAME -->`` saves it under that
name, ``<!-- append: NAME -->`` adds to that file, ``<!-- from: PAGE NAME -->`` first takes a file
from another page, ``<!-- first: COMMAND -->`` runs one, ``<!-- slow -->`` leaves a block and what
it prints to the slow tests, ``<!-- not run -->`` to the reader. ``<!-- data: NAME -->`` gives the
page a folder of measurements that the project does not ship; from there on nothing is run where it
is not at hand. Of ``bash`` and ``python`` all else is run, in one folder; a ``text`` block is what
the block before it prints.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
MEASURED = ROOT.parent / "shared" / "data"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_NOTE = re.compile(r"<!--\s*(file|append|from|first|data|slow|not run)(?::\s*(.*?))?\s*-->")
# What a reader does once is not done again.
_ONCE = re.compile(r"^(pip install|python3? -m venv|source )")


class Block(NamedTuple):
    """A fenced block: its language, text, first and last line in the page, and its notes."""

    language: str
    text: str
    first: int
    last: int
    notes: dict


def blocks_of(page):
    """Return the page's fenced blocks in order."""
    notes, found = {}, []
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            notes |= dict(_NOTE.findall(token.content))
        elif token.type == "fence":
            first, last = token.map
            found.append(Block(token.info.strip(), token.content, first + 1, last - 1, notes))
            notes = {}
        elif token.type == "inline":
            notes = {}
    return found


class Reader:
    """Follows pages in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        tools = folder / "tools"
        tools.mkdir()
        for name, command in (("cartflow", "-m cartflow"), ("python", "")):
            tool = tools / name
            tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
            tool.chmod(0o755)
        for name in ("examples", "pbpk", "docs"):
            (folder / name).symlink_to(ROOT / name)
        paths = [str(tools), os.environ["PATH"]]
        self.environment = {**os.environ, "PATH": os.pathsep.join(paths), "MPLBACKEND": "Agg"}

    def follow(self, page, slow):
        """Run the page's blocks; return its text blocks, each with what was printed."""
        printed, pairs = None, []
        for block in blocks_of(page):
            if "data" in block.notes and not self._give(block.notes["data"]):
                break
            if "from" in block.notes:
                self._take(*block.notes["from"].split())
            if "first" in block.notes:
                self._run(page, block._replace(language="bash", text=block.notes["first"]))
            for note, mode in (("file", "w"), ("append", "a")):
                if note in block.notes:
                    with (self.folder / block.notes[note]).open(mode) as stream:
                        stream.write(block.text)
            if block.language in ("bash", "python"):
                left = "not run" in block.notes or ("slow" in block.notes and not slow)
                printed = None if left else self._run(page, block)
            elif block.language == "text" and printed is not None:
                pairs.append((block, printed))
        return pairs

    def _give(self, name):
        """Put a folder of measurements into this one, if it is at hand; return whether it is."""
        here = (MEASURED / name).is_dir()
        if here:
            (self.folder / name).symlink_to(MEASURED / name)
        return here

    def _take(self, page, name):
        kept = [b for b in blocks_of(ROOT / "docs" / page) if b.notes.get("file") == name]
        (self.folder / name).write_text(kept[0].text)

    def _run(self, page, block):
        if block.language == "bash":
            lines = [line for line in block.text.splitlines() if not _ONCE.match(line)]
            command = ["bash", "-ec", "\n".join(lines)]
        else:
            command = [sys.executable, block.notes.get("file") or "-c", block.text]
            command = command[:2] if "file" in block.notes else command
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            where = f"{page.name}, line {block.first}"
            raise AssertionError(f"{where}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout
